"""What the registration page refuses, and what it says then."""

import re
from datetime import date
from html import unescape

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload
from patients.tests.registration import (
    PASSWORD,
    URL,
    assert_nothing_happened,
    born,
    faults,
    filled_in,
    stored_files,
)

NO_REAL_DATE = "Enter a real date, such as 24 March 1985."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"last_name": " "}, "last_name", "Enter your last name."),
        ({"last_name": "x" * 51}, "last_name", "at most 50 characters"),
        ({"first_name": "x" * 100_000}, "first_name", "at most 50 characters"),
        ({"email": ""}, "email", "Enter your e-mail address."),
        ({"email": "grace@"}, "email", "Enter an e-mail address such as name@example.com."),
        ({"email": "a@b.example\nBcc: c@d.example"}, "email", "Enter an e-mail address such as"),
        ({"phone": ""}, "phone", "Enter your phone number."),
        ({"phone": "12"}, "phone", "Enter a valid phone number"),
        ({"phone": "+49 000"}, "phone", "Enter a valid phone number"),
        ({"phone": "030 901820\x00"}, "phone", "Control characters"),
        ({"date_of_birth_0": ""}, "date_of_birth", "Enter your date of birth: day, month"),
        ({"date_of_birth_0": "31", "date_of_birth_1": "2"}, "date_of_birth", NO_REAL_DATE),
        ({"date_of_birth_0": "x"}, "date_of_birth", NO_REAL_DATE),
        ({"date_of_birth_0": "\u0669"}, "date_of_birth", NO_REAL_DATE),
        ({"date_of_birth_1": "13"}, "date_of_birth", NO_REAL_DATE),
        ({"date_of_birth_2": "86"}, "date_of_birth", NO_REAL_DATE),
        ({"date_of_birth_2": "0000"}, "date_of_birth", NO_REAL_DATE),
        ({"date_of_birth_2": "1899"}, "date_of_birth", "Please check the year of birth."),
        ({"date_of_birth_2": "2999"}, "date_of_birth", "must be in the past"),
        ({"gender": None}, "gender", "Choose one."),
        ({"gender": "robot"}, "gender", "Select a valid choice."),
        ({"street": ""}, "street", "Enter your street and house number."),
        ({"zip": ""}, "zip", "Enter your postal code."),
        ({"city": ""}, "city", "Enter your town or city."),
        ({"country": "XX"}, "country", "Select a valid choice."),
        ({"country": ""}, "country", "This field is required."),
        ({"document_photo": None}, "document_photo", "Choose a photo of your identity document."),
        ({"document_photo": upload(b"%PDF-1.7")}, "document_photo", ""),
        ({"document_photo": upload(jpeg(200, 126))}, "document_photo", "at least 600 pixels"),
        ({"consent": None}, "consent", "Please agree to the privacy notice"),
        ({"confirm_password": ""}, "confirm_password", "Enter the password once more."),
        ({"confirm_password": "Correct-horse-8"}, "confirm_password", "are not the same"),
        (
            {"emergency_contact_phone": "12"},
            "emergency_contact_phone",
            "Enter a valid phone number",
        ),
        ({"insurance_provider": "a\x07b"}, "insurance_provider", "Control characters"),
    ],
)
def test_a_fault_stands_beside_its_field(client, changes, field, sentence):
    response = client.post(URL, filled_in(**changes))

    assert response.status_code == 200
    said = faults(response)
    assert list(said) == [field]
    assert sentence in said[field]
    assert "no-store" in response["Cache-Control"]
    assert_nothing_happened()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "sentences"),
    [
        ("", ["Choose a password."]),
        ("Ab-1", ["at least 8 characters"]),
        ("correct-horse", ["an upper-case letter and a digit"]),
        ("Grace.Hopper1", ["similar"]),
        ("Password-1", ["known from data leaks"]),
        ("Aa-1" * 1025, ["at most 4096 characters"]),
    ],
)
def test_everything_that_is_wrong_with_a_password_stands_beside_it(client, password, sentences):
    response = client.post(URL, filled_in(password=password, confirm_password=password))

    page = response.content.decode()
    listed = re.search(r'<ul class="errorlist" id="id_password_error">(.*?)</ul>', page).group(1)
    said = [unescape(each) for each in re.findall(r"<li>(.*?)</li>", listed)]
    assert len(said) == len(sentences), said
    assert all(expected in sentence for expected, sentence in zip(sentences, said, strict=True)), (
        said
    )
    assert not password or password not in page
    assert_nothing_happened()


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["first_name", "last_name", "street", "zip", "city", "state"])
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b"])
def test_control_characters_are_refused(client, field, character):
    response = client.post(URL, filled_in(**{field: f"a{character}b"}))

    assert field in faults(response)
    assert_nothing_happened()


@pytest.mark.django_db
def test_all_faults_at_once_and_everything_typed_is_kept(client):
    response = client.post(
        URL,
        filled_in(last_name="", email="grace@", phone="12", zip="", consent=None)
        | born(timezone.localdate().replace(day=1)),
    )

    expected = {"last_name", "date_of_birth", "email", "phone", "zip", "consent"}
    assert set(faults(response)) == expected
    page = response.content.decode()
    for name, value in {
        "first_name": "Grace",
        "email": "grace@",
        "phone": "12",
        "street": "Uferweg 7",
        "city": "Berlin",
    }.items():
        assert re.search(rf'<input [^>]*name="{name}" value="{value}"', page), name
    assert re.search(r'<input [^>]*value="female"[^>]* checked', page)
    assert '<option value="DE" selected>' in page
    assert "Your photo is kept for an hour" in page
    assert "Please enter the password again" in page
    assert PASSWORD not in page
    assert_nothing_happened()


@pytest.mark.django_db
def test_the_rule_of_13_years_is_told_together_with_other_faults(client):
    young = date(timezone.localdate().year - 12, 1, 1)

    response = client.post(URL, filled_in(city="", **born(young)))

    assert set(faults(response)) == {"city", "date_of_birth"}
    assert "13 or older" in faults(response)["date_of_birth"]


@pytest.mark.django_db
@time_machine.travel("2026-11-22T23:30:00Z")  # Past midnight already in the clinic's zone.
@pytest.mark.parametrize(
    ("day", "is_old_enough"), [(date(2013, 11, 23), True), (date(2013, 11, 24), False)]
)
def test_old_enough_from_the_13th_birthday_on(client, day, is_old_enough):
    response = client.post(URL, filled_in(**born(day)))

    assert Patient.objects.exists() == is_old_enough
    if not is_old_enough:
        assert "13 or older" in faults(response)["date_of_birth"]
        assert_nothing_happened()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"email": "ADA@MAIL.EXAMPLE "}, "email", "Email is already registered"),
        ({"phone": "+49 30 901820"}, "phone", "Phone number is already registered"),
    ],
)
def test_known_people_are_refused(client, changes, field, sentence):
    known = PatientFactory(email="ada@mail.example", phone="+4930901820")
    data = filled_in(phone="030 901821") | changes

    response = client.post(URL, data)

    assert faults(response) == {field: sentence}
    assert list(Patient.objects.all()) == [known]
    assert not stored_files()
    assert not ProcrastinateJob.objects.exists()
