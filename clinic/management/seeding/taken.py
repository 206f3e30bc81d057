"""A time that a patient takes, and what rooms and devices are taken on a day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from clinic.management.seeding.medicine import USUAL
from doctors.specializations.examples import Example

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Visit:
    """A time of a doctor that a patient takes."""

    doctor: int
    patient: int
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    is_promised: bool = False  # It must stay booked, whatever the dice say.
    kind: Example | None = None
    place: int = 0
    room: UUID | None = None
    series: UUID | None = None
    session: UUID | None = None
    seat: int | None = None

    @property
    def has_reason(self) -> bool:
        """Does somebody say why they come? Most types say it."""
        return self.kind is None or self.kind in USUAL

    @property
    def is_by_rule(self) -> bool:
        return self.series is not None or self.session is not None

    @property
    def holds_until(self) -> datetime:
        return self.ends_at + (self.kind.after if self.kind else 0) * MINUTE


class DayRooms:
    """Gives rooms and devices to visits of one day, each to one at a time."""

    def __init__(self, pools: dict[tuple[str, int], list[UUID]]):
        self.pools = pools  # By name and place.
        self.taken: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)

    def give(self, visit: Visit) -> bool:
        """Let the visit have what its type needs; False where nothing of it is free."""
        if visit.kind is None or not visit.kind.pool:
            return True
        starts, ends = visit.starts_at, visit.holds_until
        for room in self.pools.get((visit.kind.pool, visit.place), ()):
            if all(ends <= first or last <= starts for first, last in self.taken[room]):
                self.taken[room].append((starts, ends))
                visit.room = room
                return True
        return False
