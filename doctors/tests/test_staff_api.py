"""An admin opens accounts of staff; a doctor's comes with its record."""

import pytest

from accounts.models import User
from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

URL, LOGIN, ME = "/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/me"
DESK = {
    "email": "Kim@Clinic.example",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "role": "receptionist",
    "first_name": "Kim",
    "last_name": "Ito",
}
DOCTOR = DESK | {"role": "doctor", "specialization": "Cardiology", "license_number": "L-1"}


@pytest.fixture
def admin(api):
    return api(UserFactory(role=Role.ADMIN))


def register(client, data: dict):
    return client.post(URL, data, format="json")


def without(data: dict, *names: str) -> dict:
    return {name: value for name, value in data.items() if name not in names}


def log_in(api, password: str = PASSWORD):
    given = {"username": DESK["email"], "password": password}
    return api().post(LOGIN, given, format="json")


@pytest.mark.parametrize("role", ["admin", "receptionist"])
def test_an_account_is_opened_and_signs_in(api, admin, role):
    response = register(admin, DESK | {"role": role, "phone": "030 901820"})

    assert response.status_code == 201, response.content
    user = User.objects.get(email="kim@clinic.example")
    assert response.json() == {
        "id": str(user.pk),
        "email": "kim@clinic.example",
        "first_name": "Kim",
        "last_name": "Ito",
        "role": role,
        "phone": "+4930901820",
        "doctor_id": None,
        "patient_id": None,
        "acts_for": [],
    }
    assert user.password.startswith("bcrypt_sha256$")
    assert log_in(api).json()["role"] == role
    assert not Doctor.objects.exists()


def test_a_doctors_account_comes_with_its_record(api, admin):
    response = register(admin, DOCTOR | {"phone": "030 901820"})

    assert response.status_code == 201, response.content
    doctor = Doctor.objects.get()
    assert response.json()["doctor_id"] == str(doctor.pk)
    assert response.json()["phone"] == ""
    assert doctor.user.email == doctor.email == "kim@clinic.example"
    assert (doctor.first_name, doctor.specialization) == ("Kim", "Cardiology")
    assert (doctor.license_number, str(doctor.phone)) == ("L-1", "+4930901820")
    assert doctor.is_active
    doctor.user.must_change_password = False  # As once it is changed.
    doctor.user.save()
    token = log_in(api).json()["access_token"]
    me = api().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").json()
    assert (me["doctor_id"], me["patient_id"]) == (str(doctor.pk), None)


def test_a_record_without_an_account_is_linked_and_takes_over_what_is_sent(admin):
    doctor = DoctorFactory(
        email="kim@clinic.example", specialization="Surgery", phone="+4930901820"
    )

    response = register(admin, without(DOCTOR, "specialization"))

    assert response.status_code == 201, response.content
    assert response.json()["doctor_id"] == str(doctor.pk)
    doctor.refresh_from_db()
    assert (doctor.last_name, doctor.license_number) == ("Ito", "L-1")
    assert (doctor.specialization, str(doctor.phone)) == ("Surgery", "+4930901820")
    assert Doctor.objects.count() == 1


@pytest.mark.parametrize("data", [DESK, DOCTOR])
@pytest.mark.parametrize("known", ["account", "doctor"])
def test_a_known_address_is_a_conflict(admin, data, known):
    if known == "account":
        UserFactory(email="kim@clinic.example", role=Role.PATIENT)
    else:
        DoctorFactory(email="kim@clinic.example", with_account=True)
    before = User.objects.count()

    response = register(admin, data)

    assert (response.status_code, response.json()["code"]) == (409, "already_registered")
    assert response.json()["errors"] == {"email": ["Email is already registered"]}
    assert User.objects.count() == before


def test_every_fault_is_told_in_one_answer(admin):
    response = register(
        admin,
        {
            "email": "nonsense",
            "password": "short",
            "confirm_password": "other",
            "role": "patient",
            "last_name": "\x07",
            "phone": "12",
            "specialization": "",
            "is_staff": True,
            "id": "1",
        },
    )

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {
        *("email", "password", "confirm_password", "role", "first_name", "last_name"),
        *("phone", "specialization", "is_staff", "id"),
    }
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (
            {"password": "Kim@Clinic.example1", "confirm_password": "Kim@Clinic.example1"},
            "password",
        ),
        ({"password": "password", "confirm_password": "password"}, "password"),
        ({"confirm_password": PASSWORD + " "}, "confirm_password"),
        ({"role": "doctor"}, "specialization"),
        ({"specialization": "Surgery"}, "specialization"),
        ({"license_number": "L-1"}, "license_number"),
        ({"first_name": ""}, "first_name"),
        ({"email_verified": True}, "email_verified"),
    ],
)
def test_what_is_wrong_is_named(admin, change, fields):
    response = register(admin, DESK | change)

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {fields}
    assert PASSWORD not in response.content.decode()


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR, Role.PATIENT])
def test_nobody_else_opens_accounts(api, role):
    assert register(api(UserFactory(role=role)), DESK).status_code == 403
    assert register(api(), DESK).status_code == 401
    assert User.objects.count() == 1
