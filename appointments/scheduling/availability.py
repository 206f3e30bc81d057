"""Who is free when: has `loading` read calendars, and lets `calendars` compute."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from appointments.models import Appointment
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.around import Whose, load_around, own_visits
from appointments.scheduling.calendars import (
    LAST_DAY,
    WARNINGS,
    DoctorCalendar,
    Limits,
    Slot,
)
from appointments.scheduling.loading import (
    load_calendar,
    load_calendars,
    load_for_visit,
    window_of,
)
from appointments.scheduling.newcomers import newcomer_codes
from appointments.scheduling.rooms import Rooms, load_rooms
from appointments.scheduling.slots import ONE_DAY, Period
from appointments.scheduling.wanted import PLAIN, Wanted, wanted_for, wanted_of
from clinic.days import day_at, day_bounds, day_start
from doctors.models import Doctor

__all__ = [
    "LAST_DAY",
    "ONE_DAY",
    "PLAIN",
    "WARNINGS",
    "DoctorCalendar",
    "Limits",
    "Slot",
    "Wanted",
    "load_calendars",
    "own_visits",
    "wanted_for",
    "wanted_of",
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
    wanted: Wanted = PLAIN,
) -> list[Slot]:
    """The free times of these doctors, or of the one with this key, that start on `days` days from
    `first`; earliest first.

    Each is one that such a visit can have, with its buffers and rooms; as long as `duration`, or as
    it is with its doctor. Times held for the patient count as free, and so do that of the
    appointment `without_visit` and its rooms; those that are `busy` don't.
    """
    last = min(first, LAST_DAY) + timedelta(days=days - 1)
    first = max(first, day_at(limits.after))
    if not first <= last < LAST_DAY:
        return []
    load: Any = load_calendar
    if not isinstance(doctors, UUID):
        load, doctors = load_calendars, who_offer(doctors, wanted)
    calendars = load(doctors, first, last, without_visit=without_visit, without_held_for=patient_id)
    rooms = rooms_for([wanted], first, last, without_visit)
    return free_in(calendars, first, last, limits, duration, list(busy), wanted, rooms)


def who_offer(doctors: QuerySet[Doctor], wanted: Wanted) -> QuerySet[Doctor]:
    if not wanted.is_offered:
        return doctors.none()
    return doctors if wanted.doctors is None else doctors.filter(pk__in=list(wanted.doctors))


def rooms_for(
    wanted: Iterable[Wanted], first: date, last: date, without_visit: UUID | None = None
) -> Rooms:
    """The rooms that any such visits on these days could have."""
    window = window_of(first, last)
    pools = {pool for one in wanted for pool in one.needs}
    return load_rooms(pools, window.starts, window.ends, without_visit=without_visit)


def free_in(
    calendars: dict[UUID, DoctorCalendar],
    first: date,
    last: date,
    limits: Limits,
    duration: timedelta | None,
    busy: list[Period],
    wanted: Wanted = PLAIN,
    rooms: Rooms | None = None,
) -> list[Slot]:
    """The same of calendars, and rooms, that are loaded for these days already."""
    found: list[Slot] = []
    for calendar in calendars.values():
        found += calendar.slots(first, last, limits, duration, busy, wanted=wanted, rooms=rooms)
    return sorted(found, key=attrgetter("starts_at"))  # Of one time, in the doctors' order.


def known_of(appointment: Appointment) -> tuple[DoctorCalendar, Ahead]:
    """The doctor's calendar of the days that the appointment is on, without it, and what the
    patient has ahead beside it."""
    first, last = day_at(appointment.starts_at), day_at(appointment.ends_at)
    return load_for_visit(
        appointment.doctor_id, first, last, appointment.pk, appointment.patient_id
    )


def is_slot(calendar: DoctorCalendar, period: Period, by, wanted: Wanted = PLAIN) -> bool:
    """Is this one of the times that patients are offered for such a visit, whether somebody has
    booked it, or its rooms, or not?

    That it is booked, the database says.
    """
    day = day_at(period.starts_at)
    length = period.ends_at - period.starts_at
    slots = calendar.slots(day, day, Limits.of(by), length, visits_count=False, wanted=wanted)
    return any(slot.period == period for slot in slots)


def warnings_for(appointment: Appointment, wanted: Wanted | None = None) -> list[str]:
    """The codes of what staff should know about the time, and the type (see `WARNINGS`)."""
    wanted = wanted or wanted_of(appointment)
    period = Period(appointment.starts_at, appointment.ends_at)
    calendar, ahead = known_of(appointment)
    beyond = ahead.beyond(appointment.doctor_id, day_at(period.starts_at))
    newcomer = newcomer_codes(wanted.for_new_patients, appointment.patient_id)
    return calendar.warnings(period, wanted) + beyond + newcomer


def nearest(
    doctors: QuerySet[Doctor] | UUID,
    time: Period,
    limits: Limits,
    *,
    patient_id: UUID | None = None,
    without_visit: UUID | None = None,
    taken: Iterable[Period] = (),
    count: int = ALTERNATIVES,
    allows: Callable[[Slot], bool] | None = None,
    is_limited: bool = False,
    wanted: Wanted = PLAIN,
) -> list[Slot]:
    """The free times for such a visit that are nearest to this one, the nearest first.

    Of these doctors, or of the one with this key. As long as the type is with their doctor, or else
    as this time. In a window of some weeks around it. None of them overlaps with another visit of
    the patient or with what else is `taken`, and each is one that `allows` lets pass, and with
    `is_limited` none that is one more than patients may have ahead. Most often a few days hold
    enough of them: the rest is read only where a nearer one could be outside of those days.
    """
    day, today = day_at(time.starts_at), day_at(limits.after)
    if not 1 < day.year < LAST_DAY.year:
        return []
    if around(day, ALTERNATIVES_WITHIN, today)[1] >= LAST_DAY:
        return []
    if not isinstance(doctors, UUID):
        doctors = who_offer(doctors, wanted)
    whose = Whose(doctors, patient_id, without_visit, frozenset(wanted.needs), is_limited)
    if wanted.length is None:
        wanted = wanted.lasting(time.ends_at - time.starts_at)
    taken, found = list(taken), []
    for window in (NEARBY, ALTERNATIVES_WITHIN):
        days = around(day, window, today)
        calendars, busy, rooms, ahead = load_around(whose, *days)
        rules = [rule for rule in (allows, ahead and ahead.allows) if rule]
        free = free_in(calendars, *days, limits, None, busy + taken, wanted, rooms)
        others = [
            slot for slot in free if slot.period != time and all(rule(slot) for rule in rules)
        ]
        found = sorted(others, key=lambda slot: distance(slot, time))[:count]
        if len(found) == count and distance(found[-1], time) < known_around(time, *days, today):
            break  # Whatever else there is, is farther away.
    return found


def known_around(time: Period, first: date, last: date, today: date) -> timedelta:
    """How far from this time these days hold all that is free. Before today nothing is."""
    after = day_bounds(last)[1] - time.starts_at
    return min(after, time.starts_at - day_start(first)) if first > today else after


def around(day: date, window: tuple[timedelta, timedelta], today: date) -> tuple[date, date]:
    """The first and the last day of a window around this one; what is past is left out."""
    before, after = window
    first = max(day - before, today)
    return first, max(day, first) + after


def distance(slot: Slot, time: Period) -> timedelta:
    return abs(slot.starts_at - time.starts_at)


def alternatives_to(appointment: Appointment, by, wanted: Wanted) -> list[Slot]:
    """What to offer where the time of an appointment, or its rooms, can't be had. `wanted` is of
    its type, and of the place that was asked for."""
    return nearest(
        appointment.doctor_id,
        Period(appointment.starts_at.astimezone(UTC), appointment.ends_at.astimezone(UTC)),
        Limits.of(by),
        patient_id=appointment.patient_id,
        without_visit=appointment.pk,
        is_limited=by is not None and not by.is_staff,
        wanted=wanted.lasting(appointment.ends_at - appointment.starts_at),
    )


def of_specialization(specialization: str) -> QuerySet[Doctor]:
    """The doctors who take appointments for what somebody names so."""
    return Doctor.objects.active().named_so(specialization)
