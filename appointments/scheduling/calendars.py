"""A doctor's calendar of some days, and the free times in it. Nothing here reads a database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from appointments.scheduling.slots import (
    Hours,
    Period,
    free_slots,
    known_shifts,
    merged,
    without_periods,
)
from clinic.days import day_at, day_bounds, day_start

LAST_DAY = date(9000, 1, 1)  # Beyond it, the calendar of computers ends.
TICK = timedelta(microseconds=1)
# The days around that matter for a day: 24 hours may reach over one of 23 hours, or a skipped one.
REACH = timedelta(days=2)

OUTSIDE_HOURS = "outside_working_hours"
ABSENT = "doctor_absent"
CLOSED = "clinic_closed"
HELD = "held_for_waitlist"
WITH_DOCTOR = "visits_with_doctor"
ON_DAY = "visits_on_day"
FOR_NEW = "for_new_patients"
FOR_KNOWN = "for_known_patients"
WARNINGS = {
    OUTSIDE_HOURS: "This time is outside the doctor's working hours.",
    ABSENT: "The doctor is absent then.",
    CLOSED: "The clinic is closed then.",
    HELD: "This time is being offered to somebody on the waitlist.",
    WITH_DOCTOR: "The patient has as many visits ahead with this doctor as patients may book.",
    ON_DAY: "The patient has another visit on this day.",
    FOR_NEW: "This visit type is for new patients, and the patient has been here before.",
    FOR_KNOWN: "This visit type is for known patients, and the patient is new.",
}


class Slot(NamedTuple):
    """A free time of a doctor."""

    starts_at: datetime
    ends_at: datetime
    doctor_id: UUID

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


@dataclass
class DoctorCalendar:
    """What decides over one doctor's free times on some days."""

    doctor_id: UUID
    is_active: bool
    default_duration: timedelta
    interval: timedelta | None
    week: list[Hours] = field(default_factory=list)
    extra: list[Period] = field(default_factory=list)
    absences: list[Period] = field(default_factory=list)
    closures: list[Period] = field(default_factory=list)
    held: list[Period] = field(default_factory=list)
    visits: list[Period] = field(default_factory=list)

    def spans(self, first: date, last: date) -> list[Period]:
        """When the doctor works on these days, absences and closures aside.

        Of extra hours, what is beyond the week. The days around are looked at, too: extra hours
        may last into them, and where they begin and end depends on the week of those days.
        """
        zone = timezone.get_default_timezone()
        week = known_shifts(tuple(self.week), first - REACH, last + REACH, zone)
        return sorted(week + without_periods(sorted(self.extra), week))

    def away(self) -> list[Period]:
        return self.absences + self.closures

    def slots(
        self,
        first: date,
        last: date,
        limits: Limits,
        duration: timedelta | None = None,
        busy: Iterable[Period] = (),
        *,
        visits_count: bool = True,
    ) -> Iterator[Period]:
        """The free times that start on these days. `busy` is taken beside what the calendar
        says; with `visits_count` false, times that are booked count as free."""
        if not self.is_active:
            return iter(())
        length = duration or self.default_duration
        taken = chain(self.away(), self.held, self.visits if visits_count else (), busy)
        after, before = limits.within(first, last)
        interval = self.interval or length
        return free_slots(
            self.spans(first, last), taken, length, interval, after=after, before=before
        )

    def warnings(self, period: Period) -> list[str]:
        """The codes of what speaks against this time, though staff may book it."""
        first = day_at(period.starts_at)
        last = day_at(period.ends_at)
        within = any(
            span.starts_at <= period.starts_at and period.ends_at <= span.ends_at
            for span in merged(self.spans(first, last))
        )
        overlapped = {
            ABSENT: any(map(period.overlaps, self.absences)),
            CLOSED: any(map(period.overlaps, self.closures)),
            HELD: any(map(period.overlaps, self.held)),
        }
        return [OUTSIDE_HOURS] * (not within) + [
            code for code, is_so in overlapped.items() if is_so
        ]
