import accounts.models.email_changes
import clinic.encryption
import clinic.text
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.text
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import phonenumber_field.modelfields
import uuid_utils.compat
from django.conf import settings
from clinic.migrations._operations import AddTriggers, AllAtOnce
from django.db import migrations, models


class Migration(AllAtOnce):
    initial = True
    # An empty database is made by this one; older ones go through those that it stands for.
    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_emails_in_one_form"),
        ("accounts", "0003_email_changes"),
        ("accounts", "0004_phone_codes_sent"),
        ("accounts", "0005_given_passwords"),
    ]

    # They need nothing of ours: before our models are there, each of their steps is cheap.
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("axes", "0010_accessattemptexpiration"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        error_messages={"unique": "Email is already registered"}, max_length=254
                    ),
                ),
                (
                    "first_name",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "last_name",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True,
                        help_text="Of staff. The number of a doctor or patient is in their record.",
                        max_length=128,
                        region=None,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("admin", "Administrator"),
                            ("receptionist", "Receptionist"),
                            ("doctor", "Doctor"),
                            ("patient", "Patient"),
                        ],
                        default="patient",
                        max_length=12,
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Inactive accounts can't sign in. Nothing is deleted.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "must_change_password",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="The password was set by somebody else: nothing opens before it is changed.",
                    ),
                ),
            ],
            options={
                "ordering": ["email"],
                "constraints": [
                    models.UniqueConstraint(fields=("email",), name="user_email_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="user_email_lower_case",
                        violation_error_message="E-mail addresses are stored in lower case.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["admin", "receptionist", "doctor", "patient"])
                        ),
                        name="user_role_known",
                        violation_error_message="This role is not known.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("list", "Found in a list"),
                            ("read", "Read the record"),
                            ("document", "Saw the ID photo"),
                            ("export", "Downloaded the data"),
                            ("exported", "Exported in a file"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "patients",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), help_text="The patients' ids.", size=None
                    ),
                ),
                ("door", models.CharField(help_text="site, api, admin or command.", max_length=10)),
                ("address", models.GenericIPAddressField(null=True)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "access",
                "verbose_name_plural": "access log",
                "ordering": ["-at", "-id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["patients"], name="access_by_patient"
                    ),
                    models.Index(fields=["user", "-at"], name="access_by_user"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OneTimeToken",
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
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("verify_email", "Verify the e-mail address"),
                            ("reset_password", "Choose a new password"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        help_text="The address that it was made for.", max_length=254
                    ),
                ),
                (
                    "digest",
                    models.CharField(help_text="SHA-256, hexadecimal.", max_length=64, unique=True),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="one_time_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(help_text="HMAC-SHA-256, hexadecimal.", max_length=64)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "digest"), name="recovery_code_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="second_factor",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "secret",
                    clinic.encryption.EncryptedTextField(help_text="20 random bytes in Base32."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the first code was right; it counts from then on.",
                        null=True,
                    ),
                ),
                (
                    "last_step",
                    models.BigIntegerField(
                        default=-1,
                        help_text="The time step of the last code that was taken: none works twice.",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecondFactorEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the first code was right; it counts from then on.",
                        null=True,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="accounts.secondfactor",
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
                        name="secondfactor_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="secondfactor_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
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
                (
                    "door",
                    models.CharField(choices=[("web", "Browser"), ("api", "API")], max_length=3),
                ),
                (
                    "refresh_id",
                    models.CharField(
                        blank=True,
                        help_text="The one refresh token that may be used (jti).",
                        max_length=32,
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("signed_out", "Signed out"),
                            ("by_user", "Ended from another device"),
                            ("password", "The password was changed"),
                            ("reused", "A refresh token was used twice"),
                            ("deactivated", "The account or its role was changed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in",
                "ordering": ["-last_used_at", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)), fields=["user"], name="sign_in_live"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_because", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                models.Q(("ended_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="sign_in_ended_has_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UserEvent",
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
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        error_messages={"unique": "Email is already registered"}, max_length=254
                    ),
                ),
                (
                    "first_name",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "last_name",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True,
                        help_text="Of staff. The number of a doctor or patient is in their record.",
                        max_length=128,
                        region=None,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("admin", "Administrator"),
                            ("receptionist", "Receptionist"),
                            ("doctor", "Doctor"),
                            ("patient", "Patient"),
                        ],
                        default="patient",
                        max_length=12,
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Inactive accounts can't sign in. Nothing is deleted.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "must_change_password",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="The password was set by somebody else: nothing opens before it is changed.",
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
                        name="user_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="user_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneCode",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="phone_code",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        help_text="The number that it was sent to.", max_length=128, region=None
                    ),
                ),
                ("digest", models.CharField(help_text="HMAC-SHA-256, hexadecimal.", max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "sent_at",
                    models.DateTimeField(
                        blank=True, help_text="When the gateway took it.", null=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EmailChange",
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
                (
                    "email",
                    clinic.text.LowercaseEmailField(max_length=254, verbose_name="new e-mail"),
                ),
                (
                    "digest",
                    models.CharField(blank=True, help_text="SHA-256, hexadecimal.", max_length=64),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "expires_at",
                    models.DateTimeField(default=accounts.models.email_changes.end_of_waiting),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="email_change",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("digest", ""), _negated=True),
                        fields=("digest",),
                        name="email_change_digest_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailChangeEvent",
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
                (
                    "email",
                    clinic.text.LowercaseEmailField(max_length=254, verbose_name="new e-mail"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "expires_at",
                    models.DateTimeField(default=accounts.models.email_changes.end_of_waiting),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="accounts.emailchange",
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
                        name="emailchange_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="emailchange_event_by_time"),
                ],
            },
        ),
        AddTriggers(
            triggers={
                "accesslog": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="290a5f1b76c7728ab89ca14d001042c77867e8b3",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_36f4b",
                            table="accounts_accesslog",
                            when="BEFORE",
                        ),
                    )
                ],
                "emailchange": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_emailchangeevent" ("created_at", "email", "expires_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."created_at", NEW."email", NEW."expires_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."user_id"); RETURN NULL;',
                            hash="675dab22ec661ab5b1eba3e165cc27de8dbc5686",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_4cbee",
                            table="accounts_emailchange",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                            func='INSERT INTO "accounts_emailchangeevent" ("created_at", "email", "expires_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."created_at", NEW."email", NEW."expires_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."user_id"); RETURN NULL;',
                            hash="61edec9d5653edb86be5022a9b0d0852aa8bcc5d",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_75a39",
                            table="accounts_emailchange",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_emailchangeevent" ("created_at", "email", "expires_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."created_at", OLD."email", OLD."expires_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."user_id"); RETURN NULL;',
                            hash="a509528cc0ab547465371ed9e0e507db018825b6",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_f6f3a",
                            table="accounts_emailchange",
                            when="AFTER",
                        ),
                    ),
                ],
                "emailchangeevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f76c0d09ea0fc8f8576103096cab753b129d3e3e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_a66bf",
                            table="accounts_emailchangeevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "secondfactor": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_secondfactorevent" ("confirmed_at", "created_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."confirmed_at", NEW."created_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."user_id", NEW."user_id"); RETURN NULL;',
                            hash="c383ef2399644deec5dbeb09b447436ccda1e866",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_5f385",
                            table="accounts_secondfactor",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                            func='INSERT INTO "accounts_secondfactorevent" ("confirmed_at", "created_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."confirmed_at", NEW."created_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."user_id", NEW."user_id"); RETURN NULL;',
                            hash="b404adbde01f4385735100a889e7ec0f4022d554",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c64d3",
                            table="accounts_secondfactor",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_secondfactorevent" ("confirmed_at", "created_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."confirmed_at", OLD."created_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."user_id", OLD."user_id"); RETURN NULL;',
                            hash="7ce7f1b561ada4cf8726f9b54e08ccbf0d0ace47",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_7e8c8",
                            table="accounts_secondfactor",
                            when="AFTER",
                        ),
                    ),
                ],
                "secondfactorevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="416cdc417a9e5a6fcfc7f186030520f0f2851697",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_877e2",
                            table="accounts_secondfactorevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "user": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_userevent" ("date_joined", "email", "first_name", "id", "is_active", "last_name", "must_change_password", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "role") VALUES (NEW."date_joined", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."last_name", NEW."must_change_password", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."role"); RETURN NULL;',
                            hash="367f80235d07defeecaaf355367ccf0095613dff",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_3867c",
                            table="accounts_user",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."date_joined" IS DISTINCT FROM (NEW."date_joined") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."must_change_password" IS DISTINCT FROM (NEW."must_change_password") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."role" IS DISTINCT FROM (NEW."role"))',
                            func='INSERT INTO "accounts_userevent" ("date_joined", "email", "first_name", "id", "is_active", "last_name", "must_change_password", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "role") VALUES (NEW."date_joined", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."last_name", NEW."must_change_password", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."role"); RETURN NULL;',
                            hash="f0af6f374ac755cb347f79b1029af178c726b16b",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0e890",
                            table="accounts_user",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_userevent" ("date_joined", "email", "first_name", "id", "is_active", "last_name", "must_change_password", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "role") VALUES (OLD."date_joined", OLD."email", OLD."first_name", OLD."id", OLD."is_active", OLD."last_name", OLD."must_change_password", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."role"); RETURN NULL;',
                            hash="c8c25870b27e16d331ce9b372c7c8b9b09d9ff4a",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_19f14",
                            table="accounts_user",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="password_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."password" IS DISTINCT FROM (NEW."password"))',
                            func='INSERT INTO "accounts_userevent" ("date_joined", "email", "first_name", "id", "is_active", "last_name", "must_change_password", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "role") VALUES (NEW."date_joined", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."last_name", NEW."must_change_password", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'password\', NEW."id", NEW."phone", NEW."role"); RETURN NULL;',
                            hash="0daf7111714a361608f37ba0dfdac961a42260d5",
                            operation="UPDATE",
                            pgid="pgtrigger_password_update_cf375",
                            table="accounts_user",
                            when="AFTER",
                        ),
                    ),
                ],
                "userevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="9e9498e73f6fbdf2642fb33fa14189f1ad2382c8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_45b21",
                            table="accounts_userevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ]
