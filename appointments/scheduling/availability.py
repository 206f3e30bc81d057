"""Who is free when: reads calendars from the database and lets `calendars` compute.

Two queries, however many doctors and days are asked for: one for the doctors with their weeks,
one for all that is in their calendars.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    CharField,
    DateTimeField,
    QuerySet,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from appointments.models import LONGEST, Appointment, SlotOffer
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.calendars import (
    LAST_DAY,
    REACH,
    WARNINGS,
    DoctorCalendar,
    Limits,
    Slot,
)
from appointments.scheduling.slots import ONE_DAY, Hours, Period
from clinic.days import day_at, day_bounds, day_start
from clinic.statements import Statement, stand_in_key, stand_in_time
from doctors.models import Absence, Closure, Doctor, ExtraHours

__all__ = ["LAST_DAY", "ONE_DAY", "WARNINGS", "DoctorCalendar", "Limits", "Slot"]

NOBODY = UUID(int=0)  # No visit, no patient.
STAND_IN_DAYS = (date(1900, 1, 1), date(1900, 1, 2))
ALTERNATIVES = 5
ALTERNATIVES_WITHIN = (timedelta(days=7), timedelta(days=28))  # Before and after what was wanted.
NEARBY = (timedelta(days=2), timedelta(days=2))


def load_calendars(
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
    calendars = with_weeks(weeks_of(doctors))
    entries = entries_of(
        window_of(first, last),
        timezone.now(),
        without_visit=without_visit,
        without_held_for=without_held_for,
        with_visits=with_visits,
        doctor__in=list(calendars),
    )
    return filled(calendars, entries)


def load_calendar(
    doctor_id: UUID,
    first: date,
    last: date,
    *,
    without_visit: UUID | None = None,
    without_held_for: UUID | None = None,
) -> dict[UUID, DoctorCalendar]:
    """As `load_calendars()`, of one doctor: nearly every booking asks, so the statements are kept.

    Empty where there is no such doctor.
    """
    weeks, entries = calendar_statements()
    calendars = with_weeks(weeks.rows(doctor=doctor_id))
    rows = entries.rows(
        doctor=doctor_id,
        now=timezone.now(),
        without_visit=without_visit or NOBODY,
        without_held_for=without_held_for or NOBODY,
        **window_of(first, last)._asdict(),
    )
    return filled(calendars, rows)


class Window(NamedTuple):
    """The instants, days and earliest start that some days of calendars are read by."""

    starts: datetime
    ends: datetime
    starts_after: datetime
    first: date
    last: date


def window_of(first: date, last: date) -> Window:
    starts, ends = day_start(first - REACH), day_bounds(last + REACH)[1]
    # No visit is longer: without this bound, the index would give all that is past, too.
    return Window(starts, ends, starts - LONGEST, first - REACH, last + REACH)


@cache
def calendar_statements() -> tuple[Statement, Statement]:
    """What reads one doctor's week, and what is in the calendar."""
    doctor, visit, held_for = stand_in_key(), stand_in_key(), stand_in_key()
    now = stand_in_time()
    window = Window(stand_in_time(), stand_in_time(), stand_in_time(), *STAND_IN_DAYS)
    entries = entries_of(window, now, without_visit=visit, without_held_for=held_for, doctor=doctor)
    return Statement(weeks_of(Doctor.objects.filter(pk=doctor)), doctor=doctor), Statement(
        entries,
        doctor=doctor,
        now=now,
        without_visit=visit,
        without_held_for=held_for,
        **window._asdict(),
    )


def entries_of(
    window: Window,
    now: datetime,
    *,
    without_visit: UUID | None,
    without_held_for: UUID | None,
    with_visits: bool = True,
    **whose: Any,
) -> QuerySet:
    """All that is in these calendars, as `calendar_entries()` and `closure_days()` have it."""
    visits = Appointment.objects.holding_time().filter(starts_at__gt=window.starts_after)
    visits = visits.exclude(pk__in=[without_visit]) if with_visits else visits.none()
    offers = SlotOffer.objects.held(now).exclude(entry__patient=without_held_for)
    kinds = {"visits": visits, "held": offers}
    kinds |= {"absences": Absence.objects.all(), "extra": ExtraHours.objects.all()}
    within = {"starts_at__lt": window.ends, "ends_at__gt": window.starts}
    busy = [calendar_entries(kind, rows.filter(**whose, **within)) for kind, rows in kinds.items()]
    closed = Closure.objects.filter(starts_on__lte=window.last, ends_on__gte=window.first)
    return closure_days(closed).union(*busy, all=True)


def filled(
    calendars: dict[UUID, DoctorCalendar], entries: Iterable[tuple[str, UUID | None, str, str]]
) -> dict[UUID, DoctorCalendar]:
    read = cache(instant_of)  # A clinic's visits begin and end at the same few times.
    for kind, doctor_id, starts_at, ends_at in entries:
        if doctor_id is not None:
            getattr(calendars[doctor_id], kind).append(Period(read(starts_at), read(ends_at)))
            continue
        closure = Period(day_start(read(starts_at).date()), day_bounds(read(ends_at).date())[1])
        for calendar in calendars.values():
            calendar.closures.append(closure)
    return calendars


def weeks_of(doctors: QuerySet[Doctor]) -> QuerySet:
    week = [f"working_hours__{name}" for name in Hours._fields]
    columns = ("pk", "is_active", "default_duration_minutes", "slot_interval_minutes", *week)
    return doctors.values_list(*columns)


def with_weeks(rows: Iterable[Any]) -> dict[UUID, DoctorCalendar]:
    """The calendars of doctors with nothing but their weeks in them."""
    calendars: dict[UUID, DoctorCalendar] = {}
    for pk, is_active, minutes, interval, *hours in rows:
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
    return calendars


def calendar_entries(kind: str, rows: QuerySet) -> QuerySet:
    """(kind, doctor, start, end) of rows that have a doctor and a period.

    The instants are PostgreSQL's text of them, for `instant_of`: a month of many doctors has
    tens of thousands, and Django's own reading of each takes most of the time.
    """
    return rows.order_by().values_list(
        Value(kind, CharField()),
        "doctor_id",
        Cast("starts_at", TextField()),
        Cast("ends_at", TextField()),
    )


def instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def closure_days(closures: QuerySet[Closure]) -> QuerySet:
    """The same shape for whole days, which stand as midnights in UTC until they are read."""
    return closures.order_by().values_list(
        Value("closures", CharField()),
        Value(None, UUIDField()),
        Cast(Cast("starts_on", DateTimeField()), TextField()),
        Cast(Cast("ends_on", DateTimeField()), TextField()),
    )


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


def calendar_around(
    doctor_id: UUID,
    period: Period,
    without_visit: UUID | None = None,
    patient_id: UUID | None = None,
) -> DoctorCalendar:
    """The doctor's calendar of the days that the period is on."""
    first, last = day_at(period.starts_at), day_at(period.ends_at)
    calendars = load_calendar(
        doctor_id, first, last, without_visit=without_visit, without_held_for=patient_id
    )
    return calendars[doctor_id]


def is_slot(appointment: Appointment, by) -> bool:
    """Is this one of the times that patients are offered, whether somebody has booked it or not?

    That it is booked, the database says.
    """
    period = Period(appointment.starts_at, appointment.ends_at)
    calendar = calendar_around(
        appointment.doctor_id, period, appointment.pk, appointment.patient_id
    )
    day = day_at(period.starts_at)
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
    ahead = Ahead(appointment.patient_id, appointment.pk)
    return calendar.warnings(period) + ahead.beyond(appointment.doctor_id, day_at(period.starts_at))


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
