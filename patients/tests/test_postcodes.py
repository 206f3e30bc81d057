"""A postal code is one of its country, where it is known what those look like."""

import pytest

from accounts.tests.factories import UserFactory
from clinic.tests.problems import V1, check_problem
from patients.models import Patient
from patients.postal import postal_code_fault, read_postal_code
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
    [("DE", "1010"), ("DE", "ABCDE"), ("US", "9410"), ("GB", "12345"), ("DE", "X10115")],
)
def test_what_does_not_is_none(country, text):
    assert postal_code_fault(text, country)


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("DE", "D-10115", "10115"),
        ("DE", "D10115", "10115"),
        ("DE", "101 15", "10115"),
        ("CH", "CH 8001", "8001"),
        ("AT", "A–1010", "1010"),  # noqa: RUF001
        ("LV", "1010", "LV-1010"),
        ("LV", "LV1010", "LV-1010"),
        ("AD", "500", "AD500"),
        ("JP", "〒１００－０００１", "100-0001"),  # noqa: RUF001
        ("PL", "PL 00950", "00-950"),
        ("GB", "sw1a-1aa", "SW1A 1AA"),
    ],
)
def test_codes_are_taken_as_people_write_them(country, text, code):
    assert read_postal_code(text, country) == code


def test_the_api_names_the_code_among_other_faults(api):
    patient = PatientFactory(zip="10115", country="DE")
    path, client = f"{V1}/patients/{patient.pk}", api(UserFactory())
    address = {"zip": "SW1A 1AA"}

    refused = client.patch(path, {"address": address, "date_of_birth": "2999-01-01"}, format="json")
    check_problem(refused, 422, "validation_error", "address.zip", "date_of_birth")
    moved = client.patch(path, {"address": {**address, "country": "GB"}}, format="json")
    assert moved.status_code == 200, moved.content
    assert Patient.objects.get().zip == "SW1A 1AA"
