"""What values are taken for, to the letter, and everything wrong is told at once."""

import json
from datetime import timedelta

import pytest

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from clinic.tests.problems import V1, check_problem
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _far_days(settings):
    """What is tried here are forms of a time, which never comes closer."""
    settings.TIME_HORIZON = timedelta(days=100 * 366)


DOCTOR = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@clinic.example",
    "specialization": "Cardiology",
}


def post(client, path, data):
    body = json.dumps(data).replace("Infinity", "1e400")  # Which JSON may say.
    return client.generic("POST", f"{V1}/{path}", body, content_type="application/json")


def create_doctor(api, **fields):
    return post(api(UserFactory(role="admin")), "doctors", {**DOCTOR, **fields})


def book(api, **fields):
    booking = {
        "doctor_id": str(DoctorFactory().pk),
        "patient_id": str(PatientFactory().pk),
        "starts_at": "2090-05-01T10:00:00Z",
        "duration_minutes": 30,
    }
    return post(api(UserFactory()), "appointments", {**booking, **fields})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2090-05-01T10:00:00Z", "2090-05-01T10:00:00Z"),
        ("2090-05-01t10:00:00z", "2090-05-01T10:00:00Z"),
        ("2090-05-01T10:00:00.5+02:00", "2090-05-01T08:00:00.500000Z"),
        ("2090-05-01T10:00:00.123456Z", "2090-05-01T10:00:00.123456Z"),
        ("2090-05-01T10:00:00-00:00", "2090-05-01T10:00:00Z"),
        ("2090-05-01T10:00:00+14:00", "2090-04-30T20:00:00Z"),
        ("2090-05-01T10:00:00-12:00", "2090-05-01T22:00:00Z"),
        ("2092-02-29T10:00:00+05:45", "2092-02-29T04:15:00Z"),
    ],
)
def test_instants_are_taken_with_their_offset_and_told_in_utc(api, given, told):
    response = book(api, starts_at=given)

    assert response.status_code == 201, response.content
    assert response.json()["starts_at"] == told


@pytest.mark.parametrize(
    "given",
    [
        "2090-05-01T10:00:00",
        "2090-05-01",
        "2090-05-01 10:00:00Z",
        "2090-05-01T10:00Z",
        "2090-05-01T24:00:00Z",
        "2090-05-01T23:59:60Z",
        "2090-W18-1T10:00:00Z",
        "2090-121T10:00:00Z",
        "20900501T100000Z",
        "2090-05-01T10:00:00.1234567Z",
        "2090-05-01T10:00:00.Z",
        "2090-05-01T10:00:00,5Z",
        "2090-05-01T10:00:00+0200",
        "2090-05-01T10:00:00+02",
        "2090-05-01T10:00:00+14:01",
        "2090-05-01T10:00:00-12:01",
        "2090-05-01T10:00:00+23:59",
        "2090-05-01T10:00:00+02:60",
        "2090-05-01T10:00:00\u221202:00",
        "2090-02-30T10:00:00Z",
        "2091-02-29T10:00:00Z",
        "0000-01-01T10:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+14:00",
        "\uff12\uff10\uff19\uff10-05-01T10:00:00Z",
        "2090-05-01T10:00:00Z\n",
        "2090-05-01T10:00:00Z\x00",
        "",
        None,
        3796876800,
        True,
        ["2090-05-01T10:00:00Z"],
        {},
    ],
)
def test_anything_else_is_no_instant(api, given):
    check_problem(book(api, starts_at=given), 422, "validation_error", "starts_at")
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "given", ["30", "1_5", 30.0, 30.5, True, None, [30], {}, 1e400, 10**30, "\uff13\uff10", -30, 0]
)
def test_only_whole_numbers_are_numbers(api, given):
    check_problem(book(api, duration_minutes=given), 422, "validation_error", "duration_minutes")
    check_problem(create_doctor(api, default_duration_minutes=given), 422, "validation_error")
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("given", ["true", "yes", 1, 0, "", None, []])
def test_only_true_and_false_are_truths(api, given):
    check_problem(create_doctor(api, is_active=given), 422, "validation_error", "is_active")
    check_problem(book(api, overbook=given), 422, "validation_error", "overbook")


@pytest.mark.parametrize("given", [1, True, None, [], {}, 1.5, ["a"]])
def test_only_strings_are_text(api, given):
    names = ("first_name", "specialization", "email", "phone", "license_number")

    response = create_doctor(api, **dict.fromkeys(names, given))

    check_problem(response, 422, "validation_error", *names)
    assert not Doctor.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        "abc",
        "",
        1,
        None,
        "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        "01890a5dac96774bbcceb302099a8057",
        "01890a5d-ac96-774b-bcce-b302099a805\uff17",
    ],
)
def test_an_id_in_a_body_is_a_uuid(api, given):
    check_problem(
        book(api, doctor_id=given, patient_id=given),
        422,
        "validation_error",
        "doctor_id",
        "patient_id",
    )


@pytest.mark.parametrize("id", ["1", "abc", "0" * 32, "%00", "null", "01890a5d-ac96-774b-bcce-x"])
@pytest.mark.parametrize("path", ["patients", "doctors", "appointments"])
def test_an_id_in_an_address_that_is_no_uuid_is_not_found(api, path, id):
    check_problem(api(UserFactory(role="admin")).get(f"{V1}/{path}/{id}"), 404, "not_found")


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "tab\tinside", "line\nbreak", "bell\x07", "\x7f", "c1\x85x"]
)
def test_control_characters_and_lone_surrogates_are_refused(api, text):
    response = create_doctor(api, first_name=text, specialization=text, license_number=f"x{text}y")

    check_problem(
        response, 422, "validation_error", "first_name", "specialization", "license_number"
    )
    assert not Doctor.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien-Ångström",
        "Zoe\u0301",
        "محمد",
        "山田 太郎",
        "👩🏽‍⚕️",
        "<script>alert(1)</script>",
        "'; DROP TABLE x; --",
        "{{ 7 * 7 }}",
    ],
)
def test_names_are_stored_and_told_as_they_are(api, name):
    response = create_doctor(api, last_name=name)

    assert response.json()["last_name"] == name
    assert Doctor.objects.get().last_name == name


def test_values_of_100_kb_are_refused_by_name(api):
    response = create_doctor(api, **dict.fromkeys(DOCTOR, "x" * 100_000), phone="1" * 100_000)

    check_problem(response, 422, "validation_error", *DOCTOR, "phone")
    assert len(response.content) < 2000


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("+4930123456", "+4930123456"),
        ("030 123456", "+4930123456"),
        ("(030) 123456", "+4930123456"),
        ("0049 30 123456", "+4930123456"),
        ("+1 202-555-0143", "+12025550143"),
    ],
)
def test_phones_are_taken_in_the_national_form_and_told_in_e164(api, given, told):
    assert create_doctor(api, phone=given).json()["phone"] == told


@pytest.mark.parametrize(
    "given",
    [
        "+4930123456\x00",
        "\uff10\uff13\uff10123456",
        "0800-FLOWERS",
        "123",
        "+49",
        "+999123456789",
        "x" * 20,
    ],
)
def test_what_is_no_phone_number_is_refused(api, given):
    check_problem(create_doctor(api, phone=given), 422, "validation_error", "phone")


def test_email_addresses_are_stored_in_lower_case_and_compared_without_regard_to_it(api):
    assert create_doctor(api, email="Grace@Clinic.EXAMPLE").json()["email"] == DOCTOR["email"]

    again = create_doctor(api, email="GRACE@clinic.example")

    check_problem(again, 409, "already_registered", "email")
    assert Doctor.objects.count() == 1


def test_a_known_email_beside_another_fault_is_told_with_it(api):
    DoctorFactory(email=DOCTOR["email"])

    response = create_doctor(api, phone="12", nothing=1, default_duration_minutes=14)

    check_problem(
        response,
        422,
        "validation_error",
        "email",
        "phone",
        "nothing",
        "default_duration_minutes",
    )


@pytest.mark.parametrize("name", ["\ud800", "a.b", "id", "created_at", "user", "__class__", "\x00"])
def test_an_unknown_field_is_refused_and_named(api, name):
    body = check_problem(create_doctor(api, **{name: "x"}), 422, "validation_error")

    assert list(body["errors"]) == [name.replace("\ud800", "\\ud800")]
    assert not Doctor.objects.exists()
