import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

# ruff: noqa: RUF001
# How letters are written in Latin ones: Greek as in passports (ELOT 743), Cyrillic as most
# passports have it. Two letters that are read as one come first.
SIGNS = (
    "ου=ou αυ=av ευ=ev ηυ=iv γγ=ng "
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f "
    "χ=ch ψ=ps ω=o "
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f "
    "х=kh ц=ts ч=ch ш=sh щ=shch ы=y э=e ю=yu я=ya ъ= ь= "
    "і=i ї=yi є=ye ґ=g ў=u ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ѓ=gj ќ=kj ѕ=dz "
    "ә=a ғ=g қ=q ң=n ө=o ұ=u ү=u һ=h"
)
LETTERS = dict(sign.split("=") for sign in SIGNS.split())
SINGLE = {sign: one for sign, one in LETTERS.items() if len(sign) == len(one) == 1}
DROPPED = "".join(sign for sign, letters in LETTERS.items() if not letters)


def in_latin(text: str) -> str:
    """The SQL that writes a folded text in Latin letters."""
    for sign, letters in LETTERS.items():
        if letters and sign not in SINGLE:
            text = f"replace({text}, '{sign}', '{letters}')"
    return f"translate({text}, '{''.join(SINGLE)}{DROPPED}', '{''.join(SINGLE.values())}')"


LATIN = f"""
CREATE FUNCTION clinic_latin(folded text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN folded ~ '[\u0370-\u052f]'
        THEN {in_latin("folded")} ELSE folded END
$$
"""
# The words by which a patient is found: those of the names; first and last names of several
# words also written together; of Chinese, Japanese and Korean people the whole name, the last
# name first; and all of these in Latin letters. An index is made of it.
NAME_WORDS = """
CREATE FUNCTION clinic_name_words(first_name text, last_name text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    firsts text[] := public.clinic_words(public.clinic_fold(first_name));
    lasts text[] := public.clinic_words(public.clinic_fold(last_name));
    words text[] := firsts || lasts;
    whole text := array_to_string(lasts || firsts, '');
BEGIN
    IF cardinality(firsts) > 1 THEN
        words := words || array_to_string(firsts, '');
    END IF;
    IF cardinality(lasts) > 1 THEN
        words := words || array_to_string(lasts, '');
    END IF;
    IF whole ~ '[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]' THEN
        words := words || whole;
    END IF;
    IF whole ~ '[\u0370-\u052f]' THEN
        words := words || ARRAY(SELECT public.clinic_latin(word) FROM unnest(words) AS word);
    END IF;
    RETURN array_to_tsvector(array_remove(words, ''));
END $$
"""
# The words themselves. It is called dear, so that they are looked up in their index: PostgreSQL
# takes a match of words for cheap, and would read one patient after the other, hoping for 200.
INDEXED = """
CREATE FUNCTION clinic_indexed(words tsvector) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$ BEGIN RETURN words; END $$
"""
KEEP = """
CREATE OR REPLACE FUNCTION patients_keep_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO patients_nameword (word)
    SELECT DISTINCT word
    FROM newly, unnest({words}) AS word
    WHERE NOT EXISTS (SELECT FROM patients_nameword AS known WHERE known.word = word.word);
    RETURN NULL;
END $$
"""
ADD_KNOWN = """
INSERT INTO patients_nameword (word)
SELECT DISTINCT word FROM patients_patient, unnest(tsvector_to_array(search_words)) AS word
WHERE NOT EXISTS (SELECT FROM patients_nameword AS known WHERE known.word = word.word)
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0005_sort_names"), ("patients", "0007_deceased")]

    operations = [
        migrations.RunSQL(LATIN, "DROP FUNCTION clinic_latin(text)"),
        migrations.RunSQL(INDEXED, "DROP FUNCTION clinic_indexed(tsvector)"),
        migrations.RunSQL(NAME_WORDS, "DROP FUNCTION clinic_name_words(text, text)"),
        migrations.AddField(
            model_name="patient",
            name="search_words",
            field=models.GeneratedField(
                db_persist=True,
                editable=False,
                expression=models.Func("first_name", "last_name", function="clinic_name_words"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="sort_name",
            field=models.GeneratedField(
                db_persist=True,
                editable=False,
                expression=models.Func(
                    models.F("last_name"),
                    models.F("first_name"),
                    function="clinic_sort_name",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AlterModelOptions("patient", options={"ordering": ["sort_name", "id"]}),
        migrations.RemoveIndex(model_name="patient", name="patient_by_name"),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["sort_name", "id"], name="patient_by_name"),
        ),
        migrations.RemoveIndex(model_name="patient", name="patient_name_words"),
        migrations.AddIndex(
            model_name="patient",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func("search_words", function="clinic_indexed"),
                name="patient_search_words",
            ),
        ),
        migrations.RunSQL(
            KEEP.format(words="tsvector_to_array(newly.search_words)"),
            KEEP.format(words="clinic_words(newly.search_name)"),
        ),
        migrations.RunSQL(ADD_KNOWN, migrations.RunSQL.noop),
    ]
