"""Reads what lies around a time that can't be had: calendars, rooms, and the patient's own visits.

Of one doctor by one statement: who loses a race for a time is answered by it.
"""

from datetime import UTC, date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from appointments.models import Appointment
from appointments.scheduling.ahead import Ahead, ahead_statement
from appointments.scheduling.calendars import DoctorCalendar
from appointments.scheduling.loading import (
    calendar_statements,
    filled,
    load_calendars,
    window_of,
    with_weeks,
)
from appointments.scheduling.rooms import (
    Rooms,
    load_rooms,
    room_statements,
    room_values,
    rooms_of_rows,
)
from appointments.scheduling.slots import ONE_DAY, Period
from appointments.scheduling.texts import NOBODY
from clinic.days import day_bounds, day_start
from clinic.statements import Row, Statement, Statements, stand_in_key, stand_in_time
from doctors.models import Doctor


class Whose(NamedTuple):
    """For whom times are looked for, and what they need: see `load_around()`."""

    doctors: QuerySet[Doctor] | UUID
    patient_id: UUID | None = None
    without_visit: UUID | None = None
    pools: frozenset[str] = frozenset()
    is_limited: bool = False


class Around(NamedTuple):
    """`busy` is when the patient has a visit already. `ahead` is None where nobody asks for it."""

    calendars: dict[UUID, DoctorCalendar]
    busy: list[Period]
    rooms: Rooms
    ahead: Ahead | None


def load_around(whose: Whose, first: date, last: date) -> Around:
    """All that decides over the times that start on these days.

    What is held for the patient doesn't stand in the way, nor does the visit `without_visit`. With
    `is_limited`, the patient's visits ahead are read, too.
    """
    if isinstance(whose.doctors, UUID):
        return around_one(whose, whose.doctors, first, last)
    patient_id, visit, pools = whose.patient_id, whose.without_visit, whose.pools
    window = window_of(first, last)
    return Around(
        load_calendars(
            whose.doctors, first, last, without_visit=visit, without_held_for=patient_id
        ),
        own_visits(patient_id, first, last + ONE_DAY, visit) if patient_id else [],
        load_rooms(pools, window.starts, window.ends, without_visit=visit),
        Ahead(patient_id, visit) if patient_id and whose.is_limited else None,
    )


def around_one(whose: Whose, doctor_id: UUID, first: date, last: date) -> Around:
    window = window_of(first, last)
    patient_id, visit = whose.patient_id, whose.without_visit
    statement = around_statement(bool(whose.pools), whose.is_limited)
    weeks, entries, own, *more = statement.rows(
        doctor=doctor_id,
        patient=patient_id or NOBODY,
        now=timezone.now(),
        without_held_for=patient_id or NOBODY,
        own_from=day_start(first),
        own_until=day_bounds(last + ONE_DAY)[1],
        **room_values(whose.pools, window.starts, window.ends, without_visit=visit),
        **window._asdict(),
    )
    ahead = Ahead(patient_id, visit, more.pop()) if patient_id and whose.is_limited else None
    rooms = rooms_of_rows(*more) if whose.pools else Rooms([])
    return Around(filled(with_weeks(weeks), entries), in_periods(own), rooms, ahead)


@cache
def around_statement(has_pools: bool, is_limited: bool) -> Statements:
    return Statements(
        *calendar_statements(),
        own_visits_statement(),
        *(room_statements() if has_pools else ()),
        *((ahead_statement(),) if is_limited else ()),
    )


def own_visits(
    patient_id: UUID, first: date, last: date, without: UUID | None = None
) -> list[Period]:
    """When the patient has a visit already."""
    rows = own_visits_statement().rows(
        patient=patient_id,
        own_from=day_start(first),
        own_until=day_bounds(last)[1],
        without_visit=without or NOBODY,
    )
    return in_periods(rows)


def in_periods(rows: list[Row]) -> list[Period]:
    return [Period(starts.astimezone(UTC), ends.astimezone(UTC)) for starts, ends in rows]


@cache
def own_visits_statement() -> Statement:
    patient, visit, starts, ends = (
        stand_in_key(),
        stand_in_key(),
        stand_in_time(),
        stand_in_time(),
    )
    visits = Appointment.objects.holding_time().exclude(pk__in=[visit]).order_by()
    visits = visits.filter(patient=patient, starts_at__lt=ends, ends_at__gt=starts)
    stand_ins: dict[str, Any] = {"own_from": starts, "own_until": ends}
    return Statement(
        visits.values_list("starts_at", "ends_at"),
        patient=patient,
        without_visit=visit,
        **stand_ins,
    )
