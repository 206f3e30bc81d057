import clinic.encryption
import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import uuid_utils.compat
from django.conf import settings
from clinic.migrations._operations import AddTriggers, AllAtOnce
from django.contrib.postgres.operations import (
    BtreeGistExtension,
    TrigramExtension,
    UnaccentExtension,
)
from django.db import migrations, models

# ruff: noqa: RUF001
# Lower case without accents, for comparing names. `unaccent()` itself is only STABLE, because
# its dictionary could change; naming the dictionary makes the wrapper fit for an index.
FOLD = """
CREATE FUNCTION clinic_fold(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, normalize($1, NFC))) $$
"""
# How like a name a searched name, and a word of it a searched word, must be (the defaults are 0.3
# and 0.6; "Meyer" is like "Meier" by 0.5). Set for every session of this database, and for this one.
SIMILARITY = """
DO $$ BEGIN
    EXECUTE format(
        'ALTER DATABASE %I SET pg_trgm.word_similarity_threshold = 0.45', current_database()
    );
    EXECUTE format('ALTER DATABASE %I SET pg_trgm.similarity_threshold = 0.5', current_database());
END $$;
SET pg_trgm.word_similarity_threshold = 0.45;
SET pg_trgm.similarity_threshold = 0.5;
"""
# What a name is sorted by, in the order of its code points. An index of patients is made of it:
# change it only together with that.
SORT = """
CREATE FUNCTION clinic_sort(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT translate(public.clinic_fold($1), '-''’´`', ' ') $$
"""
# A whole name as it is sorted, the last name first. A tab stands before all that names hold.
SORT_NAME = r"""
CREATE FUNCTION clinic_sort_name(last_name text, first_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT public.clinic_sort($1) || E'\t' || public.clinic_sort($2) $$
"""


class Migration(AllAtOnce):
    initial = True
    # An empty database is made by this one; older ones go through those that it stands for.
    replaces = [
        ("clinic", "0001_initial"),
        ("clinic", "0002_idempotency_answers_encrypted"),
        ("clinic", "0003_names_in_order"),
        ("clinic", "0004_files_matched_by_a_person"),
        ("clinic", "0005_sort_names"),
        ("clinic", "0006_notifications_to_somebody"),
    ]

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FOLD),
        migrations.RunSQL(SIMILARITY),
        migrations.RunSQL(SORT),
        migrations.RunSQL(SORT_NAME),
        migrations.CreateModel(
            name="FileTransfer",
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
                    "direction",
                    models.CharField(
                        choices=[("import", "Import"), ("export", "Export")], max_length=10
                    ),
                ),
                (
                    "kind",
                    models.CharField(help_text="What is in it, e.g. patients.", max_length=20),
                ),
                ("file_name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("matching", "Waits for its columns"),
                            ("checking", "Being checked"),
                            ("checked", "Checked, not imported yet"),
                            ("faulty", "Not imported: it has faults"),
                            ("writing", "At work"),
                            ("done", "Done"),
                            ("dropped", "Given up"),
                            ("failed", "Ended by an error"),
                        ],
                        max_length=10,
                    ),
                ),
                ("door", models.CharField(help_text="admin or command.", max_length=10)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("with_sensitive", models.BooleanField(default=False)),
                (
                    "stored_as",
                    models.CharField(
                        blank=True,
                        help_text="The file, encrypted, until it is imported.",
                        max_length=100,
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("fault_count", models.PositiveIntegerField(default=0)),
                (
                    "refusal",
                    models.TextField(blank=True, help_text="Why the file as a whole was refused."),
                ),
                ("progress", models.PositiveIntegerField(default=0, help_text="Rows so far.")),
                (
                    "faults",
                    models.JSONField(default=list, help_text="[row, column, sentence] of each."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "answers",
                    models.JSONField(
                        db_default={},
                        default=dict,
                        help_text="What was said of whole columns, by field.",
                    ),
                ),
                (
                    "columns",
                    models.JSONField(
                        db_default=[],
                        default=list,
                        help_text="The field that each column stands for.",
                    ),
                ),
                (
                    "headings",
                    models.JSONField(
                        db_default=[], default=list, help_text="Of an imported file, as they came."
                    ),
                ),
                (
                    "is_partial",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Were the rows without a fault imported, and the others not?",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stored_as", ""), _negated=True),
                        fields=["created_at"],
                        name="file_transfer_stored",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FileTransferEvent",
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
                    "direction",
                    models.CharField(
                        choices=[("import", "Import"), ("export", "Export")], max_length=10
                    ),
                ),
                (
                    "kind",
                    models.CharField(help_text="What is in it, e.g. patients.", max_length=20),
                ),
                ("file_name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("matching", "Waits for its columns"),
                            ("checking", "Being checked"),
                            ("checked", "Checked, not imported yet"),
                            ("faulty", "Not imported: it has faults"),
                            ("writing", "At work"),
                            ("done", "Done"),
                            ("dropped", "Given up"),
                            ("failed", "Ended by an error"),
                        ],
                        max_length=10,
                    ),
                ),
                ("door", models.CharField(help_text="admin or command.", max_length=10)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("with_sensitive", models.BooleanField(default=False)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("fault_count", models.PositiveIntegerField(default=0)),
                (
                    "refusal",
                    models.TextField(blank=True, help_text="Why the file as a whole was refused."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="clinic.filetransfer",
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
                (
                    "is_partial",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Were the rows without a fault imported, and the others not?",
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
                        name="filetransfer_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="filetransfer_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "caller",
                    models.CharField(
                        help_text="The user's id, or the client's address.", max_length=80
                    ),
                ),
                ("route", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=255)),
                ("body_digest", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "body",
                    clinic.encryption.EncryptedTextField(
                        help_text="JSON; it may repeat what is encrypted elsewhere."
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="idempotency_key_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("caller", "route", "key"), name="idempotency_key_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
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
                    "event",
                    models.CharField(
                        help_text="What happened, e.g. patient_registered:<id>.", max_length=200
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "Text message")],
                        default="email",
                        max_length=5,
                    ),
                ),
                (
                    "recipient",
                    models.CharField(help_text="The address or phone number.", max_length=254),
                ),
                ("subject_id", models.UUIDField(help_text="The record that the message is about.")),
                (
                    "subject_version",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The record's version that it tells of; once there is another, it isn't sent.",
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("owed", "Owed"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("outdated", "Outdated"),
                        ],
                        default="owed",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("sent_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ("sent", "outdated")), _negated=True),
                        fields=["created_at"],
                        name="notification_not_sent",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "recipient"), name="notification_once_per_event"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("status", "sent")),
                            models.Q(
                                models.Q(("status", "sent"), _negated=True),
                                ("sent_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="notification_sent_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipient", ""), _negated=True),
                        name="notification_to_somebody",
                    ),
                ],
            },
        ),
        AddTriggers(
            triggers={
                "filetransfer": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "clinic_filetransferevent" ("changed", "created_at", "direction", "door", "ended_at", "fault_count", "file_name", "id", "is_partial", "kind", "new", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "refusal", "request_id", "rows", "state", "unchanged", "user_id", "with_sensitive") VALUES (NEW."changed", NEW."created_at", NEW."direction", NEW."door", NEW."ended_at", NEW."fault_count", NEW."file_name", NEW."id", NEW."is_partial", NEW."kind", NEW."new", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."refusal", NEW."request_id", NEW."rows", NEW."state", NEW."unchanged", NEW."user_id", NEW."with_sensitive"); RETURN NULL;',
                            hash="103dc61df82203cd0d11e6a8cf088368e7cbc8f9",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_560fe",
                            table="clinic_filetransfer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."changed" IS DISTINCT FROM (NEW."changed") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."direction" IS DISTINCT FROM (NEW."direction") OR OLD."door" IS DISTINCT FROM (NEW."door") OR OLD."ended_at" IS DISTINCT FROM (NEW."ended_at") OR OLD."fault_count" IS DISTINCT FROM (NEW."fault_count") OR OLD."file_name" IS DISTINCT FROM (NEW."file_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_partial" IS DISTINCT FROM (NEW."is_partial") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."new" IS DISTINCT FROM (NEW."new") OR OLD."refusal" IS DISTINCT FROM (NEW."refusal") OR OLD."request_id" IS DISTINCT FROM (NEW."request_id") OR OLD."rows" IS DISTINCT FROM (NEW."rows") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."unchanged" IS DISTINCT FROM (NEW."unchanged") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."with_sensitive" IS DISTINCT FROM (NEW."with_sensitive"))',
                            func='INSERT INTO "clinic_filetransferevent" ("changed", "created_at", "direction", "door", "ended_at", "fault_count", "file_name", "id", "is_partial", "kind", "new", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "refusal", "request_id", "rows", "state", "unchanged", "user_id", "with_sensitive") VALUES (NEW."changed", NEW."created_at", NEW."direction", NEW."door", NEW."ended_at", NEW."fault_count", NEW."file_name", NEW."id", NEW."is_partial", NEW."kind", NEW."new", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."refusal", NEW."request_id", NEW."rows", NEW."state", NEW."unchanged", NEW."user_id", NEW."with_sensitive"); RETURN NULL;',
                            hash="84e9ecf3d3f3a2aaa6c5a1ddcb489f0fc3141b91",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5bb11",
                            table="clinic_filetransfer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "clinic_filetransferevent" ("changed", "created_at", "direction", "door", "ended_at", "fault_count", "file_name", "id", "is_partial", "kind", "new", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "refusal", "request_id", "rows", "state", "unchanged", "user_id", "with_sensitive") VALUES (OLD."changed", OLD."created_at", OLD."direction", OLD."door", OLD."ended_at", OLD."fault_count", OLD."file_name", OLD."id", OLD."is_partial", OLD."kind", OLD."new", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."refusal", OLD."request_id", OLD."rows", OLD."state", OLD."unchanged", OLD."user_id", OLD."with_sensitive"); RETURN NULL;',
                            hash="a2d56fe2c30dd08ef779fbbd5760f6e232572eb9",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_9054a",
                            table="clinic_filetransfer",
                            when="AFTER",
                        ),
                    ),
                ],
                "filetransferevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="bbb716461a1bc1ebf330b849728825eefdd5c17c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_256d5",
                            table="clinic_filetransferevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ]
