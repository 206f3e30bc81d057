import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from doctors.migrations._operations import code_specializations


class Migration(migrations.Migration):
    dependencies = [
        ("doctors", "0002_emails_in_one_form"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="doctor",
            name="update_update",
        ),
        migrations.AddField(
            model_name="doctor",
            name="specialization_code",
            field=models.CharField(
                db_default="",
                default="",
                blank=True,
                editable=False,
                max_length=18,
                verbose_name="code of the specialization",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="doctor",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."applied_at" IS DISTINCT FROM (NEW."applied_at") OR OLD."approved_at" IS DISTINCT FROM (NEW."approved_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."default_duration_minutes" IS DISTINCT FROM (NEW."default_duration_minutes") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."license_number" IS DISTINCT FROM (NEW."license_number") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."slot_interval_minutes" IS DISTINCT FROM (NEW."slot_interval_minutes") OR OLD."specialization" IS DISTINCT FROM (NEW."specialization") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                    func='INSERT INTO "doctors_doctorevent" ("applied_at", "approved_at", "created_at", "default_duration_minutes", "email", "first_name", "id", "is_active", "last_name", "license_number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "slot_interval_minutes", "specialization", "updated_at", "user_id") VALUES (NEW."applied_at", NEW."approved_at", NEW."created_at", NEW."default_duration_minutes", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."last_name", NEW."license_number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."slot_interval_minutes", NEW."specialization", NEW."updated_at", NEW."user_id"); RETURN NULL;',
                    hash="a9216fc5d547b6bad2df747acc25f3f4838fd66b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_3aefa",
                    table="doctors_doctor",
                    when="AFTER",
                ),
            ),
        ),
        code_specializations("doctors", "doctor"),
        migrations.AddConstraint(
            model_name="doctor",
            constraint=models.CheckConstraint(
                condition=models.Q(("specialization_code__regex", "^([0-9]{6,18})?$")),
                name="doctor_specialization_code_shape",
            ),
        ),
    ]
