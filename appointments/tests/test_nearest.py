"""The nearest free times are read from a few days where those hold enough, and by one statement."""

import random
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.scheduling import availability
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.availability import ALTERNATIVES_WITHIN, Limits
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import PLAIN, Wanted, wanted_for
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import codes, doctor_working, patient_online, visit
from clinic.days import day_at
from doctors.models import Absence, Closure, Doctor, ExtraHours, ResourceOutage
from doctors.tests.factories import HealthcareServiceFactory, LocationFactory, ResourceFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

MONDAY = next_monday(9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = 50


@pytest.fixture(autouse=True)
def limits_ahead(settings):
    settings.VISITS_AHEAD_PER_DAY, settings.VISITS_AHEAD_PER_DOCTOR = 1, 4


def busy_clinic(dice: random.Random) -> tuple[Doctor, Patient, list[Wanted]]:
    """A doctor with little free time, a patient, and the types that there are."""
    places = LocationFactory.create_batch(2)
    doctor = doctor_working("08:00-12:00", weekdays=dice.sample(range(7), 3))
    doctor.working_hours.filter(weekday__gt=3).update(location=places[1])
    patient = patient_online()

    def some_time() -> datetime:
        return MONDAY + dice.randrange(-5, 40) * DAY + dice.randrange(-3, 6) * HOUR

    other, desk = doctor_working("00:00-00:00"), UserFactory()
    for number in range(40):
        is_own = number % 8 == 0
        whose = (other, patient) if is_own else (doctor, PatientFactory())
        with suppress(ValidationError):
            services.book(visit(*whose, some_time()), by=desk)
    for model in (Absence, ExtraHours):
        for length in (5 * HOUR, 7 * DAY if model is Absence else 8 * HOUR):
            starts_at = some_time()
            model.objects.create(doctor=doctor, starts_at=starts_at, ends_at=starts_at + length)
    closed = day_at(some_time())
    Closure.objects.create(starts_on=closed, ends_on=closed + DAY)
    service = HealthcareServiceFactory(buffer_after_minutes=10)
    service.needs.create(pool="Ultrasound", count=1)
    room = ResourceFactory(pool="Ultrasound", location=places[0])
    ResourceFactory(pool="Ultrasound")
    starts_at = some_time()
    ResourceOutage.objects.create(resource=room, starts_at=starts_at, ends_at=starts_at + 9 * DAY)
    types = [PLAIN, wanted_for(service.pk), wanted_for(service.pk, places[1].pk)]
    return doctor, patient, types


def by_one_window(doctor: Doctor, time: Period, limits: Limits, wanted: Wanted, **of_patient):
    """The same, read and worked out at once for all weeks that count."""
    patient, visit_id, is_limited = (of_patient[key] for key in ("patient", "visit", "limited"))
    before, after = ALTERNATIVES_WITHIN
    day, today = day_at(time.starts_at), day_at(limits.after)
    first = max(day - before, today)
    last = max(day, first) + after
    own = availability.own_visits(patient.pk, first, last + DAY, visit_id)
    slots = availability.free(
        Doctor.objects.filter(pk=doctor.pk),
        first,
        (last - first).days + 1,
        limits,
        busy=own,
        patient_id=patient.pk,
        without_visit=visit_id,
        wanted=wanted,
    )
    ahead = Ahead(patient.pk, visit_id)
    fitting = [
        slot for slot in slots if slot.period != time and (not is_limited or ahead.allows(slot))
    ]
    return sorted(fitting, key=lambda slot: abs(slot.starts_at - time.starts_at))[:5]


@pytest.mark.parametrize("seed", range(2))
def test_the_nearest_are_those_of_all_weeks_at_once(seed):
    dice = random.Random(seed)
    doctor, patient, types = busy_clinic(dice)
    booked = [None, *patient.appointments.values_list("pk", flat=True)[:2]]
    statements: list[int] = []
    for _ in range(ASKED):
        starts_at = MONDAY + dice.randrange(-9, 35) * DAY + dice.randrange(-18, 30) * HOUR / 2
        length = dice.choice([HOUR / 4, HOUR / 2, HOUR])
        period, wanted = Period(starts_at, starts_at + length), dice.choice(types).lasting(length)
        limits = Limits.of(dice.choice([None, UserFactory.build()]))
        limited, visit_id = dice.random() < 0.5, dice.choice(booked)
        ways = {"patient_id": patient.pk, "without_visit": visit_id, "is_limited": limited}

        with CaptureQueriesContext(connection) as asked:
            of_one = availability.nearest(doctor.pk, period, limits, wanted=wanted, **ways)
        own = Doctor.objects.filter(pk=doctor.pk)
        of_many = availability.nearest(own, period, limits, wanted=wanted, **ways)

        expected = by_one_window(
            doctor, period, limits, wanted, patient=patient, visit=visit_id, limited=limited
        )
        assert of_one == of_many == expected
        statements.append(len(asked))
    assert set(statements) == {1, 2}  # The second where the first few days don't hold enough.


def statements_of_refusal(wish, by) -> tuple[str, int]:
    with CaptureQueriesContext(connection) as asked, pytest.raises(ValidationError) as refused:
        services.book(wish, by=by)
    assert len(refused.value.alternatives) == 5
    told = [one["sql"] for one in asked.captured_queries if "SAVEPOINT" not in one["sql"]]
    return codes(refused.value)["starts_at"][0], len(told)


def test_who_loses_a_race_is_answered_by_few_statements():
    """The locks, what decides (what was to be written, the rooms, the calendar of a patient's
    choice), and one of all that is free around it."""
    doctor, other, third = (doctor_working("08:00-17:00") for _ in range(3))
    service, desk = HealthcareServiceFactory(), UserFactory()
    service.needs.create(pool="Ultrasound", count=1)
    ResourceFactory(pool="Ultrasound")
    services.book(visit(doctor, PatientFactory(), MONDAY), by=desk)
    typed = visit(other, PatientFactory(), MONDAY)
    typed.service = service
    services.book(typed, by=desk)
    late = visit(third, PatientFactory(), MONDAY)
    late.service = service
    patient = patient_online()

    answers = [
        statements_of_refusal(visit(doctor, PatientFactory(), MONDAY), desk),
        statements_of_refusal(late, desk),
        statements_of_refusal(visit(doctor, patient, MONDAY), patient.user),
    ]

    assert answers == [
        ("doctor_double_booked", 4),
        ("resource_double_booked", 6),
        ("doctor_double_booked", 4),
    ]
