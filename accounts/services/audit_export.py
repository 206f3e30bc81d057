"""The access log and the history as rows for a file: who did what, when and from where.

What a field was and became stays in the console, which notes who looks: a file has no values of
records, so that it can be given to whoever checks the clinic.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.changes import event_models
from accounts.models import AccessLog, User
from accounts.services import step_up
from clinic.database import timeouts
from clinic.security_log import Kind, note_security

COLUMNS = (
    "at", "table", "id", "action", "records", "user", "door", "what", "address", "request_id",
)  # fmt: skip
BATCH = 2000
READS = """
SELECT at, 'accounts_accesslog', id, action::text, patients::text[], user_id::text, door::text, '',
    coalesce(host(address), ''), request_id::text
FROM accounts_accesslog WHERE at >= %s AND at < %s
"""
CHANGES = """
SELECT pgh_created_at, '{0}', pgh_id::bigint, pgh_label, ARRAY[pgh_obj_id::text],
    pgh_context ->> 'user', coalesce(pgh_context ->> 'door', ''),
    coalesce(pgh_context ->> 'what', ''), coalesce(pgh_context ->> 'address', ''),
    coalesce(pgh_context ->> 'request_id', '')
FROM "{0}" WHERE pgh_created_at >= %s AND pgh_created_at < %s
"""


def note_export(by: User, since: datetime, until: datetime, door: str, request_id: str) -> None:
    """Write down that somebody takes the log away. Raises StepUpNeeded."""
    step_up.check(by)
    AccessLog.objects.create(
        user=by, action=AccessLog.Action.EXPORTED, patients=[], door=door, request_id=request_id
    )
    span = f"{since:%Y-%m-%d}/{until:%Y-%m-%d}"
    note_security(Kind.EXPORT, user=by, what="audit", span=span)


def audit_rows(since: datetime, until: datetime) -> Iterator[list[tuple[Any, ...]]]:
    """Batches of rows as `COLUMNS` has them, the oldest first, from this instant until before that
    one. They are read as they are taken, and are of one moment."""
    tables = [model._meta.db_table for model in event_models()]
    # The names of tables are our own.
    parts = [READS, *(CHANGES.format(table) for table in tables)]  # nosec B608
    sql = f"{' UNION ALL '.join(parts)} ORDER BY 1, 2, 3"
    with (
        timeouts.working(timeouts.EXPORT),
        transaction.atomic(),
        connection.chunked_cursor() as cursor,
    ):
        cursor.execute(sql, [since, until] * len(parts))
        while batch := cursor.fetchmany(BATCH):
            yield batch


def as_cells(batches: Iterable[list[tuple[Any, ...]]]) -> Iterator[list[list[str]]]:
    for batch in batches:
        yield [
            [at.isoformat(), *map(str, (table, key, action)), " ".join(records), user or "", *rest]
            for at, table, key, action, records, user, *rest in batch
        ]


def as_json_lines(batches: Iterable[list[tuple[Any, ...]]]) -> Iterator[bytes]:
    for batch in batches:
        lines = (dict(zip(COLUMNS, row, strict=True)) for row in batch)
        text = "".join(f"{json.dumps(line, default=datetime.isoformat)}\n" for line in lines)
        yield text.encode()
