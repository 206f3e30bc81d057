from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AccessLog, OneTimeToken, PhoneCode
from accounts.one_time import new_code, new_token
from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.encryption import opened_argument
from clinic.models import Notification
from clinic.sms import locmem
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import Patient
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    now = timezone.now()
    return PatientFactory(
        with_account=True,
        email_verified_at=now,
        phone_verified_at=now,
        street="Uferweg 7",
        city="Berlin",
        zip="10115",
        medical_history="Asthma",
    )


def url(patient) -> str:
    return f"/api/v1/patient/profile/{patient.pk}"


def events() -> list[tuple[str, str]]:
    rows = Notification.objects.order_by("event").values_list("event", "recipient")
    return [(event.partition(":")[0], recipient) for event, recipient in rows]


def test_patients_read_their_profile(api, patient):
    response = api(patient.user).get(url(patient))

    assert response.status_code == 200
    body = response.json()
    assert (body["success"], set(body)) == (True, {"success", "message", "data"})
    data = body["data"]
    assert data["patient_id"] == str(patient.pk)
    assert data["phone_number"] == patient.phone
    assert (data["email_verified"], data["phone_verified"]) == (True, True)
    assert data["address"]["zip"] == "10115"
    assert data["medical_history"] == ["Asthma"]
    assert data["insurance_info"] is None
    assert list(AccessLog.objects.values_list("action", "patients")) == [("read", [patient.pk])]
    known = api(patient.user).get(url(patient), HTTP_IF_NONE_MATCH=response["ETag"])
    assert known.status_code == 304


@pytest.mark.parametrize(
    "who", ["anonymous", "stranger", "unassigned", "assigned", "desk", "admin"]
)
def test_who_reads_a_profile(api, patient, who):
    doctor = DoctorFactory(user=UserFactory(role=Role.DOCTOR))
    if who == "assigned":
        CareAssignmentFactory(doctor=doctor, patient=patient)
    user = {
        "anonymous": lambda: None,
        "stranger": lambda: PatientFactory(with_account=True).user,
        "unassigned": lambda: doctor.user,
        "assigned": lambda: doctor.user,
        "desk": UserFactory,
        "admin": lambda: UserFactory(role=Role.ADMIN),
    }[who]()

    read = api(user).get(url(patient)).status_code
    change = api(user).patch(url(patient), {"address": {"city": "Bonn"}}, format="json").status_code

    assert (read, change) == {
        "anonymous": (401, 401),
        "stranger": (404, 404),
        "unassigned": (404, 403),
        "assigned": (200, 403),
        "desk": (200, 200),
        "admin": (200, 200),
    }[who]


def test_patients_change_their_contact_data(api, patient):
    response = api(patient.user).patch(
        url(patient),
        {
            "address": {"street": "Am Markt 1", "city": "Bonn", "zip": "53111"},
            "emergency_contact": {"name": "Vincent Foster", "phone": "030 901821"},
        },
        format="json",
    )

    assert response.status_code == 200, response.json()
    stored = Patient.objects.get()
    assert (stored.street, stored.city, stored.zip) == ("Am Markt 1", "Bonn", "53111")
    assert stored.emergency_contact_phone == "+4930901821"
    assert response.json()["data"]["address"]["city"] == "Bonn"
    assert stored.email_verified_at
    assert stored.phone_verified_at
    assert not Notification.objects.exists()


def test_patients_change_nothing_else(api, patient):
    body = {
        "first_name": "Eve",
        "last_name": "Eve",
        "date_of_birth": "1990-01-01",
        "gender": "male",
        "medical_history": [],
        "insurance_info": {"provider": "X"},
        "patient_id": "x",
        "record_number": "P-1",
        "email_verified": False,
        "phone_verified": False,
        "role": "admin",
        "is_staff": True,
        "id": "x",
    }

    response = api(patient.user).patch(url(patient), body, format="json")

    assert response.status_code == 422
    assert set(response.json()["errors"]) == set(body)


def test_the_service_keeps_patients_from_changing_more(patient):
    patient.last_name, patient.city = "Eve", "Bonn"

    with pytest.raises(ValidationError) as caught:
        services.change(patient, by=patient.user)

    assert set(caught.value.error_dict) == {"last_name"}
    assert Patient.objects.get().city == "Berlin"


def test_the_front_desk_changes_everything(api, patient):
    response = api(UserFactory()).patch(
        url(patient), {"last_name": "Meyer", "medical_history": ["None"]}, format="json"
    )

    assert response.status_code == 200, response.json()
    assert Patient.objects.get().last_name == "Meyer"
    patient.user.refresh_from_db()
    assert patient.user.last_name == "Meyer"


def test_a_postal_code_must_fit_the_country_that_is_on_record(api, patient):
    client = api(patient.user)

    wrong = client.patch(url(patient), {"address": {"country": "GB"}}, format="json")
    right = client.patch(
        url(patient), {"address": {"country": "GB", "zip": "SW1A 1AA"}}, format="json"
    )

    assert set(wrong.json()["errors"]) == {"address.zip"}
    assert right.status_code == 200, right.json()


def test_a_change_of_what_was_changed_meanwhile(api, patient):
    client = api(patient.user)
    tag = client.get(url(patient))["ETag"]
    body = {"address": {"city": "Bonn"}}

    assert client.patch(url(patient), body, format="json", HTTP_IF_MATCH=tag).status_code == 200
    assert client.patch(url(patient), body, format="json", HTTP_IF_MATCH=tag).status_code == 412


def test_a_new_address_from_the_desk_is_verified_anew_and_the_old_one_told(api, patient):
    old = patient.email
    dead = new_token(patient.user, OneTimeToken.Purpose.RESET_PASSWORD)

    response = api(UserFactory()).patch(url(patient), {"email": "New@Mail.Example"}, format="json")

    assert response.status_code == 200, response.json()
    data = response.json()["data"]
    assert (data["email"], data["email_verified"], data["phone_verified"]) == (
        "new@mail.example",
        False,
        True,
    )
    patient.user.refresh_from_db()
    assert patient.user.email == "new@mail.example"
    assert events() == [("email_changed", old), ("verify_email", "new@mail.example")]
    reset = {"token": dead, "new_password": "Wrong-horse-77", "confirm_password": "Wrong-horse-77"}
    refused = api().post("/api/v1/auth/password/reset/confirm", reset, format="json")
    assert set(refused.json()["errors"]) == {"token"}


def test_a_new_number_is_verified_anew_and_the_old_one_told(api, patient):
    new_code(patient.user, str(patient.phone))

    response = api(patient.user).patch(url(patient), {"phone_number": "030 901999"}, format="json")

    data = response.json()["data"]
    assert (data["email_verified"], data["phone_verified"]) == (True, False)
    assert events() == [("phone_changed", patient.email)]
    assert not PhoneCode.objects.exists()
    jobs = ProcrastinateJob.objects.order_by("task_name").values_list("task_name", "args")
    first, *_, last = jobs
    assert first == ("accounts.send_phone_code", {"user_id": str(patient.user.pk)})
    name, told = last
    assert (name, UUID(told.pop("key")).version) == ("patients.text_old_phone", 7)
    assert opened_argument(told.pop("phone")) == str(patient.phone)
    assert told == {"language": "en"}
    assert not locmem.outbox


def test_staff_change_the_contacts_of_a_patient_without_an_account(api):
    patient = PatientFactory(email="old@mail.example")

    response = api(UserFactory()).patch(
        f"/api/v1/patients/{patient.pk}", {"email": "new@mail.example"}, format="json"
    )

    assert response.status_code == 200, response.json()
    assert events() == [("email_changed", "old@mail.example")]


def test_a_known_address_is_a_conflict(api, patient):
    PatientFactory(email="taken@mail.example")
    UserFactory(email="staff@mail.example")
    client = api(patient.user)

    for email in ("taken@mail.example", "staff@mail.example"):
        given = {"email": email, "current_password": PASSWORD}
        response = client.patch(url(patient), given, format="json")
        assert (response.status_code, response.json()["code"]) == (409, "already_registered")
        assert response.json()["errors"] == {"email": ["Email is already registered"]}

    assert Patient.objects.get(pk=patient.pk).email == patient.email
    assert not Notification.objects.exists()


def test_an_old_copy_of_the_record_takes_no_mark_back(patient):
    copy = Patient.objects.get(pk=patient.pk)
    Patient.objects.update(email_verified_at=None)
    copy.city = "Bonn"

    services.change(copy, by=UserFactory())

    assert Patient.objects.get().email_verified_at is None


def test_deleting_a_patient_closes_the_account(api, patient):
    client = api(patient.user)

    services.delete(Patient.objects.get(pk=patient.pk), by=UserFactory(role=Role.ADMIN))

    assert client.get("/api/v1/auth/me").status_code == 401
    assert not Patient.objects.exists()
