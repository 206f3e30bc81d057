from django.contrib.postgres.operations import (
    BtreeGistExtension,
    TrigramExtension,
    UnaccentExtension,
)
from django.db import migrations

# Lower case without accents, for comparing names. `unaccent()` itself is only STABLE, because
# its dictionary could change; naming the dictionary makes the wrapper fit for an index.
FOLD = """
CREATE FUNCTION clinic_fold(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, normalize($1, NFC))) $$
"""

# How like a word of a name a searched word must be (the default is 0.6; "Meyer" is like
# "Meier" by 0.5). Set for every session of this database, and for this one.
SIMILARITY = """
DO $$ BEGIN EXECUTE format(
    'ALTER DATABASE %I SET pg_trgm.word_similarity_threshold = 0.45', current_database()
); END $$;
SET pg_trgm.word_similarity_threshold = 0.45;
"""


class Migration(migrations.Migration):
    """The parts of PostgreSQL that the models of all apps need."""

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FOLD, "DROP FUNCTION clinic_fold(text)"),
        migrations.RunSQL(SIMILARITY, migrations.RunSQL.noop),
    ]
