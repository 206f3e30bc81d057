from clinic.migrations._operations import AddTriggers, AllAtOnce
import clinic.text
import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(AllAtOnce):
    dependencies = [
        ("accounts", "0005_given_passwords"),
    ]

    operations = [
        migrations.CreateModel(
            name="FactorReset",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("reason", models.CharField(max_length=200, validators=[clinic.text.PlainText()])),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="factor_resets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="FactorResetEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, serialize=False
                    ),
                ),
                ("reason", models.CharField(max_length=200, validators=[clinic.text.PlainText()])),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="accounts.factorreset",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="factorreset_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="factorreset_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=50, validators=[clinic.text.PlainText()])),
                ("credential_id", models.BinaryField(max_length=1023, unique=True)),
                ("public_key", models.BinaryField(help_text="As COSE writes it (RFC 9052, 7).")),
                (
                    "sign_count",
                    models.BigIntegerField(
                        default=0,
                        help_text="How often the device says that it has signed; 0: it doesn't count.",
                    ),
                ),
                (
                    "transports",
                    models.JSONField(
                        blank=True, default=list, help_text="How the device is reached."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="PasskeyEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=50, validators=[clinic.text.PlainText()])),
                (
                    "transports",
                    models.JSONField(
                        blank=True, default=list, help_text="How the device is reached."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="accounts.passkey",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="passkey_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="passkey_event_by_time"),
                ],
            },
        ),
        migrations.AddField(
            model_name="signin",
            name="by_factor",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Was a second factor or a passkey shown in it?",
            ),
        ),
        migrations.AddField(
            model_name="signin",
            name="proven_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the password or a second factor was last shown in it; empty: never.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="onetimetoken",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("verify_email", "Verify the e-mail address"),
                    ("reset_password", "Choose a new password"),
                    ("sign_in", "Sign in"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(
            "UPDATE accounts_signin SET by_factor = true FROM accounts_secondfactor AS factor "
            "WHERE factor.user_id = accounts_signin.user_id AND factor.confirmed_at IS NOT NULL",
            migrations.RunSQL.noop,
            elidable=True,
        ),
        AddTriggers(
            triggers={
                "factorreset": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_factorresetevent" ("at", "by_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "user_id") VALUES (NEW."at", NEW."by_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."user_id"); RETURN NULL;',
                            hash="4e871baee0b6f0b6233cd8cdf137944bfc5637d8",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_3bfe9",
                            table="accounts_factorreset",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "accounts_factorresetevent" ("at", "by_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "user_id") VALUES (NEW."at", NEW."by_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."user_id"); RETURN NULL;',
                            hash="58cb696b9309eda5b609a4948e11c9fbf48a0655",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_b4c64",
                            table="accounts_factorreset",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_factorresetevent" ("at", "by_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "user_id") VALUES (OLD."at", OLD."by_id", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."user_id"); RETURN NULL;',
                            hash="2f46d6ace87c73e6539a0d9a7b1358ad9fa1b183",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_04307",
                            table="accounts_factorreset",
                            when="AFTER",
                        ),
                    ),
                ],
                "factorresetevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="286f5b56e9b6c9017dbd2814ffeecdab9386b786",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_67b0b",
                            table="accounts_factorresetevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "passkey": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_passkeyevent" ("created_at", "id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "transports", "user_id") VALUES (NEW."created_at", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."transports", NEW."user_id"); RETURN NULL;',
                            hash="3023405f099c7f1b68b16e5fb0795410e7975964",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_9cdb4",
                            table="accounts_passkey",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."transports" IS DISTINCT FROM (NEW."transports") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                            func='INSERT INTO "accounts_passkeyevent" ("created_at", "id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "transports", "user_id") VALUES (NEW."created_at", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."transports", NEW."user_id"); RETURN NULL;',
                            hash="34a620623299a22189e66ec7d80b9d6e7e3b1e42",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_71cf8",
                            table="accounts_passkey",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_passkeyevent" ("created_at", "id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "transports", "user_id") VALUES (OLD."created_at", OLD."id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."transports", OLD."user_id"); RETURN NULL;',
                            hash="9f86f25abeabc37b5ac8b55e2df32ea95f7becb5",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_94f89",
                            table="accounts_passkey",
                            when="AFTER",
                        ),
                    ),
                ],
                "passkeyevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="9f36d928aed6c79a9b2bec967f209182d31ad5dd",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_bfe67",
                            table="accounts_passkeyevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ]
