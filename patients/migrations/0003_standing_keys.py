from django.db import migrations

# Of records with these numbers, phones or addresses that were merged into others: the keys of
# all that they were merged into, one after the other. `endings` are patterns of phones read
# backwards, `mail` is one of addresses.
STANDING_KEYS = """
CREATE FUNCTION clinic_standing_keys(numbers bigint[], phones text[], endings text[], mail text)
RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
WITH RECURSIVE up AS (
    SELECT merged_into_id AS id FROM public.patients_patient
    WHERE merged_into_id IS NOT NULL AND (
        number = ANY (numbers) OR phone = ANY (phones)
        OR reverse(phone) LIKE ANY (endings) OR email LIKE mail
    )
    UNION
    SELECT above.merged_into_id
    FROM public.patients_patient AS above JOIN up ON above.id = up.id
    WHERE above.merged_into_id IS NOT NULL
)
SELECT array_agg(id) FROM up
$$;
"""
FORGET = "DROP FUNCTION clinic_standing_keys(bigint[], text[], text[], text)"


class Migration(migrations.Migration):
    dependencies = [("patients", "0002_emails_in_one_form")]

    operations = [migrations.RunSQL(STANDING_KEYS, FORGET)]
