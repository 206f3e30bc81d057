from django.db import migrations

# Which assignments a booking has begun, from before that was written down: those made in the same
# moment. It is no change of anybody's, so that no event is written.
MARK = """
SELECT set_config('pgtrigger.ignore', (
    SELECT coalesce(array_agg(tgname)::text, '{}') FROM pg_trigger
    WHERE tgrelid = 'patients_careassignment'::regclass AND starts_with(tgname, 'pgtrigger_update')
), true);
UPDATE patients_careassignment c SET by_booking = true FROM appointments_appointment a
WHERE a.doctor_id = c.doctor_id AND a.patient_id = c.patient_id
AND a.created_at BETWEEN c.assigned_at - interval '5 s' AND c.assigned_at + interval '5 s';
SELECT set_config('pgtrigger.ignore', '{}', true);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0007_reasons_encrypted"),
        ("patients", "0012_emergency_access"),
    ]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop, elidable=True)]
