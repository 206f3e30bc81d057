"""Who is free when: reads calendars from the database and lets `appointments.slots` compute.

Two queries, however many doctors and days are asked for: one for the doctors with their weeks,
one for all that is in their calendars.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, DateTimeField, F, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from appointments.models import LONGEST, Appointment, SlotOffer
from appointments.slots import (
    ONE_DAY,
    Hours,
    Period,
    apart,
    free_slots,
    merged,
    shifts,
    without,
)
from clinic.days import day_bounds, day_start
from doctors.models import Absence, Closure, Doctor, ExtraHours

LAST_DAY = date(9000, 1, 1)  # Beyond it, the calendar of computers ends.
TICK = timedelta(microseconds=1)
# The days around that matter for a day: 24 hours may reach over one of 23 hours, or a skipped one.
REACH = timedelta(days=2)
ALTERNATIVES = 5
ALTERNATIVES_WITHIN = (7, 28)  # Days before and after the time that was wanted.

OUTSIDE_HOURS = "outside_working_hours"
ABSENT = "doctor_absent"
CLOSED = "clinic_closed"
HELD = "held_for_waitlist"
WARNINGS = {
    OUTSIDE_HOURS: "This time is outside the doctor's working hours.",
    ABSENT: "The doctor is absent then.",
    CLOSED: "The clinic is closed then.",
    HELD: "This time is being offered to somebody on the waitlist.",
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
        last = timezone.localdate(now) + settings.BOOKING_HORIZON
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
        week = apart(shifts(self.week, first - REACH, last + REACH, zone))
        return sorted(week + without(sorted(self.extra), week))

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
        first = timezone.localdate(period.starts_at)
        last = timezone.localdate(period.ends_at)
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


def load(
    doctors: QuerySet[Doctor],
    first: date,
    last: date,
    *,
    without_visit: UUID | None = None,
    without_held_for: UUID | None = None,
    with_visits: bool = True,
) -> dict[UUID, DoctorCalendar]:
    """The calendars of these doctors for these days, in the doctors' order.

    `without_visit` names an appointment, `without_held_for` a patient, whose own times don't
    stand in the way. Who asks for the hours alone leaves the visits out by `with_visits`.
    """
    calendars: dict[UUID, DoctorCalendar] = {}
    week = [f"working_hours__{name}" for name in Hours._fields]
    columns = ("pk", "is_active", "default_duration_minutes", "slot_interval_minutes", *week)
    for pk, is_active, minutes, interval, *hours in doctors.values_list(*columns):
        calendar = calendars.setdefault(
            pk,
            DoctorCalendar(
                pk,
                is_active,
                timedelta(minutes=minutes),
                timedelta(minutes=interval) if interval else None,
            ),
        )
        if hours[0] is not None:
            calendar.week.append(Hours(*hours))
    starts, ends = day_start(first - REACH), day_bounds(last + REACH)[1]
    # No visit is longer: without this bound, the index would give all that is past, too.
    visits = Appointment.objects.holding_time().filter(starts_at__gt=starts - LONGEST)
    visits = visits.exclude(pk__in=[without_visit]) if with_visits else visits.none()
    offers = SlotOffer.objects.held().exclude(entry__patient=without_held_for)
    kinds = {"visits": visits, "held": offers}
    kinds |= {"absences": Absence.objects.all(), "extra": ExtraHours.objects.all()}
    busy = [
        entries(
            kind, rows.filter(doctor__in=list(calendars), starts_at__lt=ends, ends_at__gt=starts)
        )
        for kind, rows in kinds.items()
    ]
    closed = Closure.objects.filter(starts_on__lte=last + REACH, ends_on__gte=first - REACH)
    for kind, doctor_id, starts_at, ends_at in closure_days(closed).union(*busy, all=True):
        if doctor_id is not None:
            getattr(calendars[doctor_id], kind).append(Period(starts_at, ends_at))
            continue
        closure = Period(day_start(starts_at.date()), day_bounds(ends_at.date())[1])
        for calendar in calendars.values():
            calendar.closures.append(closure)
    return calendars


def entries(kind: str, rows: QuerySet) -> QuerySet:
    """(kind, doctor, start, end) of rows that have a doctor and a period."""
    return rows.order_by().values_list(
        Value(kind, CharField()), F("doctor_id"), F("starts_at"), F("ends_at")
    )


def closure_days(closures: QuerySet[Closure]) -> QuerySet:
    """The same shape for whole days, which stand as midnights in UTC until they are read."""
    return closures.order_by().values_list(
        Value("closures", CharField()),
        Value(None, UUIDField()),
        Cast("starts_on", DateTimeField()),
        Cast("ends_on", DateTimeField()),
    )


def free(
    doctors: QuerySet[Doctor],
    first: date,
    days: int,
    limits: Limits,
    duration: timedelta | None = None,
    *,
    busy: Iterable[Period] = (),
    patient_id: UUID | None = None,
    without_visit: UUID | None = None,
) -> list[Slot]:
    """The free times of these doctors, earliest first, that start on `days` days from `first`.

    Each as long as `duration`, or as a visit to its doctor usually is. Times held for the
    patient count as free, and so does that of the appointment `without_visit`; those that are
    `busy` don't.
    """
    last = min(first, LAST_DAY) + timedelta(days=days - 1)
    first = max(first, timezone.localdate(limits.after))
    if not first <= last < LAST_DAY:
        return []
    busy = list(busy)
    calendars = load(doctors, first, last, without_visit=without_visit, without_held_for=patient_id)
    found = [
        Slot(*period, calendar.doctor_id)
        for calendar in calendars.values()
        for period in calendar.slots(first, last, limits, duration, busy)
    ]
    order = {pk: place for place, pk in enumerate(calendars)}
    return sorted(found, key=lambda slot: (slot.starts_at, order[slot.doctor_id]))


def calendar_around(
    doctor_id: UUID,
    period: Period,
    without_visit: UUID | None = None,
    patient_id: UUID | None = None,
) -> DoctorCalendar:
    """The doctor's calendar of the days that the period is on."""
    first, last = timezone.localdate(period.starts_at), timezone.localdate(period.ends_at)
    doctors = Doctor.objects.filter(pk=doctor_id)
    calendars = load(doctors, first, last, without_visit=without_visit, without_held_for=patient_id)
    return calendars[doctor_id]


def is_slot(appointment: Appointment, by) -> bool:
    """Is this one of the times that patients are offered, whether somebody has booked it or not?

    That it is booked, the database says.
    """
    period = Period(appointment.starts_at, appointment.ends_at)
    calendar = calendar_around(
        appointment.doctor_id, period, appointment.pk, appointment.patient_id
    )
    day = timezone.localdate(period.starts_at)
    slots = calendar.slots(
        day, day, Limits.of(by), period.ends_at - period.starts_at, visits_count=False
    )
    return period in slots


def warnings_for(appointment: Appointment) -> list[str]:
    """The codes of what staff should know about the time (see `WARNINGS`)."""
    period = Period(appointment.starts_at, appointment.ends_at)
    calendar = calendar_around(
        appointment.doctor_id, period, appointment.pk, appointment.patient_id
    )
    return calendar.warnings(period)


def own_visits(
    patient_id: UUID, first: date, last: date, without: UUID | None = None
) -> list[Period]:
    """When the patient has a visit already."""
    starts, ends = day_start(first), day_bounds(last)[1]
    visits = Appointment.objects.holding_time().exclude(pk__in=[without])
    visits = visits.filter(patient=patient_id, starts_at__lt=ends, ends_at__gt=starts)
    return [Period(*row) for row in visits.values_list("starts_at", "ends_at")]


def nearest(
    doctors: QuerySet[Doctor],
    wanted: Period,
    limits: Limits,
    *,
    patient_id: UUID | None = None,
    without_visit: UUID | None = None,
    taken: Iterable[Period] = (),
    count: int = ALTERNATIVES,
) -> list[Slot]:
    """The free times of that length nearest to the wanted one, the nearest first.

    In a window of some weeks around it. None of them overlaps with another visit of the patient
    or with what else is `taken`.
    """
    day = timezone.localdate(wanted.starts_at)
    if not 1 < day.year < LAST_DAY.year:
        return []
    before, after = (timedelta(days=days) for days in ALTERNATIVES_WITHIN)
    first = max(day - before, timezone.localdate(limits.after))
    last = max(day, first) + after
    busy = list(taken)
    if patient_id is not None:
        busy += own_visits(patient_id, first, last + ONE_DAY, without_visit)
    length = wanted.ends_at - wanted.starts_at
    days = (last - first).days + 1
    slots = free(
        doctors,
        first,
        days,
        limits,
        length,
        busy=busy,
        patient_id=patient_id,
        without_visit=without_visit,
    )
    slots = [slot for slot in slots if slot.period != wanted]
    return sorted(slots, key=lambda slot: abs(slot.starts_at - wanted.starts_at))[:count]


def alternatives_to(appointment: Appointment, by) -> list[Slot]:
    """What to offer where the time of an appointment can't be had."""
    return nearest(
        Doctor.objects.filter(pk=appointment.doctor_id),
        Period(appointment.starts_at.astimezone(UTC), appointment.ends_at.astimezone(UTC)),
        Limits.of(by),
        patient_id=appointment.patient_id,
        without_visit=appointment.pk,
    )


def of_specialization(specialization: str) -> QuerySet[Doctor]:
    """The doctors who take appointments for it."""
    return Doctor.objects.active().filter(Q(specialization__iexact=specialization))
