"""A month of free times costs two queries, and they are found by index among many visits."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from appointments.models import Appointment, AppointmentResource
from appointments.scheduling import availability, loading
from appointments.scheduling.availability import Limits
from appointments.scheduling.calendars import REACH
from appointments.scheduling.texts import NOBODY
from appointments.scheduling.wanted import wanted_for
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from clinic.days import day_bounds
from clinic.statements import prepared_cursor, with_values
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
)
from doctors.tests.factories import HealthcareServiceFactory, LocationFactory, ResourceFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

MONTH = 31
PACE = timedelta(hours=8)
START = next_monday(9)
DAY = START.date()


def month(doctors=None) -> list[availability.Slot]:
    return availability.free(
        Doctor.objects.active() if doctors is None else doctors, DAY, MONTH, Limits.of(None)
    )


@pytest.mark.parametrize("doctors", [0, 1, 50])
def test_a_month_costs_two_queries_however_many_doctors_there_are(
    doctors, django_assert_num_queries
):
    for number in range(doctors):
        doctor = doctor_working("08:00-12:00", "13:00-17:00", weekdays=range(5))
        starts_at = START + timedelta(days=number % 5)
        AppointmentFactory(doctor=doctor, starts_at=starts_at)
        away = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}
        Absence.objects.create(doctor=doctor, **away)
        ExtraHours.objects.create(doctor=doctor, **away)
    Closure.objects.create(starts_on=DAY, ends_on=DAY)

    with django_assert_num_queries(2):
        slots = month()

    assert len({slot.doctor_id for slot in slots}) == doctors
    assert len(slots) >= doctors * 16 * 20


@pytest.mark.parametrize("number", [1, 20])
def test_a_month_of_a_type_with_rooms_costs_four_queries(number, django_assert_num_queries):
    north = LocationFactory()
    service = HealthcareServiceFactory(duration_minutes=40, buffer_after_minutes=10)
    ServiceLocation.objects.create(service=service, location=north)
    for pool in ("Ultrasound", "Couch"):
        ServiceNeed.objects.create(service=service, pool=pool)
    for count in range(number):
        doctor = doctor_working("08:00-12:00", weekdays=range(5))
        ServiceDoctor.objects.create(service=service, doctor=doctor, duration_minutes=60)
        booked = AppointmentFactory(doctor=doctor, starts_at=START, service=service)
        for pool in ("Ultrasound", "Couch"):
            room = ResourceFactory(pool=pool, location=north)
            away = {"starts_at": START + PACE * count, "ends_at": START + PACE * (count + 1)}
            ResourceOutage.objects.create(resource=room, **away)
            busy = {"busy_from": booked.busy_from, "busy_until": booked.busy_until}
            AppointmentResource.objects.create(resource=room, appointment=booked, **busy)

    with django_assert_num_queries(4):
        slots = availability.free(
            Doctor.objects.active(),
            DAY,
            MONTH,
            Limits.of(None),
            wanted=wanted_for(service.pk),
        )

    assert {slot.location_id for slot in slots} == {north.pk}
    assert len(slots) > number * 4 * 20


def test_what_is_in_a_calendar_is_read_to_the_microsecond():
    doctor = doctor_working("08:00-17:00")
    visit = AppointmentFactory(
        doctor=doctor,
        starts_at=START + timedelta(microseconds=250_001),
        ends_at=START + timedelta(minutes=30, seconds=1),
    )
    away = Absence.objects.create(
        doctor=doctor, starts_at=datetime(1, 1, 1, tzinfo=UTC), ends_at=START - PACE
    )
    Closure.objects.create(starts_on=DAY, ends_on=DAY)

    calendar = availability.load_calendars(Doctor.objects.all(), DAY, DAY)[doctor.pk]

    assert calendar.visits == [(visit.starts_at, visit.ends_at)]
    assert calendar.absences == [(away.starts_at, away.ends_at)]
    assert calendar.closures == [day_bounds(DAY)]
    assert calendar.visits[0].starts_at.tzinfo is UTC


def fill(visits: int, doctors: list[Doctor]) -> None:
    """Visits of half an hour, the doctors' alike, three a day, for years past and to come.

    Straight into the table, without its history: the plan is what matters.
    """
    half = PACE * (visits // len(doctors) // 2)
    people = [(doctor.pk, PatientFactory().pk) for doctor in doctors]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            """INSERT INTO appointments_appointment
               (id, doctor_id, patient_id, starts_at, ends_at, status, reason, overbook_reason,
                booked_at, local_start, time_zone, sequence, created_at, updated_at)
               SELECT gen_random_uuid(), doctor, patient, starts_at, starts_at + '30 min',
                      'booked', '', '', starts_at - '1 day'::interval, '', '', 0, now(), now()
               FROM unnest(%s::uuid[], %s::uuid[]) AS people(doctor, patient),
                    generate_series(%s::timestamptz, %s::timestamptz, '8 hours') AS starts_at
               ORDER BY starts_at""",
            [*map(list, zip(*people, strict=True)), START - half, START + half],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE appointments_appointment")


def nodes(plan: dict) -> list[dict]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]


def plan_of(query: str, params=None) -> list[dict]:
    """Every step of the plan by which the database answers, as it went."""
    with prepared_cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
        answer = cursor.fetchone()[0]
    plan = answer if isinstance(answer, list) else json.loads(answer)
    return nodes(plan[0]["Plan"])


def test_what_is_busy_is_found_by_index_among_a_hundred_thousand_visits():
    doctors = [doctor_working("08:00-17:00") for _ in range(40)]
    fill(100_000, doctors)
    assert Appointment.objects.count() >= 100_000
    table = Appointment._meta.db_table

    for asked in (1, 20):
        entries = loading.entries_statement(with_visits=True)
        given = {"doctors": [doctor.pk for doctor in doctors[:asked]], "now": START}
        given |= {"without_visit": NOBODY, "without_held_for": NOBODY}
        given |= loading.window_of(DAY, DAY + timedelta(days=MONTH - 1))._asdict()
        steps = plan_of(entries.sql, with_values(entries.params, given))

        whole = [s["Relation Name"] for s in steps if s["Node Type"] == "Seq Scan"]
        assert table not in whole
        assert any("appointment_" in s.get("Index Name", "") for s in steps)
        # What is read and thrown away again stays within what the month holds.
        reads = [s for s in steps if s.get("Relation Name") == table]
        thrown_away = sum(s.get("Rows Removed by Filter", 0) for s in reads)
        assert thrown_away <= asked * 3 * (MONTH + 5)

    # The one statement by which a visit is judged: its doctor's calendar, and the patient's visits.
    patient, kept = Appointment.objects.all()[0].patient_id, loading.visit_statement()
    given = {"doctor": doctors[0].pk, "now": START, "patient": patient}
    given |= {"without_visit": NOBODY, "without_held_for": patient}
    given |= loading.window_of(DAY, DAY)._asdict()
    steps = plan_of(kept.sql, with_values(kept.params, given))

    reads = [s for s in steps if s.get("Relation Name") == table]
    assert len(reads) == 2
    assert "Seq Scan" not in {s["Node Type"] for s in reads}
    calendar, ahead = loading.load_for_visit(doctors[0].pk, DAY, DAY, NOBODY, patient)
    assert (len(calendar.week), len(calendar.visits)) == (7, 3 * (1 + 2 * REACH.days))
    assert sum(ahead.counts.values()) > 1000


def test_the_days_around_the_window_are_read_too():
    """A visit that began the evening before keeps its time free of others."""
    doctor = doctor_working("00:00-00:00")
    midnight = availability.day_start(DAY)
    AppointmentFactory(
        doctor=doctor,
        starts_at=midnight - timedelta(minutes=60),
        ends_at=midnight + timedelta(minutes=60),
    )
    doctors = Doctor.objects.filter(pk=doctor.pk)

    slots = availability.free(doctors, DAY, 1, Limits.of(None))

    assert slots[0].starts_at == midnight + timedelta(minutes=60)
