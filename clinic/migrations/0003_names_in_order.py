from django.db import migrations

# ruff: noqa: RUF001
# What a name is sorted by, in the order of its code points. An index of patients is made of it:
# change it only together with that.
SORT = """
CREATE FUNCTION clinic_sort(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT translate(public.clinic_fold($1), '-''’´`', ' ') $$
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_idempotency_answers_encrypted")]

    operations = [migrations.RunSQL(SORT, "DROP FUNCTION clinic_sort(text)")]
