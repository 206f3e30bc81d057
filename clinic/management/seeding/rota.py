"""When the doctors work, on the clinic's own clocks, and the visits that fit in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from clinic.management.seeding.medicine import GROUP_FIELD, Specialization
from clinic.management.seeding.plan import Plan, local_instant
from doctors.specializations.examples import Example

Span = tuple[int, time, time]  # Weekday (Monday 0), start and end in local time.
# Of the doctor who has a group and a series: what is kept for them, in local time.
MONDAY, WEDNESDAY, THURSDAY = 0, 2, 3
SERIES_DAYS, SERIES_AT = (MONDAY, WEDNESDAY), time(13)
GROUP_DAY, GROUP_AT = THURSDAY, time(18)
AFTER_SERIES, BEFORE_GROUP = time(13, 35), time(17, 45)


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


FIRST_DOZEN = 12  # Doctors: from then on fields of medicine come again.


@dataclass(frozen=True, slots=True)
class Shift:
    """A doctor's working week, as the calendar sees it."""

    index: int  # Which doctor it is.
    specialization: Specialization
    week: tuple[Span, ...]
    until: date | None  # The first day on which this doctor works no more.

    def slots(self, plan: Plan, day: date) -> Iterator[tuple[datetime, datetime, Example | None]]:
        """The visits of a full day, in UTC, each with its type if it has one. The same for the
        same plan, asked how often ever."""
        if self.until is not None and day >= self.until:
            return
        rng = plan.rng("slots", self.index, day)
        special = self.specialization
        for weekday, opens, closes in self.ordinary_week():
            if weekday != day.weekday():
                continue
            starts, closing = local_instant(day, opens), local_instant(day, closes)
            while True:
                kind = rng.choice(special.kinds)
                minutes = special.minutes_of(kind) if kind else rng.choice(special.lengths)
                ends = starts + timedelta(minutes=minutes)
                if ends > closing:
                    break
                yield starts, ends, kind
                pause = rng.choice((0, 0, 0, 0, 0, 5, 10)) + (kind.after if kind else 0)
                starts = ends + timedelta(minutes=pause)

    @property
    def has_group(self) -> bool:
        """Is it the one doctor with a group and a series?"""
        return self.index < FIRST_DOZEN and self.specialization.name == GROUP_FIELD

    def ordinary_week(self) -> Iterator[Span]:
        """The week without what is kept for the group and the series."""
        for weekday, opens, closes in self.week:
            if self.has_group and weekday in SERIES_DAYS and opens == SERIES_AT:
                yield weekday, AFTER_SERIES, closes
            elif self.has_group and weekday == GROUP_DAY and opens < GROUP_AT < closes:
                yield weekday, opens, BEFORE_GROUP
            else:
                yield weekday, opens, closes


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
