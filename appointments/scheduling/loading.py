"""Reads doctors' calendars from the database.

Two queries, however many doctors and days are asked for: one for the doctors with their weeks,
one for all that is in their calendars. Of one doctor, both are one.

What holds time, visits, sessions and open offers, is read with its buffers.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    DateTimeField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from appointments.models import LONGEST, Appointment, GroupSession, SlotOffer
from appointments.scheduling.ahead import Ahead, ahead_statement
from appointments.scheduling.calendars import REACH, DoctorCalendar
from appointments.scheduling.slots import Hours, Period, Shift
from appointments.scheduling.texts import BETWEEN, NOBODY, period_of, periods_of
from clinic.days import day_bounds, day_start
from clinic.statements import IsOneOf, Statement, Statements, stand_in_key, stand_in_time
from doctors.models import Absence, Closure, Doctor, ExtraHours, HoursService, Location

TIMES = ("starts_at", "ends_at")
BUSY = ("busy_from", "busy_until")
ALL_TYPES: frozenset[UUID] = frozenset()
NOWHERE = Cast(Value(None), UUIDField())
STAND_IN_DAYS = (date(1900, 1, 1), date(1900, 1, 2))


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

    `without_visit` names an appointment or a session, `without_held_for` a patient, whose own
    times don't stand in the way. Who asks for the hours alone leaves the visits out by
    `with_visits`.
    """
    calendars = with_weeks(weeks_of(doctors))
    entries = entries_statement(with_visits).rows(
        doctors=list(calendars),
        now=timezone.now(),
        without_visit=without_visit or NOBODY,
        without_held_for=without_held_for or NOBODY,
        **window_of(first, last)._asdict(),
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
    """As `load_calendars()`, of one doctor: it is asked all day, so the statement is kept.

    Empty where there is no such doctor.
    """
    weeks, entries = calendar_statement().rows(
        doctor=doctor_id,
        now=timezone.now(),
        without_visit=without_visit or NOBODY,
        without_held_for=without_held_for or NOBODY,
        **window_of(first, last)._asdict(),
    )
    return filled(with_weeks(weeks), entries)


def load_for_visit(
    doctor_id: UUID, first: date, last: date, visit: UUID, patient_id: UUID
) -> tuple[DoctorCalendar, Ahead]:
    """What a visit of the patient to the doctor is judged by: the calendar, in which the visit's
    own time and those held for the patient don't stand in the way, and the visits ahead."""
    weeks, entries, ahead = visit_statement().rows(
        doctor=doctor_id,
        now=timezone.now(),
        without_visit=visit,
        without_held_for=patient_id,
        patient=patient_id,
        **window_of(first, last)._asdict(),
    )
    calendars = filled(with_weeks(weeks), entries)
    return calendars[doctor_id], Ahead(patient_id, visit, ahead)


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
def visit_statement() -> Statements:
    return Statements(*calendar_statements(), ahead_statement())


@cache
def calendar_statement() -> Statements:
    return Statements(*calendar_statements())


def calendar_statements() -> tuple[Statement, Statement]:
    """What reads one doctor's week, and what is in the calendar."""
    doctor = stand_in_key()
    weeks = weeks_of(Doctor.objects.filter(pk=doctor).order_by())
    return Statement(weeks, doctor=doctor), statement_of_entries(Q(doctor=doctor), doctor=doctor)


@cache
def entries_statement(with_visits: bool) -> Statement:
    doctors = stand_in_key()
    whose = IsOneOf("doctor_id", doctors)
    return statement_of_entries(whose, with_visits=with_visits, doctors=doctors)


def statement_of_entries(
    whose: Q | IsOneOf, *, with_visits: bool = True, **doctors: UUID
) -> Statement:
    """What reads all that is in some calendars, as `calendar_entries()` and `closure_days()` have
    it. `doctors` is the stand-in for them in the condition `whose`."""
    visit, held_for, now = stand_in_key(), stand_in_key(), stand_in_time()
    window = Window(stand_in_time(), stand_in_time(), stand_in_time(), *STAND_IN_DAYS)
    # Who takes part in a session has no time of the doctor's beside the session's own.
    visits = Appointment.objects.holding_time().filter(session=None).exclude(pk__in=[visit])
    sessions = GroupSession.objects.standing().exclude(pk__in=[visit])
    not_earlier = {"starts_at__gt": window.starts_after}
    kinds: list[tuple[str, QuerySet[Any], tuple[str, ...]]] = [
        ("visits", rows.filter(**not_earlier) if with_visits else rows.none(), BUSY)
        for rows in (visits, sessions)
    ]
    offers = SlotOffer.objects.held(now).exclude(entry__patient=held_for)
    kinds += [("held", offers, BUSY), ("absences", Absence.objects.all(), TIMES)]
    kinds += [("extra", ExtraHours.objects.all(), TIMES)]
    within = {"starts_at__lt": window.ends, "ends_at__gt": window.starts}
    busy = [
        calendar_entries(kind, rows.filter(whose, **within), ends) for kind, rows, ends in kinds
    ]
    closed = Closure.objects.filter(starts_on__lte=window.last, ends_on__gte=window.first)
    return Statement(
        closure_days(closed).union(active_places(), *busy, all=True),
        now=now,
        without_visit=visit,
        without_held_for=held_for,
        **doctors,
        **window._asdict(),
    )


def filled(
    calendars: dict[UUID, DoctorCalendar],
    entries: Iterable[tuple[str, UUID | None, UUID | None, str, str]],
) -> dict[UUID, DoctorCalendar]:
    read = cache(period_of)  # A clinic's visits begin and end at the same few times.
    places: list[UUID | None] = []
    closures: list[Period] = []
    for kind, doctor_id, place, starts, ends in entries:
        if kind == "places":
            places.append(place)
            continue
        periods = periods_of(starts, ends, read)
        if kind == "closures":
            closures += [
                Period(day_start(opens.date()), day_bounds(closes.date())[1])
                for opens, closes in periods
            ]
        elif doctor_id is not None and kind == "extra":
            calendars[doctor_id].extra += [Shift(*period, place) for period in periods]
        elif doctor_id is not None:
            getattr(calendars[doctor_id], kind).extend(periods)
    for calendar in calendars.values():
        calendar.closures += closures
        calendar.only_place = places[0] if len(places) == 1 else None
    return calendars


def weeks_of(doctors: QuerySet[Doctor]) -> QuerySet:
    *names, _service_ids = Hours._fields
    week = [f"working_hours__{name}" for name in names]
    columns = ("pk", "is_active", "default_duration_minutes", "slot_interval_minutes", *week)
    services = HoursService.objects.filter(hours=OuterRef("working_hours")).order_by()
    keys = Func(  # As one text: most hours name none, and an array is read slowly.
        ArraySubquery(services.values("service_id")),
        Value(BETWEEN),
        function="ARRAY_TO_STRING",
        output_field=TextField(),
    )
    return doctors.values_list(*columns, keys)


def with_weeks(rows: Iterable[Any]) -> dict[UUID, DoctorCalendar]:
    """The calendars of doctors with nothing but their weeks in them."""
    calendars: dict[UUID, DoctorCalendar] = {}
    for pk, is_active, minutes, interval, *hours in rows:
        calendar = calendars.get(pk)
        if calendar is None:
            calendar = calendars[pk] = DoctorCalendar(
                pk,
                is_active,
                timedelta(minutes=minutes),
                timedelta(minutes=interval) if interval else None,
            )
        if hours[0] is not None:
            *named, services = hours
            keys = frozenset(map(UUID, services.split(BETWEEN))) if services else ALL_TYPES
            calendar.week.append(Hours._make((*named, keys)))
    return calendars


def calendar_entries(kind: str, rows: QuerySet, ends: tuple[str, ...]) -> QuerySet:
    """(kind, doctor, place, starts, ends) of rows that have a doctor and a period, one for each
    doctor, and of extra hours for each place. The instants are as `texts.periods_of()` has them.
    """
    starts, ends_of = (StringAgg(Cast(name, TextField()), BETWEEN) for name in ends)
    place = F("location_id") if kind == "extra" else NOWHERE
    groups = rows.order_by().values("doctor_id").annotate(starts=starts, ends=ends_of)
    return groups.values_list(Value(kind, CharField()), "doctor_id", place, "starts", "ends")


def closure_days(closures: QuerySet[Closure]) -> QuerySet:
    """The same shape for whole days, which stand as midnights in UTC until they are read."""
    return closures.order_by().values_list(
        Value("closures", CharField()),
        NOWHERE,
        NOWHERE,
        Cast(Cast("starts_on", DateTimeField()), TextField()),
        Cast(Cast("ends_on", DateTimeField()), TextField()),
    )


def active_places() -> QuerySet:
    """The same shape for the first two places that are in use: is there one alone?"""
    places = Location.objects.active().order_by()[:2]
    nothing = Value("", TextField())
    return places.values_list(Value("places", CharField()), NOWHERE, "pk", nothing, nothing)
