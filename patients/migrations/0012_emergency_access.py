import clinic.encryption
from clinic.migrations._operations import AddTriggers, AllAtOnce
import clinic.text
import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(AllAtOnce):
    dependencies = [
        ("accounts", "__first__"),
        ("patients", "0011_notes_encrypted"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmergencyAccess",
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
                    "reason",
                    clinic.encryption.EncryptedTextField(
                        help_text="What is the emergency? Administrators read it.",
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="opened"
                    ),
                ),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="until")),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="ended"
                    ),
                ),
                (
                    "reviewed_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="reviewed"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="emergency_accesses",
                        to="patients.patient",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "emergency access",
                "verbose_name_plural": "emergency accesses",
                "ordering": ["-opened_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="emergency_access_has_reason",
                        violation_error_message="Say what the emergency is.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("opened_at"))),
                        name="emergency_access_ends_later",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at", None), ("reviewed_by", None)),
                            models.Q(
                                ("reviewed_at__isnull", False), ("reviewed_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="emergency_access_reviewed_by_somebody",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["user", "expires_at"], name="emergency_access_open"),
                    models.Index(
                        condition=models.Q(("reviewed_at", None)),
                        fields=["opened_at"],
                        name="emergency_access_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EmergencyAccessEvent",
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
                    "reason",
                    clinic.encryption.EncryptedTextField(
                        help_text="What is the emergency? Administrators read it.",
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="opened"
                    ),
                ),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="until")),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="ended"
                    ),
                ),
                (
                    "reviewed_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="reviewed"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="patients.emergencyaccess",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
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
                        name="emergencyaccess_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="emergencyaccess_event_by_time"),
                ],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="careassignment",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="careassignment",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="careassignment",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="careassignment",
            name="by_booking",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Did a booked visit begin it?",
            ),
        ),
        migrations.AddField(
            model_name="careassignmentevent",
            name="by_booking",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Did a booked visit begin it?",
            ),
        ),
        AddTriggers(
            triggers={
                "emergencyaccess": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_emergencyaccessevent" ("ended_at", "expires_at", "id", "opened_at", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reviewed_at", "reviewed_by_id", "user_id") VALUES (NEW."ended_at", NEW."expires_at", NEW."id", NEW."opened_at", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."reviewed_at", NEW."reviewed_by_id", NEW."user_id"); RETURN NULL;',
                            hash="6285a31d24a6a202981583e4a844e2a8b4eca62c",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_f84a1",
                            table="patients_emergencyaccess",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_emergencyaccessevent" ("ended_at", "expires_at", "id", "opened_at", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reviewed_at", "reviewed_by_id", "user_id") VALUES (NEW."ended_at", NEW."expires_at", NEW."id", NEW."opened_at", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."reviewed_at", NEW."reviewed_by_id", NEW."user_id"); RETURN NULL;',
                            hash="a72e923225b275af183dc7a91d2d0be165c1ab61",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_48a92",
                            table="patients_emergencyaccess",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_emergencyaccessevent" ("ended_at", "expires_at", "id", "opened_at", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reviewed_at", "reviewed_by_id", "user_id") VALUES (OLD."ended_at", OLD."expires_at", OLD."id", OLD."opened_at", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."reviewed_at", OLD."reviewed_by_id", OLD."user_id"); RETURN NULL;',
                            hash="db65bd03c05bec356a9d247698ea45f809069d40",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_194f6",
                            table="patients_emergencyaccess",
                            when="AFTER",
                        ),
                    ),
                ],
                "emergencyaccessevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="92ddaa5997027264e43d7f01dc360a1b6dfbeaf9",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_3644f",
                            table="patients_emergencyaccessevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="careassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "patients_careassignmentevent" ("assigned_at", "assigned_by_id", "by_booking", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."assigned_at", NEW."assigned_by_id", NEW."by_booking", NEW."doctor_id", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id"); RETURN NULL;',
                    hash="c23c379e981fe5dd24365ce39a4bb032ee2c6080",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_2a598",
                    table="patients_careassignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="careassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "patients_careassignmentevent" ("assigned_at", "assigned_by_id", "by_booking", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."assigned_at", NEW."assigned_by_id", NEW."by_booking", NEW."doctor_id", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id"); RETURN NULL;',
                    hash="24cc32b34a817681565e400253c3109dce03081f",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_c3816",
                    table="patients_careassignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="careassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "patients_careassignmentevent" ("assigned_at", "assigned_by_id", "by_booking", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."assigned_at", OLD."assigned_by_id", OLD."by_booking", OLD."doctor_id", OLD."id", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id"); RETURN NULL;',
                    hash="a24697d7f83f86dbbccf5b02524cffeed3dd42d8",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_b9a63",
                    table="patients_careassignment",
                    when="AFTER",
                ),
            ),
        ),
    ]
