"""How far a long transaction is, told to other sessions while it goes on."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from uuid import UUID

from django.db import connection

from clinic.models import FileTransfer

EVERY_SECONDS = 0.5


class Progress:
    """Writes the number of rows done through a connection of its own, twice a second at most.

    Use it as a context manager, and write the transfer's row in the transaction only after it.
    """

    def __init__(self, transfer_id: UUID):
        self.transfer_id = transfer_id
        self.told_at = time.monotonic()

    def __enter__(self) -> "Progress":
        self.side = ThreadPoolExecutor(max_workers=1)
        return self

    def __call__(self, rows: int) -> None:
        if time.monotonic() - self.told_at >= EVERY_SECONDS:
            self.told_at = time.monotonic()
            self.side.submit(save_progress, self.transfer_id, rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.side.submit(close_progress)
        self.side.shutdown(wait=True)


def save_progress(transfer_id: UUID, rows: int) -> None:
    FileTransfer.objects.filter(pk=transfer_id).update(progress=rows)


def close_progress() -> None:
    connection.close()  # Asked for here: it is this thread's, not the caller's.
