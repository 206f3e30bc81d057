import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Upper

from doctors.migrations._operations import code_specializations


def end_twice_waiting(apps, schema_editor):
    """Of two places on the waitlist for one field, written in two ways, the older one stays."""
    entries = apps.get_model("appointments", "WaitlistEntry").objects
    offers = apps.get_model("appointments", "SlotOffer").objects
    seen = set()
    waiting = entries.filter(state="waiting", doctor=None).order_by("created_at", "id")
    for entry in waiting.annotate(capitals=Upper("specialization")):
        place = entry.patient_id, entry.specialization_code or entry.capitals
        if place in seen:
            offers.filter(entry=entry, state="open").update(state="withdrawn")
            entries.filter(pk=entry.pk).update(state="left")
        seen.add(place)


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0001_initial"),
        ("doctors", "0003_specialization_codes"),
        ("patients", "0002_emails_in_one_form"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="waitlistentry",
            name="update_update",
        ),
        migrations.RemoveConstraint(
            model_name="waitlistentry",
            name="waitlist_once",
        ),
        migrations.AddField(
            model_name="waitlistentry",
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
            model_name="waitlistentry",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."duration_minutes" IS DISTINCT FROM (NEW."duration_minutes") OR OLD."earliest" IS DISTINCT FROM (NEW."earliest") OR OLD."from_date" IS DISTINCT FROM (NEW."from_date") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."latest" IS DISTINCT FROM (NEW."latest") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."specialization" IS DISTINCT FROM (NEW."specialization") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."to_date" IS DISTINCT FROM (NEW."to_date"))',
                    func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "specialization", "state", "to_date") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."duration_minutes", NEW."earliest", NEW."from_date", NEW."id", NEW."latest", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."specialization", NEW."state", NEW."to_date"); RETURN NULL;',
                    hash="7eaf49756c7358a30fdb0c8bc4a3887060066f7a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_9ab96",
                    table="appointments_waitlistentry",
                    when="AFTER",
                ),
            ),
        ),
        code_specializations("appointments", "waitlistentry"),
        migrations.RunPython(end_twice_waiting, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("specialization_code__regex", "^([0-9]{6,18})?$")),
                name="waitlist_specialization_code_shape",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.UniqueConstraint(
                models.F("patient"),
                models.F("doctor"),
                models.Case(
                    models.When(specialization_code="", then=Upper("specialization")),
                    default=models.F("specialization_code"),
                ),
                condition=models.Q(("state", "waiting")),
                name="waitlist_once",
                nulls_distinct=False,
                violation_error_code="already_waiting",
                violation_error_message="This patient is on that waitlist already.",
            ),
        ),
    ]
