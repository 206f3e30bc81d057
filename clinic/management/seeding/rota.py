"""When the doctors work, on the clinic's own clocks, and the visits that fit in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from clinic.management.seeding.medicine import Specialization
from clinic.management.seeding.plan import Plan, local_instant

Span = tuple[int, time, time]  # Weekday (Monday 0), start and end in local time.


def spans(weekdays: range | tuple[int, ...], *hours: tuple[str, str]) -> tuple[Span, ...]:
    return tuple(
        (weekday, time.fromisoformat(starts), time.fromisoformat(ends))
        for weekday in weekdays
        for starts, ends in hours
    )


# The weeks that doctors keep: whole days have a break at noon, none is longer than nine hours.
WEEKS = (
    spans(range(5), ("08:00", "12:00"), ("13:00", "17:00")),
    spans((0, 2, 4), ("09:00", "13:00"), ("14:00", "18:00")),
    spans(range(5), ("08:00", "12:30")),
    spans((1, 3), ("08:00", "12:00"), ("13:00", "18:00")) + spans((4,), ("08:00", "12:00")),
    spans(range(5), ("07:30", "11:30"), ("12:30", "15:30")),
    spans(range(4), ("13:00", "19:00")) + spans((5,), ("09:00", "13:00")),
)


@dataclass(frozen=True, slots=True)
class Shift:
    """A doctor's working week, as the calendar sees it."""

    index: int  # Which doctor it is.
    specialization: Specialization
    week: tuple[Span, ...]
    until: date | None  # The first day on which this doctor works no more.

    def slots(self, plan: Plan, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The visits of a full day, in UTC. The same for the same plan, asked how often ever."""
        if self.until is not None and day >= self.until:
            return
        rng = plan.rng("slots", self.index, day)
        for weekday, opens, closes in self.week:
            if weekday != day.weekday():
                continue
            starts, closing = local_instant(day, opens), local_instant(day, closes)
            while True:
                ends = starts + timedelta(minutes=rng.choice(self.specialization.lengths))
                if ends > closing:
                    break
                yield starts, ends
                starts = ends + timedelta(minutes=rng.choice((0, 0, 0, 0, 0, 5, 10)))


def week_of(index: int, plan: Plan) -> tuple[Span, ...]:
    """The week of that doctor. Should the plan's day fall on a weekend, whoever works on
    Mondays works on that weekday too: the demo clinic is never closed on its own day."""
    week = WEEKS[index % len(WEEKS)]
    today = plan.today.weekday()
    if today >= 5:
        rest = tuple(span for span in week if span[0] != today)
        week = rest + tuple((today, *span[1:]) for span in week if span[0] == 0)
    return week


def capacity(shifts: list[Shift], plan: Plan) -> int:
    """How many visits fit into the plan's whole calendar, patients permitting."""
    return sum(
        min(plan.patients, sum(1 for shift in shifts for _ in shift.slots(plan, day)))
        for day in plan.calendar()
    )
