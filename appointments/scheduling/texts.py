"""Instants as PostgreSQL's text of them, many in one value.

A month of many doctors has tens of thousands, and to read each from a row of its own takes most of
the time.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from appointments.scheduling.slots import Period

BETWEEN = ";"
NOBODY = UUID(int=0)  # The key of nothing: no visit, no session, no patient.


def period_of(starts_at: str, ends_at: str) -> Period:
    return Period(
        datetime.fromisoformat(starts_at).astimezone(UTC),
        datetime.fromisoformat(ends_at).astimezone(UTC),
    )


def periods_of(
    starts: str, ends: str, read: Callable[[str, str], Period] = period_of
) -> list[Period]:
    """The periods between these instants, joined by `BETWEEN`."""
    return list(map(read, starts.split(BETWEEN), ends.split(BETWEEN)))
