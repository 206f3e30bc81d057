"""A postal code is one of its country, where it is known what those look like."""

import pytest

from accounts.tests.factories import UserFactory
from clinic.tests.problems import V1, check_problem
from patients.models import Patient
from patients.postal import postal_code_fault
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("DE", "10115"),
        ("AT", "1010"),
        ("US", "94103-1234"),
        ("GB", "sw1a 1aa"),
        ("GB", "M1 1AE"),
        ("CA", "K1A 0B1"),
        ("NL", "1012AB"),
        ("SE", "111 22"),
        ("IE", "D02 AF30"),
        ("AE", "P.O. Box 7"),
    ],
)
def test_what_fits_the_country_is_one(country, text):
    assert not postal_code_fault(text, country)


@pytest.mark.parametrize(
    ("country", "text"),
    [("DE", "1010"), ("DE", "ABCDE"), ("US", "9410"), ("GB", "12345"), ("AT", "\uff11010")],
)
def test_what_does_not_is_none(country, text):
    assert postal_code_fault(text, country)


def test_the_api_names_the_code_among_other_faults(api):
    patient = PatientFactory(zip="10115", country="DE")
    path, client = f"{V1}/patients/{patient.pk}", api(UserFactory())
    address = {"zip": "SW1A 1AA"}

    refused = client.patch(path, {"address": address, "date_of_birth": "2999-01-01"}, format="json")
    check_problem(refused, 422, "validation_error", "address.zip", "date_of_birth")
    moved = client.patch(path, {"address": {**address, "country": "GB"}}, format="json")
    assert moved.status_code == 200, moved.content
    assert Patient.objects.get().zip == "SW1A 1AA"
