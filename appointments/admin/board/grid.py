"""The grid that a board stands on: a row for every five minutes that pass, so that a day of 23 or
25 hours has as many rows as it has minutes; and lanes for what overlaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol

from django.utils import timezone

from appointments.scheduling.gaps import ROW
from appointments.scheduling.slots import Period, instant
from clinic.days import day_bounds

HOUR = timedelta(hours=1)
USUAL_HOURS = (time(8), time(18))  # Shown where nobody works and nothing is booked.
MOST_LANES = 12  # The style sheet knows no more.


class Rows(NamedTuple):
    """A template finds a name faster than a number."""

    first: int
    end: int


@dataclass(frozen=True)
class Frame:
    """What is shown of a day: whole hours of the clinic's clocks."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def around(cls, day: date, periods: Iterable[Period]) -> "Frame":
        """As much of the day as these periods take."""
        opens, closes = day_bounds(day)
        within = [period for period in periods if period.overlaps(Period(opens, closes))]
        if not within:
            zone = timezone.get_default_timezone()
            within = [Period(*(instant(day, clock, zone) for clock in USUAL_HOURS))]
        first = max(opens, min(period.starts_at for period in within))
        last = min(closes, max(period.ends_at for period in within))
        first -= past_the_hour(first)
        last += (HOUR - past_the_hour(last)) % HOUR
        return cls(max(opens, first), min(closes, last))

    @property
    def rows(self) -> int:
        return self.row(self.ends_at, up=True)

    def row(self, moment: datetime, *, up: bool = False) -> int:
        """How many rows stand before this moment; `up` counts one that has begun."""
        passed = min(max(moment, self.starts_at), self.ends_at) - self.starts_at
        rows, rest = divmod(passed, ROW)
        return rows + (1 if up and rest else 0)

    def place(self, period: Period) -> Rows:
        """The first row of the period, and the one after its last."""
        first = self.row(period.starts_at)
        return Rows(first, max(self.row(period.ends_at, up=True), first + 1))

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def hours(self) -> list[tuple[int, datetime]]:
        """The row and the time of every hour."""
        count = -(-(self.ends_at - self.starts_at) // HOUR)
        moments = [self.starts_at + number * HOUR for number in range(count)]
        return [(self.row(moment), timezone.localtime(moment)) for moment in moments]


def past_the_hour(moment: datetime) -> timedelta:
    local = timezone.localtime(moment)
    return timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


class Held(Protocol):
    """Whatever takes rows, and a lane beside what overlaps with it."""

    left: int
    right: int

    @property
    def held(self) -> Rows: ...


def side_by_side(cards: Sequence[Held]) -> int:
    """Put what overlaps beside each other; returns the number of lanes of the column."""
    groups: list[list[list[Held]]] = []  # Of what overlaps, lane by lane.
    ends = -1
    for card in sorted(cards, key=lambda card: card.held.first):
        if card.held.first >= ends:
            groups.append([])
        ends = max(ends, card.held.end)
        lanes = groups[-1]
        lane = next((lane for lane in lanes if lane[-1].held.end <= card.held.first), None)
        if lane is None and len(lanes) == MOST_LANES:
            lane = lanes[-1]
        if lane is None:
            lane = []
            lanes.append(lane)
        lane.append(card)
    total = max(map(len, groups), default=1)
    for lanes in groups:
        for number, lane in enumerate(lanes):
            for card in lane:
                card.left = number * total // len(lanes)
                card.right = (number + 1) * total // len(lanes)
    return total
