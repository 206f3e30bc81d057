"""What neither the request nor the program is at fault for: the database, a lock or a disk."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from clinic.errors import is_busy, is_not_writable, is_unavailable, is_without_room

logger = logging.getLogger(__name__)

# How many seconds whoever is told 503 or 507 should wait.
SOON, LATER, MUCH_LATER = "1", "5", "300"
BUSY = "Somebody else is at work on this just now. Nothing was saved: please try again."


@dataclass(frozen=True)
class Circumstance:
    """The answer's status, `Retry-After` and sentence (empty: that of the status), and how the log
    has it."""

    status: int
    wait: str
    level: int
    logged: str
    sentence: str = ""


# The first that fits is it: a full disk and a lock are operational errors of the database, too.
CIRCUMSTANCES: tuple[tuple[Callable[[BaseException], bool], Circumstance], ...] = (
    (is_without_room, Circumstance(507, MUCH_LATER, logging.ERROR, "There is no room left")),
    (is_busy, Circumstance(503, SOON, logging.WARNING, "Waited in vain for a lock", BUSY)),
    (
        is_unavailable,
        Circumstance(503, LATER, logging.WARNING, "The database is not available"),
    ),
    (
        is_not_writable,
        Circumstance(503, MUCH_LATER, logging.ERROR, "The disk can't be written"),
    ),
)


def circumstance_of(error: BaseException) -> Circumstance | None:
    """None where it is somebody's fault."""
    return next((found for fits, found in CIRCUMSTANCES if fits(error)), None)


def log_circumstance(error: BaseException) -> None:
    """Write it into the log, if it is one: for whoever answers the request, once."""
    if found := circumstance_of(error):
        first_line = str(error).strip().partition("\n")[0]
        logger.log(found.level, "%s: %s", found.logged, first_line)
