import json

import pytest
import time_machine
from django.conf import settings
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.models import IdempotencyKey
from patients.models import Patient
from patients.tests.accounts import PASSWORD, URL, address, sent
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from patients.tests.registration import assert_nothing_happened, stored_files

pytestmark = pytest.mark.django_db


def faults(response) -> dict:
    body = response.json()
    assert response.status_code == 422, body
    assert (body["success"], body["code"]) == (False, "validation_error")
    assert PASSWORD not in response.content.decode()
    return body["errors"]


def test_a_registration_opens_an_account(api):
    response = api().post(URL, sent(), format="json")

    patient = Patient.objects.get()
    assert response.status_code == 201, response.json()
    assert response.json() == {
        "success": True,
        "message": "You are registered. Please confirm your e-mail address by the link in our "
        "mail.",
        "data": {
            "patient_id": str(patient.pk),
            "email": "grace@mail.example",
            "phone_number": "+4930901820",
            "email_verified": False,
            "phone_verified": False,
        },
    }
    user = patient.user
    assert (user.email, user.role, user.is_active) == ("grace@mail.example", Role.PATIENT, True)
    assert user.get_full_name() == patient.name == "Grace Hopper"
    assert user.check_password(PASSWORD)
    assert user.password.startswith(f"bcrypt_sha256$$2b${settings.BCRYPT_ROUNDS:02}$")
    assert patient.emergency_contact_name == "Vincent Foster"
    assert patient.insurance_policy_number == "A123456789"
    assert patient.medical_history == "Asthma\nBroken arm, 1999"
    assert sorted(ProcrastinateJob.objects.values_list("task_name", flat=True)) == [
        "accounts.send_email_link",
        "patients.find_duplicates",
        "patients.send_registration_confirmation",
    ]
    assert PASSWORD not in str(list(ProcrastinateJob.objects.values()))


def test_a_form_with_a_photo(api):
    flat = {name: value for name, value in sent().items() if not isinstance(value, dict | list)}
    flat |= {f"address.{name}": value for name, value in sent()["address"].items()}
    flat |= {"medical_history[0]": "Asthma", "document_photo": upload()}

    response = api().post(URL, flat, format="multipart")

    assert response.status_code == 201, response.json()
    patient = Patient.objects.get()
    assert (patient.zip, patient.medical_history) == ("10115", "Asthma")
    assert patient.document.uploaded_by is None
    assert len(stored_files()) == 1


def test_every_fault_is_told_in_one_answer(api):
    PatientFactory(email="grace@mail.example", phone="+4930901820")

    response = api().post(
        URL,
        sent(
            first_name="G",
            password="grace",
            confirm_password="Grace",
            date_of_birth="2020-02-30",
            gender="robot",
            address={"street": "", "city": "x" * 101, "zip": "1011", "state": "", "country": "DE"},
            emergency_contact={"name": "V", "phone": "12"},
            medical_history=["a\nb"],
            role="admin",
            is_staff=True,
            email_verified=True,
            id="01890000-0000-7000-8000-000000000000",
        ),
        format="json",
    )

    assert set(faults(response)) == {
        "first_name",
        "email",
        "phone_number",
        "password",
        "confirm_password",
        "date_of_birth",
        "gender",
        "address.street",
        "address.city",
        "address.zip",
        "emergency_contact.phone",
        "medical_history",
        "role",
        "is_staff",
        "email_verified",
        "id",
    }
    assert faults(response)["email"] == ["Email is already registered"]
    assert faults(response)["phone_number"] == ["Phone number is already registered"]
    assert faults(response)["role"] == ["Unknown field."]
    assert len(faults(response)["password"]) >= 2
    assert Patient.objects.count() == 1
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "missing",
    [
        "first_name",
        "last_name",
        "email",
        "phone_number",
        "password",
        "confirm_password",
        "date_of_birth",
        "gender",
        "address",
    ],
)
def test_what_is_needed(api, missing):
    response = api().post(URL, sent(**{missing: None}), format="json")

    assert set(faults(response)) == {missing}
    assert_nothing_happened()


@pytest.mark.parametrize("part", ["street", "city", "zip"])
def test_what_an_address_needs(api, part):
    given = address()
    del given[part]

    assert set(faults(api().post(URL, sent(address=given), format="json"))) == {f"address.{part}"}


def test_what_may_be_left_out(api):
    given = address(state="")
    del given["country"]

    response = api().post(
        URL,
        sent(emergency_contact=None, insurance_info=None, medical_history=None, address=given),
        format="json",
    )

    assert response.status_code == 201, response.json()
    assert Patient.objects.get().country == "DE"


@pytest.mark.parametrize(
    ("code", "country", "works"),
    [
        ("10115", "DE", True),
        ("1011", "DE", False),
        ("\uff11\uff10\uff11\uff11\uff15", "DE", True),
        ("", "DE", False),
        ("SW1A 1AA", "GB", True),
        ("sw1a1aa", "GB", True),
        ("10115", "GB", False),
        ("90210-1234", "US", True),
        ("K1A 0B1", "CA", True),
        ("154-0023", "JP", True),
        ("", "HK", True),
    ],
)
def test_postal_codes_are_the_countrys(api, code, country, works):
    given = address(zip=code, country=country)

    response = api().post(URL, sent(address=given), format="json")

    if works:
        assert response.status_code == 201, response.json()
    else:
        assert set(faults(response)) == {"address.zip"}


@pytest.mark.parametrize(
    ("born", "works"),
    [
        ("2013-11-23", True),  # Thirteen today, in the clinic's zone.
        ("2013-11-24", False),
        ("2026-11-23", False),
        ("1899-12-31", False),
    ],
)
@time_machine.travel("2026-11-22T23:30:00Z", tick=False)
def test_thirteen_by_the_clinics_own_day(api, born, works):
    response = api().post(URL, sent(date_of_birth=born), format="json")

    assert response.status_code == (201 if works else 422)
    assert works or set(faults(response)) == {"date_of_birth"}


@pytest.mark.parametrize(("day", "works"), [("2025-02-28", False), ("2025-03-01", True)])
def test_who_was_born_on_the_29th_of_february_is_thirteen_on_the_first_of_march(api, day, works):
    with time_machine.travel(f"{day}T12:00:00Z", tick=False):
        response = api().post(URL, sent(date_of_birth="2012-02-29"), format="json")

    assert response.status_code == (201 if works else 422)


@pytest.mark.parametrize("phone", ["030 901820\x00", "+49", "123456", "+4930901820a", 4930901820])
def test_phone_numbers_are_read_strictly(api, phone):
    assert set(faults(api().post(URL, sent(phone_number=phone), format="json"))) == {"phone_number"}


@pytest.mark.parametrize("password", ["x" * 4096, " " * 40, "😀" * 20, "x" * 4097, "Aa1-\ud800x9"])
def test_strange_passwords_are_a_clear_no(api, password):
    given = sent(password=password, confirm_password=password)

    response = api().post(URL, json.dumps(given), content_type="application/json")

    assert set(faults(response)) <= {"password", "confirm_password"}
    assert "password" in faults(response)
    assert_nothing_happened()


def test_passwords_that_differ(api):
    response = api().post(URL, sent(confirm_password=PASSWORD + "x"), format="json")

    assert faults(response) == {"confirm_password": ["The passwords don't match."]}


def test_the_address_of_a_member_of_staff_is_known_too(api):
    UserFactory(email="grace@mail.example")

    response = api().post(URL, sent(), format="json")

    assert faults(response) == {"email": ["Email is already registered"]}
    assert not Patient.objects.exists()


def test_a_repeated_request_is_answered_again(api):
    client, key = api(), {"HTTP_IDEMPOTENCY_KEY": "one"}

    first = client.post(URL, sent(), format="json", **key)
    again = client.post(URL, sent(), format="json", **key)
    other = client.post(URL, sent(password="Another-horse-9"), format="json", **key)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert Patient.objects.count() == 1
    assert PASSWORD not in IdempotencyKey.objects.get().body


def test_the_door_has_a_limit(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "register": "1/h"}
    client = api()
    client.post(URL, {}, format="json")

    response = client.post(URL, sent(), format="json")

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert_nothing_happened()


@pytest.mark.parametrize(("country", "code"), [("US", "90210"), ("IT", "00144"), ("AE", "")])
def test_a_state_is_needed_where_addresses_have_one(api, country, code):
    given = address(zip=code, country=country)
    given.pop("state", None)

    response = api().post(URL, sent(address=given), format="json")

    assert set(faults(response)) == {"address.state"}


@pytest.mark.parametrize("name", ["明", "김", "ア"])
def test_one_character_is_a_name_in_scripts_that_write_so(api, name):
    response = api().post(URL, sent(first_name=name, last_name=name), format="json")

    assert response.status_code == 201, response.json()
