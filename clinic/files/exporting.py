"""Handing records out in a file: noted before each batch leaves, and logged with how many left."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, models
from django.utils import timezone

from clinic.database import timeouts
from clinic.files.resource import FileResource
from clinic.files.run import batches, forget_statements
from clinic.history import at_work
from clinic.models import FileTransfer
from clinic.security_log import Kind, note_security

ROWS_A_BATCH = 1000
State = FileTransfer.State


def cells_of(
    transfer: FileTransfer,
    resource: FileResource,
    records: models.QuerySet,
    names: list[str],
    note: Callable[[list[Any]], None],
) -> Iterator[list[list[str]]]:
    """The cells of these columns, a batch of records at a time, over a cursor of the database:
    memory stays as it is however many there are.

    `note` gets each batch before it is handed out. What came of it all is saved at the end, also
    where somebody stops taking.
    """
    rows = resource.loaded(records, names).iterator(chunk_size=ROWS_A_BATCH)
    state = State.FAILED
    try:
        with timeouts.statements_of(timeouts.EXPORT, connection):
            for batch in batches(rows, ROWS_A_BATCH):
                note(batch)
                transfer.rows += len(batch)
                yield [resource.cells(record, names) for record in batch]
                forget_statements()
        state = State.DONE
    finally:
        end_export(transfer, state)


def end_export(transfer: FileTransfer, state: FileTransfer.State) -> None:
    transfer.state, transfer.ended_at = state, timezone.now()
    note_security(Kind.EXPORT, user=transfer.user_id, of=transfer.kind, records=transfer.rows)
    with at_work(
        transfer.door,
        f"Export of {transfer.kind}",
        user=lambda: str(transfer.user_id),
        request_id=transfer.request_id,
    ):
        transfer.save()
