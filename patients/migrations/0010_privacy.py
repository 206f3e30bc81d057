import clinic.encryption
from clinic.migrations._operations import AddTriggers, AllAtOnce
import clinic.text
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

# Empties columns of rows that nobody may change, where a patient is erased; without columns, it
# deletes the rows. It belongs to the owner of the tables, and can write nothing but emptiness. The
# history and the access log it leaves to `clinic_overwrite_audit()`.
ERASE = """
CREATE FUNCTION clinic_erase(of_table text, keys text[], columns text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    ignored text := current_setting('pgtrigger.ignore', true);
    final_trigger name;
    key_column name;
    parts text[];
    count bigint;
BEGIN
    SELECT tgname INTO final_trigger FROM pg_trigger
    WHERE tgrelid = of_table::regclass AND starts_with(tgname, 'pgtrigger_append_only');
    SELECT attname INTO STRICT key_column FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    WHERE indrelid = of_table::regclass AND indisprimary;
    IF final_trigger IS NULL THEN
        RAISE EXCEPTION 'clinic_erase: % is not append-only', of_table;
    END IF;
    IF key_column = 'pgh_id' OR of_table::regclass IN (
        'public.accounts_accesslog'::regclass, 'public.accounts_auditseal'::regclass
    ) THEN
        RAISE EXCEPTION 'clinic_erase: % is of the audit', of_table;
    END IF;
    SELECT array_agg(format('%I = ', attname) || CASE
        WHEN NOT attnotnull THEN 'NULL'
        WHEN typcategory = 'S' THEN quote_literal('')
        WHEN typname = 'jsonb' THEN quote_literal('{}')
        ELSE quote_ident(attname)
    END) INTO parts
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = of_table::regclass AND attnum > 0 AND attname = ANY(columns);
    PERFORM set_config('pgtrigger.ignore', format('{%s}', final_trigger), true);
    EXECUTE CASE
        WHEN cardinality(columns) = 0
        THEN format('DELETE FROM %s WHERE %I::text = ANY($1)', of_table::regclass, key_column)
        ELSE format('UPDATE %s SET %s WHERE %I::text = ANY($1)',
            of_table::regclass, array_to_string(parts, ', '), key_column)
    END USING keys;
    GET DIAGNOSTICS count = ROW_COUNT;
    PERFORM set_config('pgtrigger.ignore', coalesce(nullif(ignored, ''), '{}'), true);
    RETURN count;
END
$$
"""


class Migration(AllAtOnce):
    dependencies = [
        ("accounts", "__first__"),
        ("patients", "0001_squashed_0009_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
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
                    "number",
                    models.BigIntegerField(help_text="The record's, which is its pseudonym."),
                ),
                (
                    "patient_id",
                    models.UUIDField(help_text="The record's; there may be no row of it any more."),
                ),
                (
                    "erased_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "reason",
                    clinic.encryption.EncryptedTextField(
                        max_length=300, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "gone",
                    models.JSONField(
                        blank=True, default=dict, help_text="How many rows of what were deleted."
                    ),
                ),
                (
                    "kept",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="[what, how many, why] of what was kept.",
                    ),
                ),
                (
                    "sealed",
                    clinic.encryption.EncryptedTextField(
                        blank=True,
                        help_text="What the treatment's documentation needs, as JSON, until it goes.",
                    ),
                ),
                (
                    "kept_until",
                    models.DateField(blank=True, help_text="When the sealed part goes.", null=True),
                ),
                (
                    "erased_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-erased_at", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed", ""), _negated=True),
                        fields=["kept_until"],
                        name="erasure_sealed",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sealed", ""), ("kept_until__isnull", False), _connector="OR"
                        ),
                        name="erasure_sealed_has_end",
                    )
                ],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="patient",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="patient",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="patient",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="patient",
            name="consent_withdrawn_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Empty again once it is given anew.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="erased_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Of the record, its visits alone are left.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="restricted_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="What is on record is kept, and nothing else is done with it (GDPR, article 18).",
                null=True,
                verbose_name="restricted since",
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="restriction_reason",
            field=clinic.encryption.EncryptedTextField(
                blank=True,
                db_default="",
                default="",
                max_length=300,
                validators=[clinic.text.PlainText()],
            ),
        ),
        migrations.AddField(
            model_name="patientevent",
            name="consent_withdrawn_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Empty again once it is given anew.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="patientevent",
            name="erased_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Of the record, its visits alone are left.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="patientevent",
            name="restricted_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="What is on record is kept, and nothing else is done with it (GDPR, article 18).",
                null=True,
                verbose_name="restricted since",
            ),
        ),
        migrations.AddField(
            model_name="patientevent",
            name="restriction_reason",
            field=clinic.encryption.EncryptedTextField(
                blank=True,
                db_default="",
                default="",
                max_length=300,
                validators=[clinic.text.PlainText()],
            ),
        ),
        AddTriggers(
            triggers={},
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "patients_patientevent" ("city", "consent_withdrawn_at", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "erased_at", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "restricted_at", "restriction_reason", "state", "street", "updated_at", "user_id", "zip") VALUES (NEW."city", NEW."consent_withdrawn_at", NEW."consented_at", NEW."country", NEW."created_at", NEW."date_of_birth", NEW."deceased_on", NEW."email", NEW."email_verified_at", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relationship", NEW."erased_at", NEW."first_name", NEW."former_names", NEW."gender", NEW."id", NEW."insurance_policy_number", NEW."insurance_provider", NEW."is_active", NEW."is_deceased", NEW."language", NEW."last_name", NEW."mark_shut_account", NEW."medical_history", NEW."merged_into_id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."phone_verified_at", NEW."preferred_name", NEW."restricted_at", NEW."restriction_reason", NEW."state", NEW."street", NEW."updated_at", NEW."user_id", NEW."zip"); RETURN NULL;',
                    hash="fd91e7fd24d19ab506d1ac5ce2ab83660e3cee5b",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_62165",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."consent_withdrawn_at" IS DISTINCT FROM (NEW."consent_withdrawn_at") OR OLD."consented_at" IS DISTINCT FROM (NEW."consented_at") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."date_of_birth" IS DISTINCT FROM (NEW."date_of_birth") OR OLD."deceased_on" IS DISTINCT FROM (NEW."deceased_on") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."email_verified_at" IS DISTINCT FROM (NEW."email_verified_at") OR OLD."emergency_contact_name" IS DISTINCT FROM (NEW."emergency_contact_name") OR OLD."emergency_contact_phone" IS DISTINCT FROM (NEW."emergency_contact_phone") OR OLD."emergency_contact_relationship" IS DISTINCT FROM (NEW."emergency_contact_relationship") OR OLD."erased_at" IS DISTINCT FROM (NEW."erased_at") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."former_names" IS DISTINCT FROM (NEW."former_names") OR OLD."gender" IS DISTINCT FROM (NEW."gender") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."insurance_policy_number" IS DISTINCT FROM (NEW."insurance_policy_number") OR OLD."insurance_provider" IS DISTINCT FROM (NEW."insurance_provider") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_deceased" IS DISTINCT FROM (NEW."is_deceased") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."mark_shut_account" IS DISTINCT FROM (NEW."mark_shut_account") OR OLD."medical_history" IS DISTINCT FROM (NEW."medical_history") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."phone_verified_at" IS DISTINCT FROM (NEW."phone_verified_at") OR OLD."preferred_name" IS DISTINCT FROM (NEW."preferred_name") OR OLD."restricted_at" IS DISTINCT FROM (NEW."restricted_at") OR OLD."restriction_reason" IS DISTINCT FROM (NEW."restriction_reason") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."street" IS DISTINCT FROM (NEW."street") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."zip" IS DISTINCT FROM (NEW."zip"))',
                    func='INSERT INTO "patients_patientevent" ("city", "consent_withdrawn_at", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "erased_at", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "restricted_at", "restriction_reason", "state", "street", "updated_at", "user_id", "zip") VALUES (NEW."city", NEW."consent_withdrawn_at", NEW."consented_at", NEW."country", NEW."created_at", NEW."date_of_birth", NEW."deceased_on", NEW."email", NEW."email_verified_at", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relationship", NEW."erased_at", NEW."first_name", NEW."former_names", NEW."gender", NEW."id", NEW."insurance_policy_number", NEW."insurance_provider", NEW."is_active", NEW."is_deceased", NEW."language", NEW."last_name", NEW."mark_shut_account", NEW."medical_history", NEW."merged_into_id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."phone_verified_at", NEW."preferred_name", NEW."restricted_at", NEW."restriction_reason", NEW."state", NEW."street", NEW."updated_at", NEW."user_id", NEW."zip"); RETURN NULL;',
                    hash="9ae818f62566bb5adf892b908d4bb777ccfbb282",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_546ce",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "patients_patientevent" ("city", "consent_withdrawn_at", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "erased_at", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "restricted_at", "restriction_reason", "state", "street", "updated_at", "user_id", "zip") VALUES (OLD."city", OLD."consent_withdrawn_at", OLD."consented_at", OLD."country", OLD."created_at", OLD."date_of_birth", OLD."deceased_on", OLD."email", OLD."email_verified_at", OLD."emergency_contact_name", OLD."emergency_contact_phone", OLD."emergency_contact_relationship", OLD."erased_at", OLD."first_name", OLD."former_names", OLD."gender", OLD."id", OLD."insurance_policy_number", OLD."insurance_provider", OLD."is_active", OLD."is_deceased", OLD."language", OLD."last_name", OLD."mark_shut_account", OLD."medical_history", OLD."merged_into_id", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."phone_verified_at", OLD."preferred_name", OLD."restricted_at", OLD."restriction_reason", OLD."state", OLD."street", OLD."updated_at", OLD."user_id", OLD."zip"); RETURN NULL;',
                    hash="3c55c9287744690caec9440d142153a864097c90",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_9898d",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(ERASE, "DROP FUNCTION clinic_erase(text, text[], text[])"),
    ]
