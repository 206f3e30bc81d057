"""Many doctors want the last room at once: one gets it, and the others are told."""

import os
import threading
import time
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentResource, SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import doctor_working, patient_online
from doctors.models import Doctor, HealthcareService
from doctors.tests.factories import DoctorFactory, HealthcareServiceFactory, ResourceFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests import race

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.walk]

ROUNDS = int(os.environ.get("RACE_ROUNDS", "1"))
CLIENTS = 200 if "RACE_ROUNDS" in os.environ else 40
CONNECTIONS = 60  # As the processes that serve the web have no more to PostgreSQL.


class ByDoctors:
    """Each books with a doctor of their own, a visit that needs the room."""

    def __init__(
        self, doctors: list[Doctor], patients: list[Patient], service: HealthcareService, by: User
    ):
        self.doctors, self.patients, self.service, self.by = doctors, patients, service, by
        self.connections = threading.BoundedSemaphore(CONNECTIONS)
        self.seconds: list[float] = []

    def __call__(self, number: int, starts_at: datetime) -> str:
        wish = Appointment(
            doctor=self.doctors[number],
            patient=self.patients[number],
            service=self.service,
            starts_at=starts_at,
        )
        with self.connections:
            connection.ensure_connection()
            begun = time.perf_counter()
            try:
                services.book(wish, by=self.by)
                answer = "booked"
            except ValidationError as error:
                answer = next(one.code for faults in error.error_dict.values() for one in faults)
            except Exception as error:  # What must never happen is to be counted, too.
                answer = type(error).__name__
            self.seconds.append(time.perf_counter() - begun)
            connection.close()
        return answer

    def close(self) -> None:
        connection.close()


def test_the_last_room_is_given_once():
    service = HealthcareServiceFactory(buffer_after_minutes=10)
    service.needs.create(pool="Ultrasound", count=1)
    ResourceFactory(pool="Ultrasound")
    people = DoctorFactory.create_batch(CLIENTS), PatientFactory.create_batch(CLIENTS)
    attempt = ByDoctors(*people, service, UserFactory())

    outcome = race.run(CLIENTS, ROUNDS, next_monday(8), attempt, spread=False)

    assert outcome.answers == [{"booked": 1, "resource_double_booked": CLIENTS - 1}] * ROUNDS
    assert AppointmentResource.objects.filter(is_held=True).count() == ROUNDS
    assert Appointment.objects.count() == ROUNDS
    longest, rounds = max(attempt.seconds), max(outcome.seconds)
    print(f"{CLIENTS} for one room, {ROUNDS} rounds: {longest:.2f} s an answer, {rounds:.2f} s all")


class ByWaitlistToo(ByDoctors):
    """Every other one is offered the only hour of their doctor's, in the room."""

    def __call__(self, number: int, starts_at: datetime) -> str:
        if number % 2:
            return super().__call__(number, starts_at)
        try:
            made = waitlist.offer_free_times(self.doctors[number].pk)
        except Exception as error:
            return type(error).__name__
        finally:
            connection.close()
        return "booked" if made else "resource_double_booked"


def test_the_last_room_is_booked_or_offered():
    starts_at, count = next_monday(8), 12
    service = HealthcareServiceFactory(duration_minutes=60)
    service.needs.create(pool="Ultrasound", count=1)
    ResourceFactory(pool="Ultrasound")
    local = timezone.localtime(starts_at)
    hours = f"{local:%H:%M}-{local + timedelta(hours=1):%H:%M}"
    doctors = [doctor_working(hours, weekdays=[0]) for _ in range(count)]
    patients = [patient_online() for _ in range(count)]
    for doctor, patient in list(zip(doctors, patients, strict=True))[::2]:
        WaitlistEntry.objects.create(
            patient=patient,
            doctor=doctor,
            service=service,
            from_date=local.date(),
            to_date=local.date(),
        )
    attempt = ByWaitlistToo(doctors, patients, service, UserFactory())

    outcome = race.run(count, 1, starts_at, attempt, spread=False)

    assert outcome.answers == [{"booked": 1, "resource_double_booked": count - 1}]
    assert AppointmentResource.objects.filter(is_held=True).count() == 1
    assert Appointment.objects.count() + SlotOffer.objects.count() == 1
