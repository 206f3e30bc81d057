"""The free time between the visits of a doctor's day. Nothing here knows a request."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from appointments.scheduling.calendars import START, DoctorCalendar, Slot
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Period, merged, without_periods
from appointments.scheduling.wanted import PLAIN, Wanted
from clinic.days import day_bounds

ROW = timedelta(minutes=5)
SHORTEST_GAP = timedelta(minutes=15)


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
    calendar: DoctorCalendar,
    day: date,
    now: datetime,
    wanted: Wanted = PLAIN,
    rooms: Rooms | None = None,
) -> Slot | None:
    """The first free time for such a visit, as long as it usually is with this doctor, and where it
    is then. Earliest at the next five minutes, and at steps of five from there."""
    if not calendar.is_active or not wanted.is_offered_by(calendar.doctor_id):
        return None
    length = wanted.length_with(calendar.doctor_id) or calendar.default_duration
    opens, closes = next_row(now), day_bounds(day)[1]
    taken = calendar.taken(wanted)
    found = []
    for place, spans in calendar.spans_for(wanted, day, day).items():
        gaps = (
            Period(max(starts_at, opens), min(ends_at, closes))
            for starts_at, ends_at in without_periods(merged(spans), taken)
        )
        starts = (at for gap in gaps for at in steps_of(gap, length))
        times = (Period(at, at + length) for at in starts)
        found.append(next(calendar.placed(times, place, wanted, rooms), None))
    return min((slot for slot in found if slot), key=START, default=None)


def steps_of(gap: Period, length: timedelta) -> Iterator[datetime]:
    """When something of this length can start in the gap."""
    starts_at = gap.starts_at
    while starts_at + length <= gap.ends_at:
        yield starts_at
        starts_at += ROW


def next_row(now: datetime) -> datetime:
    """The next full five minutes after this moment."""
    passed = now.replace(minute=0, second=0, microsecond=0)
    return (passed + ((now - passed) // ROW + 1) * ROW).astimezone(UTC)
