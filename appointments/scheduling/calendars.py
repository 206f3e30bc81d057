"""A doctor's calendar of some days, and the free times in it. Nothing here reads a database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from heapq import merge
from itertools import chain
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from appointments.scheduling.rooms import NO_ROOM, Rooms
from appointments.scheduling.slots import (
    Hours,
    Period,
    Shift,
    beyond,
    free_slots,
    known_shifts,
    merged,
)
from appointments.scheduling.wanted import PLAIN, Wanted
from clinic.days import day_at, day_bounds, day_start

LAST_DAY = date(9000, 1, 1)  # Beyond it, the calendar of computers ends.
TICK = timedelta(microseconds=1)
# The days around that matter for a day: 24 hours may reach over one of 23 hours, or a skipped one.
REACH = timedelta(days=2)
START = attrgetter("starts_at")

OUTSIDE_HOURS = "outside_working_hours"
ABSENT = "doctor_absent"
CLOSED = "clinic_closed"
HELD = "held_for_waitlist"
OTHER_PLACE = "other_place"
OTHER_TYPES = "for_other_services"
WITH_DOCTOR = "visits_with_doctor"
ON_DAY = "visits_on_day"
IN_ALL = "visits_in_all"
FOR_NEW = "for_new_patients"
FOR_KNOWN = "for_known_patients"
WARNINGS = {
    OUTSIDE_HOURS: "This time is outside the doctor's working hours.",
    ABSENT: "The doctor is absent then.",
    CLOSED: "The clinic is closed then.",
    HELD: "This time is being offered to somebody on the waitlist.",
    OTHER_PLACE: "The doctor is at another place then.",
    OTHER_TYPES: "These hours of the doctor are for other visit types.",
    WITH_DOCTOR: "The patient has as many visits ahead with this doctor as patients may book.",
    ON_DAY: "The patient has another visit on this day.",
    IN_ALL: "The patient has as many visits ahead as patients may book.",
    FOR_NEW: "This visit type is for new patients, and the patient has been here before.",
    FOR_KNOWN: "This visit type is for known patients, and the patient is new.",
}


class Slot(NamedTuple):
    """A free time of a doctor, and its place; None: any."""

    starts_at: datetime
    ends_at: datetime
    doctor_id: UUID
    location_id: UUID | None = None

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)


class Limits(NamedTuple):
    """Starts that may be booked are later than `after` and earlier than `before`."""

    after: datetime
    before: datetime

    @classmethod
    def of(cls, user) -> "Limits":
        """Staff book any time to come; patients, and who isn't known, within the notice periods
        of the settings."""
        now = timezone.now()
        if user is not None and getattr(user, "is_staff", False):
            return cls(now, day_start(LAST_DAY))
        last = day_at(now) + settings.BOOKING_HORIZON
        return cls(now + settings.BOOKING_NOTICE, day_bounds(last)[1])

    def within(self, first: date, last: date) -> "Limits":
        """The same, on these days of the clinic alone."""
        starts, ends = day_start(first), day_bounds(last)[1]
        return Limits(max(self.after, starts - TICK), min(self.before, ends))


SpansByPlace = dict[UUID | None, tuple[Period, ...]]


@dataclass
class DoctorCalendar:
    """What decides over one doctor's free times on some days.

    `held` (open offers) and `visits` (and sessions) are with their buffers. `only_place` is the
    clinic's, where it has one alone.
    """

    doctor_id: UUID
    is_active: bool
    default_duration: timedelta
    interval: timedelta | None
    week: list[Hours] = field(default_factory=list)
    extra: list[Shift] = field(default_factory=list)
    absences: list[Period] = field(default_factory=list)
    closures: list[Period] = field(default_factory=list)
    held: list[Period] = field(default_factory=list)
    visits: list[Period] = field(default_factory=list)
    only_place: UUID | None = None

    def shifts(self, first: date, last: date) -> list[Shift]:
        """When, where and for what the doctor works on these days, absences and closures aside.

        Of extra hours, what is beyond the week. The days around are looked at, too: extra hours
        may last into them, and where they begin and end depends on the week of those days.
        """
        zone = timezone.get_default_timezone()
        week = known_shifts(tuple(self.week), first - REACH, last + REACH, zone)
        if not self.extra:
            return week
        more = beyond(sorted(self.extra, key=START), week)
        return sorted([*week, *more], key=START)

    def spans(self, first: date, last: date) -> list[Period]:
        """The same, wherever and for whatever it is."""
        return [shift.period for shift in self.shifts(first, last)]

    def spans_for(self, wanted: Wanted, first: date, last: date) -> SpansByPlace:
        """The same, of what can take such a visit: by the place that the visit has there."""
        if self.extra:
            return by_place(self.shifts(first, last), wanted, self.only_place)
        zone = timezone.get_default_timezone()
        window = first - REACH, last + REACH, zone
        return known_spans(tuple(self.week), *window, wanted, self.only_place)

    def place_at(self, starts_at: datetime, wanted: Wanted) -> UUID | None:
        """Where such a visit is that starts then: at the place that was asked for, or that of the
        hours, or the only one that there is for it. None: nothing says where."""
        day = day_at(starts_at)
        there = (one for one in self.shifts(day, day) if one.starts_at <= starts_at < one.ends_at)
        shift = next(there, None)
        hours_at = shift.location_id if shift else None
        return wanted.location_id or wanted.place_in(hours_at, self.only_place)[1]

    def away(self) -> list[Period]:
        return self.absences + self.closures

    def taken(
        self, wanted: Wanted, busy: Iterable[Period] = (), *, visits_count: bool = True
    ) -> list[Period]:
        """When no such visit can be, in order: what holds time stays clear of its buffers, too."""
        holding: Iterable[Period] = chain(self.held, self.visits if visits_count else ())
        if wanted.before or wanted.after:
            holding = map(wanted.kept_clear, holding)
        return merged(chain(self.away(), holding, busy))

    def slots(
        self,
        first: date,
        last: date,
        limits: Limits,
        duration: timedelta | None = None,
        busy: Iterable[Period] = (),
        *,
        visits_count: bool = True,
        wanted: Wanted = PLAIN,
        rooms: Rooms | None = None,
    ) -> Iterator[Slot]:
        """The free times for such a visit that start on these days, in order.

        As long as `duration`, or as it usually is. `busy` is taken beside what the calendar says,
        without buffers; with `visits_count` false, times that are booked count as free. `rooms`
        are those that it needs; None: whether they are free isn't asked.
        """
        if not self.is_active or not wanted.is_offered_by(self.doctor_id):
            return iter(())
        length = duration or wanted.length_with(self.doctor_id) or self.default_duration
        taken = self.taken(wanted, busy, visits_count=visits_count)
        after, before = limits.within(first, last)
        step = self.interval or length
        by_place = [
            self.placed(
                free_slots(spans, taken, length, step, after=after, before=before),
                place,
                wanted,
                rooms,
            )
            for place, spans in self.spans_for(wanted, first, last).items()
        ]
        return by_place[0] if len(by_place) == 1 else merge(*by_place)

    def placed(
        self,
        free: Iterable[Period],
        place: UUID | None,
        wanted: Wanted,
        rooms: Rooms | None,
    ) -> Iterator[Slot]:
        doctor_id = self.doctor_id
        if rooms is None or not wanted.needs:
            return (Slot(starts_at, ends_at, doctor_id, place) for starts_at, ends_at in free)
        answers = rooms.answers(wanted, place)
        return (
            Slot(period[0], period[1], doctor_id, where)
            for period in free
            if (where := answers[period]) is not NO_ROOM
        )

    def warnings(self, period: Period, wanted: Wanted = PLAIN) -> list[str]:
        """The codes of what speaks against this time for such a visit, though staff may book it."""
        first = day_at(period.starts_at)
        last = day_at(period.ends_at)
        shifts = self.shifts(first, last)
        held = wanted.held(period)
        is_within = lies_within(period, shifts)
        fitting = [shift for shift in shifts if shift.offers(wanted.service_id)]
        places = {
            shift.location_id
            for shift in shifts
            if wanted.location_id and shift.location_id and period.overlaps(shift.period)
        }
        spoken = {
            OUTSIDE_HOURS: not is_within,
            OTHER_TYPES: is_within and not lies_within(period, fitting),
            OTHER_PLACE: bool(places - {wanted.location_id}),
            ABSENT: any(map(period.overlaps, self.absences)),
            CLOSED: any(map(period.overlaps, self.closures)),
            HELD: any(map(held.overlaps, self.held)),
        }
        return [code for code, is_so in spoken.items() if is_so]


def lies_within(period: Period, shifts: Iterable[Shift]) -> bool:
    spans = merged(shift.period for shift in shifts)
    return any(
        span.starts_at <= period.starts_at and period.ends_at <= span.ends_at for span in spans
    )


def by_place(shifts: Iterable[Shift], wanted: Wanted, only_place: UUID | None) -> SpansByPlace:
    found: dict[UUID | None, list[Period]] = {}
    for shift in shifts:
        fits, place = wanted.place_in(shift.location_id, only_place)
        if fits and shift.offers(wanted.service_id):
            found.setdefault(place, []).append(shift.period)
    return {place: tuple(spans) for place, spans in found.items()}


# As `known_shifts()`, for the doctors of one answer who work alike.
@lru_cache(maxsize=256)
def known_spans(
    week: tuple[Hours, ...],
    first: date,
    last: date,
    zone: tzinfo,
    wanted: Wanted,
    only_place: UUID | None,
) -> SpansByPlace:
    """What `by_place()` gives of a week. Not to be changed: it is kept."""
    return by_place(known_shifts(week, first, last, zone), wanted, only_place)
