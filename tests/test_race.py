"""Fifty at once want one time, time after time: one gets it, and the others are told."""

import os

import pytest

from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange
from appointments.tests.factories import next_monday
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from tests import race

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.walk]

CLIENTS, ROUNDS = 50, int(os.environ.get("RACE_ROUNDS", "2"))


@pytest.fixture
def people():
    return DoctorFactory(), PatientFactory.create_batch(CLIENTS), UserFactory(role=Role.ADMIN)


def assert_one_winner_a_round(outcome: race.Outcome, lost: str) -> None:
    assert outcome.answers == [{"booked": 1, lost: CLIENTS - 1}] * ROUNDS
    assert race.double_bookings() == 0
    assert Appointment.objects.count() == ROUNDS
    assert AppointmentChange.objects.count() == ROUNDS
    assert Notification.objects.count() == ROUNDS


@pytest.mark.parametrize("spread", [False, True], ids=["one time", "overlapping times"])
def test_race_through_the_service(people, spread):
    outcome = race.run(CLIENTS, ROUNDS, next_monday(8), race.ByService(*people), spread)

    assert_one_winner_a_round(outcome, "doctor_double_booked")


@pytest.mark.parametrize("spread", [False, True], ids=["one time", "overlapping times"])
def test_race_through_a_running_server(people, served, spread):
    doctor, patients, admin = people
    token = begin_by_api(admin).access_token
    attempt = race.ByHttp(doctor, patients, token, served)
    outcome = race.run(CLIENTS, ROUNDS, next_monday(8), attempt, spread)

    assert_one_winner_a_round(outcome, "409 doctor_double_booked")
