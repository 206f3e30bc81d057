"""Emergency access: a doctor opens somebody else's record for a while, and everybody who must
know does."""

import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory
from patients.models import EmergencyAccess, Patient
from patients.tasks import about_emergency
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/emergency-accesses"
WHY = "Unconscious, brought in by the neighbours"


@pytest.fixture
def doctor():
    return DoctorFactory(with_account=True)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def patient():
    return PatientFactory(last_name="Noether", date_of_birth="1982-03-23", medical_history="Asthma")


def sees(doctor, patient) -> bool:
    return Patient.objects.visible_to(doctor.user).filter(pk=patient.pk).exists()


@pytest.mark.parametrize("way", ["patient_id", "number", "person"])
def test_a_doctor_opens_a_record_for_a_while(api, doctor, admin, patient, way, caplog):
    who = {
        "patient_id": {"patient_id": str(patient.pk)},
        "number": {"number": patient.record_number.lower()},
        "person": {"last_name": "noether", "date_of_birth": "1982-03-23"},
    }[way]
    client, record = api(doctor.user), f"/api/v1/patients/{patient.pk}"
    assert client.get(record).status_code == 404

    with caplog.at_level(logging.INFO, "clinic.security"):
        opened = client.post(URL, who | {"reason": WHY}, format="json")

    assert opened.status_code == 201, opened.content
    assert client.get(record).json()["medical_history"] == ["Asthma"]
    read = AccessLog.objects.get(action="emergency")
    assert (read.user, read.patients) == (doctor.user, [patient.pk])
    owed = Notification.objects.get()
    assert (owed.recipient, owed.subject_id) == (admin.email, EmergencyAccess.objects.get().pk)
    assert f"break_glass user={doctor.user.pk}" in caplog.text
    assert WHY not in caplog.text
    again = client.post(URL, {"patient_id": str(patient.pk), "reason": WHY}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    EmergencyAccess.objects.update(
        opened_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now()
    )
    assert client.get(record).status_code == 404


def test_nobody_is_found_by_less_than_all_of_it(api, doctor, patient):
    PatientFactory(last_name="Noether", date_of_birth="1982-03-23")
    client = api(doctor.user)
    for who, field in (
        ({"last_name": "Noether", "date_of_birth": "1982-03-23"}, "last_name"),
        ({"last_name": "Noet", "date_of_birth": "1982-03-23"}, "last_name"),
        ({"last_name": "Noether"}, "patient_id"),
        ({"number": "P-9999999"}, "number"),
        ({"number": patient.record_number, "patient_id": str(patient.pk)}, "patient_id"),
    ):
        answer = client.post(URL, who | {"reason": WHY}, format="json")
        assert answer.status_code == 422, who
        assert field in answer.json()["errors"], answer.json()
    short = client.post(URL, {"patient_id": str(patient.pk), "reason": "x"}, format="json")
    assert "reason" in short.json()["errors"]
    assert not EmergencyAccess.objects.exists()


def test_whoever_sees_all_or_is_no_staff_opens_nothing(api, admin, patient):
    for user in (admin, UserFactory(), PatientFactory(with_account=True).user):
        body = {"patient_id": str(patient.pk), "reason": WHY}
        assert api(user).post(URL, body, format="json").status_code == 403
    own = DoctorFactory(with_account=True)
    CareAssignmentFactory(doctor=own, patient=patient)
    body = {"patient_id": str(patient.pk), "reason": WHY}
    assert api(own.user).post(URL, body, format="json").status_code == 409


def test_it_is_shut_early_and_looked_at_once(api, doctor, admin, patient):
    client, body = api(doctor.user), {"patient_id": str(patient.pk), "reason": WHY}
    path = f"{URL}/{client.post(URL, body, format='json').json()['id']}"
    other = DoctorFactory(with_account=True)

    assert api(other.user).post(f"{path}/end").status_code == 404
    assert client.post(f"{path}/review").status_code == 403
    assert client.post(f"{path}/end").status_code == 200
    assert not sees(doctor, patient)
    assert client.post(f"{path}/end").status_code == 404
    boss = api(admin)
    assert [one["reason"] for one in boss.get(URL).json()["results"]] == [WHY]
    assert boss.post(f"{path}/review").json()["reviewed_at"]
    assert boss.post(f"{path}/review").status_code == 409


def test_the_console_asks_opens_tells_and_is_told(doctor, admin, patient):
    browser = signed_in(doctor.user)
    page = "/admin/emergency/"
    assert "Open the record" in browser.get(page).content.decode()
    refused = browser.post(page, {"reason": WHY}).content.decode()
    assert "Give the record number, or last name and date of birth." in refused
    data = {"number": patient.record_number, "reason": WHY}

    opened = browser.post(page, data, follow=True)

    assert opened.redirect_chain[-1][0] == f"/admin/patients/patient/{patient.pk}/change/"
    text = opened.content.decode()
    assert "The administrators are told." in text
    assert "Shut the record" in text
    access = EmergencyAccess.objects.get()
    boss = signed_in(admin)
    menu = boss.get("/admin/patients/emergencyaccess/").content.decode()
    assert 'Emergencies <span class="count">1' in menu
    shown = boss.get(f"/admin/patients/emergencyaccess/{access.pk}/change/").content.decode()
    assert WHY in shown
    assert "I have looked at it" in shown
    boss.post(f"/admin/patients/emergencyaccess/{access.pk}/review/")
    access.refresh_from_db()
    assert access.reviewed_by == admin
    browser.post(f"/admin/patients/emergencyaccess/{access.pk}/end/")
    assert not sees(doctor, patient)


def test_the_mail_names_neither_patient_nor_reason(doctor, admin, patient, api):
    body = {"patient_id": str(patient.pk), "reason": WHY}
    api(doctor.user).post(URL, body, format="json")
    job = ProcrastinateJob.objects.get(task_name="patients.send_emergency")
    assert set(job.args) == {"notification_id"}
    told = about_emergency(Notification.objects.get())
    assert told["link"].endswith(f"/admin/patients/emergencyaccess/{told['access'].pk}/change/")
    assert mail.outbox == []


def test_the_reason_is_encrypted(doctor, admin, patient, api):
    body = {"patient_id": str(patient.pk), "reason": WHY}
    api(doctor.user).post(URL, body, format="json")
    with connection.cursor() as cursor:
        for table in ("patients_emergencyaccess", "patients_emergencyaccessevent"):
            cursor.execute(f"SELECT reason FROM {table}")
            assert all(reason and WHY not in reason for (reason,) in cursor.fetchall())
