"""The free time between the visits of a doctor's day. Nothing here knows a request."""

from datetime import UTC, date, datetime, timedelta

from appointments.scheduling.availability import DoctorCalendar
from appointments.scheduling.slots import Period, merged, without_periods
from clinic.days import day_bounds

ROW = timedelta(minutes=5)
SHORTEST_GAP = timedelta(minutes=15)


def free_gaps(calendar: DoctorCalendar, day: date, now: datetime) -> list[Period]:
    """The free time that is left within the doctor's hours on this day, from the next five
    minutes on. None of it is shorter than a visit may be."""
    if not calendar.is_active:
        return []
    opens, closes = day_bounds(day)
    taken = merged(calendar.away() + calendar.held + calendar.visits)
    opens = max(opens, next_row(now))
    gaps = []
    for starts_at, ends_at in without_periods(merged(calendar.spans(day, day)), taken):
        gap = Period(max(starts_at, opens), min(ends_at, closes))
        if gap.ends_at - gap.starts_at >= SHORTEST_GAP:
            gaps.append(gap)
    return gaps


def next_gap(calendar: DoctorCalendar, day: date, now: datetime) -> Period | None:
    """The first free time that is long enough for a usual visit to this doctor."""
    for gap in free_gaps(calendar, day, now):
        if gap.starts_at + calendar.default_duration <= gap.ends_at:
            return Period(gap.starts_at, gap.starts_at + calendar.default_duration)
    return None


def next_row(now: datetime) -> datetime:
    """The next full five minutes after this moment."""
    passed = now.replace(minute=0, second=0, microsecond=0)
    return (passed + ((now - passed) // ROW + 1) * ROW).astimezone(UTC)
