"""The free time between the visits of a doctor's day. Nothing here knows a request."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from appointments.scheduling.availability import DoctorCalendar, Limits
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Period, merged, without_periods
from appointments.scheduling.wanted import PLAIN, Wanted
from clinic.days import day_bounds

ROW = timedelta(minutes=5)
SHORTEST_GAP = timedelta(minutes=15)
NONE = Rooms([])


def free_gaps(
    calendar: DoctorCalendar, day: date, now: datetime, spans: Iterable[Period] | None = None
) -> list[Period]:
    """The free time that is left within the doctor's hours on this day (or these `spans` of them),
    from the next five minutes on. None of it is shorter than a visit may be."""
    if not calendar.is_active:
        return []
    opens, closes = day_bounds(day)
    taken = merged(calendar.away() + calendar.held + calendar.visits)
    opens = max(opens, next_row(now))
    gaps = []
    hours = calendar.spans(day, day) if spans is None else spans
    for starts_at, ends_at in without_periods(merged(hours), taken):
        gap = Period(max(starts_at, opens), min(ends_at, closes))
        if gap.ends_at - gap.starts_at >= SHORTEST_GAP:
            gaps.append(gap)
    return gaps


def next_gap(
    calendar: DoctorCalendar, day: date, now: datetime, wanted: Wanted = PLAIN, rooms: Rooms = NONE
) -> Period | None:
    """The first free time that is long enough for such a visit to this doctor, with its buffers,
    at its place and with what it needs of these rooms."""
    if wanted != PLAIN:
        by_rows = replace(calendar, interval=ROW)
        limits = Limits(now, day_bounds(day)[1])
        slots = by_rows.slots(day, day, limits, wanted=wanted, rooms=rooms)
        return next((slot.period for slot in slots), None)
    for gap in free_gaps(calendar, day, now):
        if gap.starts_at + calendar.default_duration <= gap.ends_at:
            return Period(gap.starts_at, gap.starts_at + calendar.default_duration)
    return None


def next_row(now: datetime) -> datetime:
    """The next full five minutes after this moment."""
    passed = now.replace(minute=0, second=0, microsecond=0)
    return (passed + ((now - passed) // ROW + 1) * ROW).astimezone(UTC)
