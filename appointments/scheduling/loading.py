"""Reads doctors' calendars from the database.

Two queries, however many doctors and days are asked for: one for the doctors with their weeks,
one for all that is in their calendars.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
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
from appointments.scheduling.calendars import REACH, DoctorCalendar
from appointments.scheduling.slots import Hours, Period
from clinic.days import day_bounds, day_start
from clinic.statements import Statement, stand_in_key, stand_in_time
from doctors.models import Absence, Closure, Doctor, ExtraHours

NOBODY = UUID(int=0)  # No visit, no patient.
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
