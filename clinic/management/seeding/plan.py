"""What is asked for, and the two sources of everything that is made up: chance and the day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

DAYS_AHEAD = 28
CLOCK = time(11)  # The local time at which the demo clinic stands still.


@dataclass(frozen=True)
class Plan:
    """How large the demo clinic is, which day it is there, and which dice it is made with."""

    today: date
    patients: int = 300
    doctors: int = 12
    days: int = DAYS_AHEAD
    seed: int = 1
    appointments: int | None = None  # None: as many as a likely calendar holds.
    photos: int = 40

    @property
    def first_day(self) -> date:
        """Half as many days lie behind as ahead."""
        return self.today - timedelta(days=self.days // 2)

    @property
    def last_day(self) -> date:
        return self.today + timedelta(days=self.days)

    def calendar(self) -> Iterator[date]:
        for number in range((self.last_day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=number)

    @property
    def now(self) -> datetime:
        """The instant up to which things have happened: eleven o'clock on the plan's day."""
        return local_instant(self.today, CLOCK)

    def rng(self, *purpose: object) -> Random:
        """Dice of their own for each purpose: drawing more for one changes no other."""
        return Random(f"{self.seed}/{'/'.join(map(str, purpose))}")  # noqa: S311  # nosec B311


def local_instant(day: date, at: time) -> datetime:
    """The instant, in UTC, at which the clinic's clocks show this. A gap ends it earlier or
    later by the zone's rules, and of a time that comes twice it is the first."""
    return datetime.combine(day, at, tzinfo=timezone.get_default_timezone()).astimezone(UTC)


def uuid7(at: datetime, rng: Random) -> UUID:
    """A UUID of version 7 (RFC 9562) for that instant, its chance out of these dice."""
    milliseconds = int(at.timestamp() * 1000)
    chance = rng.getrandbits(74)
    high = milliseconds << 16 | 0x7000 | chance >> 62
    return UUID(int=high << 64 | 0x2 << 62 | chance & (1 << 62) - 1)
