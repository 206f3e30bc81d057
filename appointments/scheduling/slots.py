"""Free times, computed: from a week of local hours to instants that can be booked.

Nothing here knows a database or a request. Days are days of a zone, which may have 23, 24.5 or
25 hours, or not exist at all; periods are instants in UTC, half-open.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)
LATEST = datetime.max.replace(tzinfo=UTC)


class Period(NamedTuple):
    """From one instant to another; the end is not part of it."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Period") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def widened(self, before: timedelta, after: timedelta) -> "Period":
        return Period(self.starts_at - before, self.ends_at + after)


class Hours(NamedTuple):
    """A span of a weekday (Monday 0) in local time. An end at 00:00 is the day's own end.

    `valid_from` and `valid_until` are its first and last day; None: no such bound. `location_id`
    is its place; None: any. `service_ids` are the only visit types in it; empty: no such bound.
    """

    weekday: int
    starts: time
    ends: time
    valid_from: date | None = None
    valid_until: date | None = None
    location_id: UUID | None = None
    service_ids: frozenset[UUID] = frozenset()

    def is_on(self, day: date) -> bool:
        return (
            self.weekday == day.weekday()
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


class Shift(NamedTuple):
    """A stretch of work, and where and for which visit types it is, as `Hours` have it."""

    starts_at: datetime
    ends_at: datetime
    location_id: UUID | None = None
    service_ids: frozenset[UUID] = frozenset()

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    def offers(self, service_id: UUID | None) -> bool:
        """Is it for visits of this type? None: of no type."""
        return not self.service_ids or service_id in self.service_ids

    def is_like(self, hours: Hours) -> bool:
        return (self.location_id, self.service_ids) == (hours.location_id, hours.service_ids)


def instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """When the clocks of the zone show this time on this day, in UTC (PEP 495, `fold=0`).

    What they show twice is the first time; what they skip is as far after the change as it
    would have been without one.
    """
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


# For weeks: the doctors of a clinic begin and end at the same few times. Not for times with a
# `fold`, which Python takes for equal to those without.
known_instant = lru_cache(maxsize=4096)(instant)


def spans_of_day(week: Iterable[Hours], day: date, zone: tzinfo) -> list[tuple[Hours, Period]]:
    """The day's hours as instants, in order. A day that the zone skipped has none."""
    opens = known_instant(day, MIDNIGHT, zone)
    closes = known_instant(day + ONE_DAY, MIDNIGHT, zone)
    if opens >= closes:
        return []
    spans = []
    for hours in sorted((span for span in week if span.is_on(day)), key=lambda span: span.starts):
        ends = closes if hours.ends == MIDNIGHT else known_instant(day, hours.ends, zone)
        spans.append((hours, Period(known_instant(day, hours.starts, zone), ends)))
    return spans


def shifts(week: Sequence[Hours], first: date, last: date, zone: tzinfo) -> list[Shift]:
    """The hours of these days (both included), and of the shift that lasts into the first one.

    Hours up to midnight and those that begin at that midnight are one shift over midnight, where
    both are for the same: at one place, and for the same visit types. Whole days, from midnight to
    midnight, stay apart: each begins at its own midnight.
    """
    found: list[Shift] = []
    joins = False  # Does the shift found last go on at the next midnight?
    day = first - ONE_DAY
    while day <= last + ONE_DAY:
        spans = spans_of_day(week, day, zone)
        went_on = joins
        joins = False
        for number, (hours, period) in enumerate(spans):
            is_rest = number == 0 and went_on and hours.starts == MIDNIGHT
            if is_rest and found[-1].is_like(hours):
                found[-1] = found[-1]._replace(ends_at=period.ends_at)
            elif day <= last:
                found.append(Shift(*period, hours.location_id, hours.service_ids))
                joins = hours.ends == MIDNIGHT != hours.starts
        day += ONE_DAY
    return found


def apart(found: Iterable[Shift]) -> list[Shift]:
    """The same shifts in order, each without what an earlier one covers; empty ones are gone."""
    kept: list[Shift] = []
    for shift in sorted(found, key=attrgetter("starts_at", "ends_at")):
        starts_at = max(shift.starts_at, kept[-1].ends_at) if kept else shift.starts_at
        if starts_at < shift.ends_at:
            kept.append(shift._replace(starts_at=starts_at))
    return kept


# For the doctors of one answer, and the next answers of the day: many weeks are alike.
@lru_cache(maxsize=256)
def known_shifts(week: tuple[Hours, ...], first: date, last: date, zone: tzinfo) -> list[Shift]:
    """The shifts of these days, `apart()`. Not to be changed: it is kept."""
    return apart(shifts(week, first, last, zone))


def beyond(extra: Iterable[Shift], week: Iterable[Shift]) -> list[Shift]:
    """What is left of extra hours outside the week, piece by piece. Both are `apart()`."""
    taken = [shift.period for shift in week]
    return [
        shift._replace(starts_at=starts_at, ends_at=ends_at)
        for shift in extra
        for starts_at, ends_at in without_periods([shift.period], taken)
    ]


def without_periods(periods: Iterable[Period], taken: Iterable[Period]) -> list[Period]:
    """What is left of the periods outside what is taken, piece by piece. Both are `apart()`."""
    taken = list(taken)
    left: list[Period] = []
    for starts_at, ends_at in periods:
        for other in taken:
            if other.ends_at <= starts_at or other.starts_at >= ends_at:
                continue
            if starts_at < other.starts_at:
                left.append(Period(starts_at, other.starts_at))
            starts_at = other.ends_at
        if starts_at < ends_at:
            left.append(Period(starts_at, ends_at))
    return left


def merged(periods: Iterable[Period]) -> list[Period]:
    """What the periods cover, in order: those that overlap or touch have become one.

    Empty ones, such as a day that the zone skipped, cover nothing.
    """
    found: list[Period] = []
    for period in sorted(periods):
        if period.starts_at >= period.ends_at:
            continue
        if found and period.starts_at <= found[-1].ends_at:
            found[-1] = Period(found[-1].starts_at, max(found[-1].ends_at, period.ends_at))
        else:
            found.append(period)
    return found


# Doctors of one answer who work alike share them. There may be thousands, so few are kept.
@lru_cache(maxsize=8)
def possible_slots(
    spans: tuple[Period, ...],
    duration: timedelta,
    interval: timedelta,
    after: datetime,
    before: datetime,
) -> list[Period]:
    """What `free_slots()` gives where nothing is busy. Not to be changed: it is kept."""
    found = []
    for opens, closes in spans:
        starts_at = opens
        if starts_at <= after:  # Go straight to the first start that counts.
            starts_at += ((after - starts_at) // interval + 1) * interval
        while (ends_at := starts_at + duration) <= closes and starts_at < before:
            found.append(Period(starts_at, ends_at))
            starts_at += interval
    return found


def free_slots(
    spans: tuple[Period, ...],
    taken: Sequence[Period],
    duration: timedelta,
    interval: timedelta,
    *,
    after: datetime,
    before: datetime,
) -> Iterator[Period]:
    """The times of this length that can be booked, in order.

    They start at each span's start and every `interval` from there, later than `after` and
    earlier than `before`; they end in their span and overlap with nothing that is taken. The spans
    are in order and don't overlap; what is taken is `merged()`.
    """
    ahead = chain(taken, [Period(LATEST, LATEST)])
    busy_from, busy_until = next(ahead)
    for slot in possible_slots(spans, duration, interval, after, before):
        starts_at, ends_at = slot
        while busy_until <= starts_at:
            busy_from, busy_until = next(ahead)
        if ends_at <= busy_from:
            yield slot
