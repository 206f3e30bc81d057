from django.db import migrations

# A whole name as it is sorted, the last name first. A tab stands before all that names hold.
SORT_NAME = r"""
CREATE FUNCTION clinic_sort_name(last_name text, first_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT public.clinic_sort($1) || E'\t' || public.clinic_sort($2) $$
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0004_files_matched_by_a_person")]

    operations = [migrations.RunSQL(SORT_NAME, "DROP FUNCTION clinic_sort_name(text, text)")]
