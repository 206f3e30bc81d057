from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.mail import owe
from doctors.tests.factories import DoctorFactory
from patients import services, tasks
from patients.models import RelatedPerson
from patients.photos import clean_photo
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def doctor():
    return DoctorFactory(user=UserFactory(role=Role.DOCTOR))


@pytest.fixture
def patient(doctor):
    patient = PatientFactory(
        with_account=True,
        phone="+4930901820",
        medical_history="Asthma\nHay fever",
        insurance_policy_number="A123",
    )
    services.replace_document(patient, clean_photo(upload()), by=patient.user)
    CareAssignmentFactory(doctor=doctor, patient=patient)
    AppointmentFactory(patient=patient, doctor=doctor, reason="Cough")
    AppointmentFactory(patient=patient, starts_at=next_monday(14), reason="With somebody else")
    AppointmentFactory(reason="Of somebody else")
    RelatedPerson.objects.create(
        patient=patient, name="Eva Roth", phone="+4930901829", relationship="spouse"
    )
    owe("patient_registered:1", patient.email, patient.pk, tasks.send_registration_confirmation)
    owe("patient_registered:2", "x@mail.example", doctor.pk, tasks.send_registration_confirmation)
    begin_by_api(patient.user, address="192.0.2.7")
    return patient


def export(api, user, patient):
    return api(user).get(f"/api/v1/patient/profile/{patient.pk}/export")


def test_patients_get_everything(api, patient):
    response = export(api, patient.user, patient)

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert patient.record_number in response["Content-Disposition"]
    data = response.json()
    assert set(data) == {
        "record",
        "document",
        "doctors",
        "related_persons",
        "notifications",
        "access_log",
        "account",
        "sign_ins",
        "appointments",
    }
    assert data["record"]["phone"] == "+4930901820"
    assert data["record"]["address"]["country"] == "DE"
    assert data["record"]["medical_history"] == ["Asthma", "Hay fever"]
    assert data["record"]["insurance_info"]["policy_number"] == "A123"
    image = Image.open(BytesIO(b64decode(data["document"]["content_base64"])))
    assert (image.width, image.height) == (data["document"]["width"], data["document"]["height"])
    assert sorted(each["reason"] for each in data["appointments"]) == [
        "Cough",
        "With somebody else",
    ]
    assert len(data["doctors"]) == 1
    [related] = data["related_persons"]
    assert (related["name"], related["relationship"]) == ("Eva Roth", "spouse")
    assert "+4930901829" not in response.content.decode()
    assert [mail["event"] for mail in data["notifications"]] == ["patient_registered:1"]
    assert data["account"]["email"] == patient.email
    assert "192.0.2.7" in [each["address"] for each in data["sign_ins"]]
    assert [access["action"] for access in data["access_log"]] == ["export"]
    for secret in (
        patient.user.password,
        *patient.user.sign_ins.values_list("refresh_id", flat=True),
    ):
        assert secret not in response.content.decode()


def test_administrators_get_it_too_and_are_noted(api, patient):
    admin = UserFactory(role=Role.ADMIN)

    response = export(api, admin, patient)

    assert set(response.json()) >= {"account", "access_log", "document"}
    assert AccessLog.objects.get().user == admin


def test_doctors_get_what_they_may_see(api, patient, doctor):
    data = export(api, doctor.user, patient).json()

    assert set(data) == {"record", "document", "doctors", "related_persons", "appointments"}
    assert data["document"] is None
    assert [each["reason"] for each in data["appointments"]] == ["Cough"]


def test_the_front_desk_sees_no_sign_ins(api, patient):
    data = export(api, UserFactory(), patient).json()

    assert set(data) == {"record", "document", "doctors", "related_persons", "appointments"}
    assert data["document"]["content_type"] == "image/jpeg"


@pytest.mark.parametrize("who", ["anonymous", "stranger", "unassigned"])
def test_nobody_else_gets_it(api, patient, who):
    user = {
        "anonymous": lambda: None,
        "stranger": lambda: PatientFactory(with_account=True).user,
        "unassigned": lambda: DoctorFactory(user=UserFactory(role=Role.DOCTOR)).user,
    }[who]()

    response = export(api, user, patient)

    assert response.status_code == (401 if who == "anonymous" else 404)
    assert not AccessLog.objects.exists()


def test_a_record_with_little_on_it(api):
    patient = PatientFactory()

    data = export(api, UserFactory(role=Role.ADMIN), patient).json()

    assert (data["account"], data["document"], data["appointments"]) == (None, None, [])
    assert data["record"]["medical_history"] == []
