"""Doctors' applications as tests make them."""

from django.db import transaction

from accounts import one_time
from accounts.models import OneTimeToken
from accounts.services import verification
from accounts.tests.factories import PASSWORD
from doctors.models import Doctor

VERIFY = OneTimeToken.Purpose.VERIFY_APPLICATION
URL = "/api/v1/provider/register"
APPLICATION = {
    "email": "Grace@Mail.example",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "first_name": "Grace",
    "last_name": "Hopper",
    "phone": "030 901820",
    "specialization": "Cardiology",
    "license_number": "L-1",
}


def apply(client, **changes):
    """Send an application. A field set to None is left out."""
    data = {name: value for name, value in (APPLICATION | changes).items() if value is not None}
    return client.post(URL, data, format="json")


def applicant(client, **changes) -> Doctor:
    """One who has confirmed the address, and waits for approval."""
    response = apply(client, **changes)
    assert response.status_code == 201, response.content
    doctor = Doctor.objects.get(pk=response.json()["data"]["doctor_id"])
    with transaction.atomic():
        verification.verify_by_link(one_time.new_token(doctor.user, VERIFY))
    doctor.refresh_from_db()
    return doctor
