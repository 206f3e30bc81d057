"""A written phone number is one number, or is asked about; it is never guessed into another."""

import pytest
from django.core.exceptions import ValidationError

from clinic.phones import possible_numbers, read_phone
from patients.models import Patient
from patients.tests.factories import PatientFactory


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("030 901820", "", "+4930901820"),
        ("(030) 90 18-20", "DE", "+4930901820"),
        ("030–901820", "DE", "+4930901820"),  # noqa: RUF001
        ("0049 30 901820", "DE", "+4930901820"),
        ("30 901820", "DE", "+4930901820"),
        ("07700 900123", "GB", "+447700900123"),
        ("+49 30 901820", "GB", "+4930901820"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("1 646 555 0100", "US", "+16465550100"),
        ("646 555 0100", "US", "+16465550100"),
        ("612 345 678", "ES", "+34612345678"),
        ("0049 30 901820", "US", "+4930901820"),
    ],
)
def test_numbers_are_read_in_the_country_of_the_address(text, country, number):
    assert read_phone(text, country) == number


@pytest.mark.parametrize(
    ("text", "country", "meant"),
    [
        ("49 151 12345678", "DE", ["+49 1511 2345678"]),
        ("43 664 1234567", "DE", ["+43 664 1234567"]),
        ("1 646 555 0100", "DE", ["+1 646-555-0100"]),
        ("39 347 123 4567", "IT", ["+39 347 123 4567"]),
        ("1512 3456789", "DE", ["+1 512-345-6789", "+49 1512 3456789"]),
        ("49 151 12345678", "US", ["+49 1511 2345678"]),
        ("491511234567", "DE", ["+49 491 511234567"]),
        ("030 901820", "US", ["+49 30 901820"]),
        ("0151 12345678", "GB", ["+49 1511 2345678"]),
        ("030 901820", "AQ", ["+49 30 901820"]),
    ],
)
def test_what_may_be_another_number_is_asked_about(text, country, meant):
    with pytest.raises(ValidationError) as caught:
        read_phone(text, country)

    assert (caught.value.params or {}).get("meant", []) == meant
    for number in meant:
        assert number in caught.value.messages[0]
        assert read_phone(number, country) == number.translate({32: None, 45: None})


@pytest.mark.parametrize(
    "text",
    ["030 901820 ext. 12", "030 901820 x12", "030 901820 Durchwahl 12", "+49 30 901820;ext=12"],
)
def test_extensions_are_refused_by_name(text):
    with pytest.raises(ValidationError, match="12"):
        read_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        "030 90\u200b1820",
        "\u0660\u0663\u0660 901820",
        "\uff10\uff13\uff10901820",
        "0800-FLOWERS",
        "12",
    ],
)
def test_other_characters_are_refused(text):
    with pytest.raises(ValidationError):
        read_phone(text)


@pytest.mark.parametrize("text", ["4.91511E+11", "4,91511E+11", "4.9e11"])
def test_what_a_spreadsheet_has_shortened_is_refused_by_name(text):
    with pytest.raises(ValidationError, match="spreadsheet has shortened"):
        read_phone(text)


def test_a_search_tries_every_reading():
    assert "+16465550100" in possible_numbers("1 646 555 0100")
    assert possible_numbers("abc") == []


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["+4930901820", "+447700900123"])
def test_a_stored_number_is_as_the_one_it_was_stored_from(number):
    """Also one that the library calls invalid."""
    patient = PatientFactory()
    Patient.objects.filter(pk=patient.pk).update(phone=number)
    stored = Patient.objects.get(pk=patient.pk).phone

    assert stored
    assert stored == number
    assert str(stored) == number
