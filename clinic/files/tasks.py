"""The jobs of files: checking, importing, and sweeping away what nobody went on with."""

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from procrastinate.contrib.django import app

from clinic.errors import after_deadlocks
from clinic.files import transfers
from clinic.files.transfers import State
from clinic.queues import FILES

logger = logging.getLogger(__name__)


@app.task(name="clinic.check_file", queue=FILES)
def check_file(transfer_id: str) -> None:
    attempt_transfer(transfers.check_file, UUID(transfer_id), State.CHECKING)


@app.task(name="clinic.import_file", queue=FILES)
def import_file(transfer_id: str) -> None:
    attempt_transfer(transfers.write_file, UUID(transfer_id), State.WRITING)


def attempt_transfer(step: Callable[[UUID], None], transfer_id: UUID, state: State) -> None:
    """An error ends the transfer for good; whoever sent the file learns that nothing is written.
    Where PostgreSQL ended a step for a deadlock with somebody else, it is taken again."""
    try:
        after_deadlocks(partial(step, transfer_id))
    except Exception:
        transfers.fail(transfer_id, state)
        raise


@app.task(name="clinic.give_up_file")
def give_up_file(transfer_id: str) -> None:
    """Say of a file whose jobs ended their workers that nothing of it was written."""
    for state in (State.CHECKING, State.WRITING):
        transfers.fail(UUID(transfer_id), state)


@app.periodic(cron="*/10 * * * *")
@app.task(name="clinic.remove_import_files", queueing_lock="remove_import_files")
def remove_import_files(timestamp: int) -> None:
    logger.info("Gave up %s files that were not imported", transfers.sweep())
