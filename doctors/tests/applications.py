"""Doctors' applications as tests make them."""

from accounts.tests.factories import PASSWORD
from doctors.models import Doctor

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
    response = apply(client, **changes)
    assert response.status_code == 201, response.content
    return Doctor.objects.get(pk=response.json()["data"]["doctor_id"])
