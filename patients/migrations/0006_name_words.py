import django.contrib.postgres.indexes
from django.db import migrations, models

# ruff: noqa: RUF001
# The words of a folded name. An index is made of it: change it only together with that.
WORDS = r"""
CREATE FUNCTION clinic_words(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT array_remove(regexp_split_to_array($1, '[\s!-/:-@\[-`{-~’´]+'), '') $$
"""
# The words of names that are like this one, the likest first. The threshold holds in here alone.
ALIKE = """
CREATE FUNCTION clinic_alike_words(text) RETURNS SETOF text
LANGUAGE sql STABLE STRICT
SET pg_trgm.similarity_threshold = 0.3
AS $$
    SELECT word FROM patients_nameword WHERE word % $1
    GROUP BY word ORDER BY similarity(word, $1) DESC, word LIMIT 60
$$
"""
# No UNIQUE and no ON CONFLICT: two imports at once would wait for each other's words, in
# another order, until one of them is the victim of a deadlock.
KEEP = """
CREATE FUNCTION patients_keep_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO patients_nameword (word)
    SELECT DISTINCT word
    FROM newly, unnest(clinic_words(newly.search_name)) AS word
    WHERE NOT EXISTS (SELECT FROM patients_nameword AS known WHERE known.word = word.word);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_name_words_of_new AFTER INSERT ON patients_patient
REFERENCING NEW TABLE AS newly
FOR EACH STATEMENT EXECUTE FUNCTION patients_keep_name_words();
CREATE TRIGGER keep_name_words_of_changed AFTER UPDATE ON patients_patient
REFERENCING NEW TABLE AS newly
FOR EACH STATEMENT EXECUTE FUNCTION patients_keep_name_words();
"""
FORGET = """
DROP TRIGGER keep_name_words_of_changed ON patients_patient;
DROP TRIGGER keep_name_words_of_new ON patients_patient;
DROP FUNCTION patients_keep_name_words();
"""
KNOWN = """
INSERT INTO patients_nameword (word)
SELECT DISTINCT unnest(clinic_words(search_name)) FROM patients_patient
"""


class Migration(migrations.Migration):
    """The words of patients' names, among which one with a typo is looked up."""

    dependencies = [("patients", "0005_duplicates_and_merging")]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION clinic_words(text)"),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("word", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["word"], name="name_word"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="name_word_like", opclasses=["gin_trgm_ops"]
                    ),
                ]
            },
        ),
        migrations.RunSQL(ALIKE, "DROP FUNCTION clinic_alike_words(text)"),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, FORGET),
    ]
