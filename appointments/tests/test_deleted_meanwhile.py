"""What is deleted while a form that names it is being saved."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, WaitlistEntry
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import doctor_working, patient_online
from clinic.tests.test_api_idempotency import wait_until_somebody_waits
from doctors import services
from doctors.tests.factories import HealthcareServiceFactory, LocationFactory
from patients.tests.factories import PatientFactory

NINE = next_monday(9)


def visit_form(place):
    clock = timezone.localtime(NINE)
    sent = {"doctor": doctor_working("09:00-17:00").pk, "patient": PatientFactory().pk}
    sent |= {"location": place.pk, "starts_at_0": f"{clock:%Y-%m-%d}", "starts_at_1": "09:00"}
    return signed_in(Role.RECEPTIONIST), "/admin/appointments/appointment/add/", sent


def calendar(place):
    sent = {"doctor": doctor_working("09:00-17:00").pk, "patient": PatientFactory().pk}
    sent |= {"location": place.pk, "starts_at": NINE.isoformat(), "duration_minutes": 30}
    return signed_in(Role.RECEPTIONIST), "/admin/calendar/book/", sent


def waitlist(place):
    day = timezone.localdate() + timedelta(days=1)
    sent = {"from_date": str(day), "to_date": str(day)}
    query = f"service={HealthcareServiceFactory().pk}&anybody=1&location={place.pk}"
    return signed_in(patient_online().user), f"/me/waitlist/?{query}", sent


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("door", "status", "words"),
    [
        (visit_form, 200, "Select a valid choice"),
        (calendar, 200, "deleted or used meanwhile"),
        (waitlist, 409, "Something has changed meanwhile"),
    ],
)
def test_every_page_says_so_and_saves_nothing(door, status, words):
    LocationFactory.create_batch(2)
    place, admin, answers = LocationFactory(), UserFactory(role=Role.ADMIN), []
    client, address, sent = door(place)

    def save() -> None:
        answers.append(client.post(address, sent))
        connection.close()

    saving = Thread(target=save)
    with transaction.atomic():
        services.remove_location(place, admin)
        saving.start()
        wait_until_somebody_waits()
    saving.join(20)

    assert answers[0].status_code == status
    assert words in answers[0].content.decode()
    assert not Appointment.objects.exists()
    assert not WaitlistEntry.objects.exists()
