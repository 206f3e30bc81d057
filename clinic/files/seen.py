"""What the rows of a file so far have held, to find what is in it twice."""

from collections.abc import Sequence

from django.db import connection


class Seen:
    """What the rows so far have held, in a temporary table: a million of them take no memory.

    It lives until the transaction ends.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.seen_in_file")
            cursor.execute(
                "CREATE TEMPORARY TABLE seen_in_file (field text, value text, number integer, "
                "PRIMARY KEY (field, value)) ON COMMIT DROP"
            )

    def note(self, field: str, values: Sequence[tuple[int, str | None]]) -> dict[int, int]:
        """Keep the values of these rows, and return which of them an earlier row had: the numbers
        of both rows. Empty values don't count."""
        held = [(number, value) for number, value in values if value]
        if not held:
            return {}
        numbers, texts = map(list, zip(*held, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO seen_in_file SELECT DISTINCT ON (value) %s, value, number "
                "FROM unnest(%s::text[], %s::integer[]) AS row (value, number) "
                "ORDER BY value, number ON CONFLICT DO NOTHING",
                [field, texts, numbers],
            )
            cursor.execute(
                "SELECT value, number FROM seen_in_file WHERE field = %s AND value = ANY(%s)",
                [field, texts],
            )
            first = dict(cursor.fetchall())
        return {number: first[value] for number, value in held if first[value] != number}
