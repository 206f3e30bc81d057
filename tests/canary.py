"""Looking for a text in everything that the clinic keeps: every row of the database, every file."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import connection
from psycopg import sql


def tables_with(*texts: str) -> dict[str, list[str]]:
    """Of each text, the tables in which some row has it, in any column and any case."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            query = sql.SQL(
                "SELECT x FROM unnest(%s::text[]) AS x WHERE EXISTS "
                "(SELECT FROM {} AS t WHERE t::text ILIKE '%%' || x || '%%')"
            )
            cursor.execute(query.format(sql.Identifier(table)), [list(texts)])
            for (text,) in cursor.fetchall():
                found.setdefault(text, []).append(table)
    return found


def files_with(*texts: str) -> dict[str, list[Path]]:
    """Of each text, the files in which it stands, below where documents are kept."""
    folder = Path(settings.STORAGES["documents"]["OPTIONS"]["location"])
    files: Iterable[Path] = [path for path in folder.rglob("*") if path.is_file()]
    found: dict[str, list[Path]] = {}
    for path in files:
        content = path.read_bytes().lower()
        for text in texts:
            if text.lower().encode() in content:
                found.setdefault(text, []).append(path)
    return found
