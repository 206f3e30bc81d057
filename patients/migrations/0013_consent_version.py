from clinic.migrations._operations import AddTriggers, AllAtOnce
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(AllAtOnce):
    dependencies = [
        ("patients", "0012_emergency_access"),
    ]

    operations = [
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
            name="consent_version",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Of the privacy notice: what PRIVACY_NOTICE_VERSION was then.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="patientevent",
            name="consent_version",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Of the privacy notice: what PRIVACY_NOTICE_VERSION was then.",
                max_length=20,
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
                    func='INSERT INTO "patients_patientevent" ("city", "consent_version", "consent_withdrawn_at", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "erased_at", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "restricted_at", "restriction_reason", "state", "street", "updated_at", "user_id", "zip") VALUES (NEW."city", NEW."consent_version", NEW."consent_withdrawn_at", NEW."consented_at", NEW."country", NEW."created_at", NEW."date_of_birth", NEW."deceased_on", NEW."email", NEW."email_verified_at", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relationship", NEW."erased_at", NEW."first_name", NEW."former_names", NEW."gender", NEW."id", NEW."insurance_policy_number", NEW."insurance_provider", NEW."is_active", NEW."is_deceased", NEW."language", NEW."last_name", NEW."mark_shut_account", NEW."medical_history", NEW."merged_into_id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."phone_verified_at", NEW."preferred_name", NEW."restricted_at", NEW."restriction_reason", NEW."state", NEW."street", NEW."updated_at", NEW."user_id", NEW."zip"); RETURN NULL;',
                    hash="5d232fe7fef365414707b2c88c12e12da544a6bf",
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
                    condition='WHEN (OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."consent_version" IS DISTINCT FROM (NEW."consent_version") OR OLD."consent_withdrawn_at" IS DISTINCT FROM (NEW."consent_withdrawn_at") OR OLD."consented_at" IS DISTINCT FROM (NEW."consented_at") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."date_of_birth" IS DISTINCT FROM (NEW."date_of_birth") OR OLD."deceased_on" IS DISTINCT FROM (NEW."deceased_on") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."email_verified_at" IS DISTINCT FROM (NEW."email_verified_at") OR OLD."emergency_contact_name" IS DISTINCT FROM (NEW."emergency_contact_name") OR OLD."emergency_contact_phone" IS DISTINCT FROM (NEW."emergency_contact_phone") OR OLD."emergency_contact_relationship" IS DISTINCT FROM (NEW."emergency_contact_relationship") OR OLD."erased_at" IS DISTINCT FROM (NEW."erased_at") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."former_names" IS DISTINCT FROM (NEW."former_names") OR OLD."gender" IS DISTINCT FROM (NEW."gender") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."insurance_policy_number" IS DISTINCT FROM (NEW."insurance_policy_number") OR OLD."insurance_provider" IS DISTINCT FROM (NEW."insurance_provider") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_deceased" IS DISTINCT FROM (NEW."is_deceased") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."mark_shut_account" IS DISTINCT FROM (NEW."mark_shut_account") OR OLD."medical_history" IS DISTINCT FROM (NEW."medical_history") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."phone_verified_at" IS DISTINCT FROM (NEW."phone_verified_at") OR OLD."preferred_name" IS DISTINCT FROM (NEW."preferred_name") OR OLD."restricted_at" IS DISTINCT FROM (NEW."restricted_at") OR OLD."restriction_reason" IS DISTINCT FROM (NEW."restriction_reason") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."street" IS DISTINCT FROM (NEW."street") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."zip" IS DISTINCT FROM (NEW."zip"))',
                    func='INSERT INTO "patients_patientevent" ("city", "consent_version", "consent_withdrawn_at", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "erased_at", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "restricted_at", "restriction_reason", "state", "street", "updated_at", "user_id", "zip") VALUES (NEW."city", NEW."consent_version", NEW."consent_withdrawn_at", NEW."consented_at", NEW."country", NEW."created_at", NEW."date_of_birth", NEW."deceased_on", NEW."email", NEW."email_verified_at", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relationship", NEW."erased_at", NEW."first_name", NEW."former_names", NEW."gender", NEW."id", NEW."insurance_policy_number", NEW."insurance_provider", NEW."is_active", NEW."is_deceased", NEW."language", NEW."last_name", NEW."mark_shut_account", NEW."medical_history", NEW."merged_into_id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."phone_verified_at", NEW."preferred_name", NEW."restricted_at", NEW."restriction_reason", NEW."state", NEW."street", NEW."updated_at", NEW."user_id", NEW."zip"); RETURN NULL;',
                    hash="bf32a8993635cd386574f5dc47be6ce1fb1df780",
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
                    func='INSERT INTO "patients_patientevent" ("city", "consent_version", "consent_withdrawn_at", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "erased_at", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "restricted_at", "restriction_reason", "state", "street", "updated_at", "user_id", "zip") VALUES (OLD."city", OLD."consent_version", OLD."consent_withdrawn_at", OLD."consented_at", OLD."country", OLD."created_at", OLD."date_of_birth", OLD."deceased_on", OLD."email", OLD."email_verified_at", OLD."emergency_contact_name", OLD."emergency_contact_phone", OLD."emergency_contact_relationship", OLD."erased_at", OLD."first_name", OLD."former_names", OLD."gender", OLD."id", OLD."insurance_policy_number", OLD."insurance_provider", OLD."is_active", OLD."is_deceased", OLD."language", OLD."last_name", OLD."mark_shut_account", OLD."medical_history", OLD."merged_into_id", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."phone_verified_at", OLD."preferred_name", OLD."restricted_at", OLD."restriction_reason", OLD."state", OLD."street", OLD."updated_at", OLD."user_id", OLD."zip"); RETURN NULL;',
                    hash="ee512457b0b826c143e062575a33a51b8b0df98c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_9898d",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
    ]
