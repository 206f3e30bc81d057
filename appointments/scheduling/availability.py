"""Who is free when: has `loading` read calendars, and lets `calendars` compute."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from appointments.models import Appointment
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.calendars import (
    LAST_DAY,
    WARNINGS,
    DoctorCalendar,
    Limits,
    Slot,
)
from appointments.scheduling.loading import load_calendar, load_calendars, load_for_visit
from appointments.scheduling.newcomers import newcomer_codes
from appointments.scheduling.slots import ONE_DAY, Period
from clinic.days import day_at, day_bounds, day_start
from doctors.models import Doctor

__all__ = [
    "LAST_DAY",
    "ONE_DAY",
    "WARNINGS",
    "DoctorCalendar",
    "Limits",
    "Slot",
    "load_calendars",
]

ALTERNATIVES = 5
ALTERNATIVES_WITHIN = (timedelta(days=7), timedelta(days=28))  # Before and after what was wanted.
NEARBY = (timedelta(days=2), timedelta(days=2))


def free(
    doctors: QuerySet[Doctor] | UUID,
    first: date,
    days: int,
    limits: Limits,
    duration: timedelta | None = None,
    *,
    busy: Iterable[Period] = (),
    patient_id: UUID | None = None,
    without_visit: UUID | None = None,
) -> list[Slot]:
    """The free times of these doctors, or of the one with this key, that start on `days` days from
    `first`; earliest first.

    Each as long as `duration`, or as a visit to its doctor usually is. Times held for the
    patient count as free, and so does that of the appointment `without_visit`; those that are
    `busy` don't.
    """
    last = min(first, LAST_DAY) + timedelta(days=days - 1)
    first = max(first, day_at(limits.after))
    if not first <= last < LAST_DAY:
        return []
    load: Any = load_calendar if isinstance(doctors, UUID) else load_calendars
    calendars = load(doctors, first, last, without_visit=without_visit, without_held_for=patient_id)
    return free_in(calendars, first, last, limits, duration, list(busy))


def free_in(
    calendars: dict[UUID, DoctorCalendar],
    first: date,
    last: date,
    limits: Limits,
    duration: timedelta | None,
    busy: list[Period],
) -> list[Slot]:
    """The same of calendars that are loaded for these days already."""
    found = [
        Slot(starts_at, ends_at, calendar.doctor_id)
        for calendar in calendars.values()
        for starts_at, ends_at in calendar.slots(first, last, limits, duration, busy)
    ]
    return sorted(found, key=attrgetter("starts_at"))  # Of one time, in the doctors' order.


def known_of(appointment: Appointment) -> tuple[DoctorCalendar, Ahead]:
    """The doctor's calendar of the days that the appointment is on, without it, and what the
    patient has ahead beside it."""
    first, last = day_at(appointment.starts_at), day_at(appointment.ends_at)
    return load_for_visit(
        appointment.doctor_id, first, last, appointment.pk, appointment.patient_id
    )


def is_slot(calendar: DoctorCalendar, period: Period, by) -> bool:
    """Is this one of the times that patients are offered, whether somebody has booked it or not?

    That it is booked, the database says.
    """
    day = day_at(period.starts_at)
    slots = calendar.slots(
        day, day, Limits.of(by), period.ends_at - period.starts_at, visits_count=False
    )
    return period in slots


def warnings_for(appointment: Appointment) -> list[str]:
    """The codes of what staff should know about the time (see `WARNINGS`)."""
    period = Period(appointment.starts_at, appointment.ends_at)
    calendar, ahead = known_of(appointment)
    beyond = ahead.beyond(appointment.doctor_id, day_at(period.starts_at))
    newcomer = newcomer_codes(appointment.service, appointment.patient_id)
    return calendar.warnings(period) + beyond + newcomer


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
    allows: Callable[[Slot], bool] | None = None,
) -> list[Slot]:
    """The free times of that length nearest to the wanted one, the nearest first.

    In a window of some weeks around it. None of them overlaps with another visit of the patient
    or with what else is `taken`, and each is one that `allows` lets pass. Most often a few days
    hold enough of them: the rest is computed only where a nearer one could be outside of those
    days.
    """
    day, today = day_at(wanted.starts_at), day_at(limits.after)
    if not 1 < day.year < LAST_DAY.year:
        return []
    first, last = around(day, ALTERNATIVES_WITHIN, today)
    if last >= LAST_DAY:
        return []
    busy = list(taken)
    if patient_id is not None:
        busy += own_visits(patient_id, first, last + ONE_DAY, without_visit)
    calendars = load_calendars(
        doctors, first, last, without_visit=without_visit, without_held_for=patient_id
    )
    found: list[Slot] = []
    for window in (NEARBY, ALTERNATIVES_WITHIN):
        days = around(day, window, today)
        free = free_in(calendars, *days, limits, wanted.ends_at - wanted.starts_at, busy)
        others = [slot for slot in free if slot.period != wanted and (not allows or allows(slot))]
        found = sorted(others, key=lambda slot: distance(slot, wanted))[:count]
        if len(found) == count and distance(found[-1], wanted) < known_around(wanted, *days, today):
            break  # Whatever else there is, is farther away.
    return found


def known_around(wanted: Period, first: date, last: date, today: date) -> timedelta:
    """How far from the wanted time these days hold all that is free. Before today nothing is."""
    after = day_bounds(last)[1] - wanted.starts_at
    return min(after, wanted.starts_at - day_start(first)) if first > today else after


def around(day: date, window: tuple[timedelta, timedelta], today: date) -> tuple[date, date]:
    """The first and the last day of a window around this one; what is past is left out."""
    before, after = window
    first = max(day - before, today)
    return first, max(day, first) + after


def distance(slot: Slot, wanted: Period) -> timedelta:
    return abs(slot.starts_at - wanted.starts_at)


def alternatives_to(appointment: Appointment, by) -> list[Slot]:
    """What to offer where the time of an appointment can't be had."""
    is_own = by is not None and not by.is_staff
    return nearest(
        Doctor.objects.filter(pk=appointment.doctor_id),
        Period(appointment.starts_at.astimezone(UTC), appointment.ends_at.astimezone(UTC)),
        Limits.of(by),
        patient_id=appointment.patient_id,
        without_visit=appointment.pk,
        allows=Ahead(appointment.patient_id, appointment.pk).allows if is_own else None,
    )


def of_specialization(specialization: str) -> QuerySet[Doctor]:
    """The doctors who take appointments for what somebody names so."""
    return Doctor.objects.active().named_so(specialization)
