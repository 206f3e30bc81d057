"""Deleting what has been kept long enough: a few rows at a time, so that nobody waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.services.sealing import purge_sealed
from clinic.management.retention.kinds import KINDS, Kind

ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Purged:
    """What became of one kind: `rows` were deleted, or would be, or are only listed."""

    kind: Kind
    days: int
    before: datetime | None  # What ended before then. None: it is kept for ever.
    rows: int


def purge(now: datetime | None = None, *, is_dry: bool = False) -> Iterator[Purged]:
    """Go through all kinds. It may be broken off, and begun again."""
    now = now or timezone.now()
    for kind in KINDS:
        days = settings.RETENTION_DAYS[kind.name]
        before = now - timedelta(days=days) if days else None
        yield Purged(kind, days, before, purge_kind(kind, before, is_dry) if before else 0)


def purge_kind(kind: Kind, before: datetime, is_dry: bool) -> int:
    if kind.sealed:
        return purge_sealed(kind.sealed, before, dry_run=is_dry)
    return sum(purge_rows(rows, kind, is_dry) for rows in kind.over(before))


def purge_rows(rows: QuerySet, kind: Kind, is_dry: bool) -> int:
    if is_dry or kind.remove is None:
        return rows.count()
    removed = 0
    while True:
        with transaction.atomic():
            few = rows.order_by("pk")[:ROWS_AT_ONCE]
            if not few:
                return removed
            count = kind.remove(few)
        removed += count
        if not count:  # Others have changed them all meanwhile: the next night, then.
            return removed
