"""Many patients in one statement, with names as frequent as in a large city: a few very common
ones and a long tail. The trail of changes isn't written for them."""

from random import Random
from typing import Any

from django.db import connection, models

from clinic.management.seeding.cultures import draw_cultures
from patients.models import NameWord, Patient

DRAWN = 20_000  # Names to draw from, the frequent ones again and again.
SYLLABLES = "ba be bo da dro el fa gar ha hol ja ka kro la lin ma mor na no or pa ra schu ta vo wi"
INDEXES = ("patient_search_words", "patient_search_name", "patient_email_parts", "name_word_like")
GIVEN = {
    "id": "gen_random_uuid()",
    "first_name": "first",
    "last_name": "last",
    "email": """clinic_fold(replace(first, ' ', '.') || '.' || replace(last, ' ', '-')) || n || '@'
        || (ARRAY['example.com', 'example.org', 'mail.example', 'post.example'])[1 + n %% 4]""",
    "phone": "'+4915' || (100000000 + (n::bigint * 7919) %% 900000000)",
    "date_of_birth": "born",
    "country": "'DE'",
    "created_at": "now() - n * interval '1 minute'",
    "updated_at": "now()",
}
# One in four last names is a rare one, of three or four syllables.
PEOPLE = """
FROM (
    SELECT n, born, first, CASE WHEN random() < 0.25
        THEN initcap(syllables[a] || syllables[b] || syllables[c] || left(syllables[d], n %% 3))
        ELSE last END AS last
    FROM (
        SELECT n, DATE '1930-01-01' + (random() * 34000)::int AS born,
            (random() * (%(drawn)s - 1))::int AS f, (random() * (%(drawn)s - 1))::int AS l,
            1 + (random() * 24)::int AS a, 1 + (random() * 24)::int AS b,
            1 + (random() * 24)::int AS c, 1 + (random() * 24)::int AS d,
            string_to_array(%(syllables)s, ' ') AS syllables
        FROM generate_series(%(start)s::int, %(stop)s::int) AS n
    ) AS drawn
    JOIN first_names ON first_names.id = f JOIN last_names ON last_names.id = l
) AS people
ORDER BY n
"""


def insert_from(
    model: type[models.Model], given: dict[str, str], source: str, params: dict[str, Any]
) -> None:
    """Add rows of a query: `given` is the SQL of each column, the others get the model's default.

    Must run with `session_replication_role = replica` where no history is wanted.
    """
    columns, values, params = [], [], dict(params)
    for field in model._meta.concrete_fields:
        if field.column in given:
            value = given[field.column]
        elif field.generated or field.db_default is not models.NOT_PROVIDED or field.primary_key:
            continue
        else:
            value, params[field.column] = f"%({field.column})s", field.get_default()
        columns.append(field.column)
        values.append(value)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
            f"SELECT {', '.join(values)} {source}",
            params,
        )


def fill_patients(count: int) -> None:
    """Add patients up to this number, within the caller's transaction."""
    start = Patient.objects.count()
    if start >= count:
        return
    firsts, lasts = drawn_names()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, names in (("first_names", firsts), ("last_names", lasts)):
            column = table.partition("_")[0]
            cursor.execute(
                f"CREATE TEMP TABLE {table} ON COMMIT DROP AS "
                f"SELECT name AS {column}, n - 1 AS id "
                "FROM unnest(%s::text[]) WITH ORDINALITY AS names (name, n)",
                [names],
            )
        people = {"drawn": DRAWN, "start": start + 1, "stop": count, "syllables": SYLLABLES}
        insert_from(Patient, GIVEN, PEOPLE, people)
        words, patients = NameWord._meta.db_table, Patient._meta.db_table
        cursor.execute(f"DELETE FROM {words}")
        cursor.execute(
            f"INSERT INTO {words} (word) "
            f"SELECT DISTINCT unnest(tsvector_to_array(search_words)) FROM {patients}"
        )
        # As autovacuum would: else every search goes through what waits to be put in order.
        for index in INDEXES:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        cursor.execute(f"ANALYZE {patients}, {words}")


def drawn_names() -> tuple[list[str], list[str]]:
    cultures, weights = draw_cultures(Random(1))
    rng = Random(2)
    firsts, lasts = [], []
    for culture in rng.choices(cultures, weights, k=DRAWN):
        people = culture.female if rng.random() < 0.5 else culture.male
        # Zipf: the first of a list is twice as frequent as the second.
        frequent = [1 / rank for rank in range(1, len(people) + 1)]
        firsts.append(rng.choices(people, frequent)[0][0].western)
        lasts.append(rng.choices(people, frequent)[0][1].western)
    # Names that the searches ask for.
    firsts[:500] = ["Anna"] * 250 + ["Peter"] * 250
    lasts[:400] = ["Müller"] * 200 + ["Schmidt"] * 150 + ["Winter"] * 50
    return firsts, lasts
