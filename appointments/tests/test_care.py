"""Whom a booking lets look after a patient, and until when."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.jobs import end_care, end_old_care
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.transitions import Status
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment, Patient
from patients.services import assign
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return UserFactory()


@pytest.fixture
def doctor():
    return DoctorFactory(with_account=True)


def booked(doctor, patient, desk, hour=9) -> Appointment:
    wish = AppointmentFactory.build(doctor=doctor, patient=patient, starts_at=next_monday(hour))
    return services.book(wish, by=desk)


def work_off() -> None:
    """What the worker would do."""
    for job in ProcrastinateJob.objects.filter(task_name="appointments.end_care", status="todo"):
        end_care(**job.args)


def sees(doctor, patient) -> bool:
    return Patient.objects.visible_to(doctor.user).filter(pk=patient.pk).exists()


def test_a_cancelled_visit_shuts_the_record_unless_another_is_left(doctor, desk):
    patient = PatientFactory()
    first, second = booked(doctor, patient, desk), booked(doctor, patient, desk, hour=14)

    services.cancel(first, by=desk)
    work_off()
    assert sees(doctor, patient)
    services.cancel(second, by=desk)
    work_off()

    assert not sees(doctor, patient)
    assert not CareAssignment.objects.exists()


def test_a_visit_that_takes_place_after_all_opens_it_again(doctor, desk):
    patient = PatientFactory()
    visit = booked(doctor, patient, desk)
    services.cancel(visit, by=desk)
    work_off()

    services.correct(visit, Status.BOOKED, by=UserFactory(role=Role.ADMIN))

    assert sees(doctor, patient)
    assert CareAssignment.objects.get().by_booking


def test_a_move_to_another_doctor_takes_the_record_along(doctor, desk):
    other, patient = DoctorFactory(with_account=True), PatientFactory()
    visit = booked(doctor, patient, desk)

    services.reschedule(visit, desk, next_monday(9), doctor=other)
    work_off()

    assert (sees(doctor, patient), sees(other, patient)) == (False, True)


def test_what_was_assigned_by_hand_stays(doctor, desk):
    patient = PatientFactory()
    visit = booked(doctor, patient, desk)
    assert assign(doctor, patient, by=desk) is False

    services.cancel(visit, by=desk)
    work_off()
    end_old_care(0)

    assert sees(doctor, patient)


@pytest.mark.parametrize(("days_ago", "stays"), [(364, True), (366, False)])
def test_it_ends_some_time_after_the_last_visit(doctor, desk, days_ago, stays, settings):
    patient = PatientFactory()
    visit = booked(doctor, patient, desk)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE appointments_appointment SET starts_at = %s, ends_at = %s, booked_at = %s",
            [timezone.now() - timedelta(days=days_ago + more) for more in (0.1, 0, 1)],
        )

    end_old_care(0)

    assert sees(doctor, patient) is stays
    settings.ASSIGNMENT_DAYS = 0
    assert visit.status == Status.BOOKED
