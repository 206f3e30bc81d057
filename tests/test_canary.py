"""What is told in confidence, typed at every door, stands nowhere in the clear: in no row of the
database and in no file."""

from importlib import import_module
from itertools import count

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange, VisitNote
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.encryption import TEXT, EncryptedTextField
from clinic.operations.reencryption import fields, reencrypt
from doctors.tests.factories import DoctorFactory
from patients.models import Note, Patient
from patients.tests.factories import PatientFactory
from tests.canary import files_with, tables_with

pytestmark = pytest.mark.django_db

CANARY = "Canarybird"
NUMBERS = count(1)


def word() -> str:
    """The canary, told apart by where it was let in."""
    return f"{CANARY} {next(NUMBERS)}"


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


def test_confidences_are_encrypted_whichever_door_they_come_through(api, admin, tmp_path):
    by_api(api, admin)
    by_console(admin)
    by_patient(api)
    by_file(admin, tmp_path)

    assert tables_with(CANARY) == {}
    assert files_with(CANARY) == {}
    visits = [visit for visit in Appointment.objects.all() if CANARY in visit.reason]
    assert len(visits) >= 3
    assert [one for one in AppointmentChange.objects.all() if CANARY in one.reason]
    assert [one for one in Note.objects.all() if CANARY in one.text]
    assert [one for one in VisitNote.objects.all() if CANARY in one.text]
    assert len([one for one in Patient.objects.all() if CANARY in one.medical_history]) >= 3


def by_api(api, admin) -> None:
    client, doctor, patient = api(admin), DoctorFactory(), PatientFactory()
    told = {"medical_history": [word()], "insurance_info": {"policy_number": word()}}
    answer = client.patch(f"/api/v1/patients/{patient.pk}", told, format="json")
    assert answer.status_code == 200, answer.content
    body = {
        "doctor_id": doctor.pk,
        "patient_id": patient.pk,
        "duration_minutes": 30,
        "reason": word(),
    }
    for hour in (9, 10):
        answer = client.post(
            "/api/v1/appointments",
            {**body, "starts_at": next_monday(hour).isoformat()},
            format="json",
            HTTP_IDEMPOTENCY_KEY=f"book{hour}",
        )
        assert answer.status_code == 201, answer.content
    gone = client.post(
        f"/api/v1/appointments/{answer.json()['id']}/cancel",
        {"reason": word()},
        format="json",
        HTTP_IDEMPOTENCY_KEY="cancel",
    )
    assert gone.status_code == 200, gone.content


def by_console(admin) -> None:
    desk, patient = signed_in(Role.ADMIN), PatientFactory()
    visit = AppointmentFactory(patient=patient, starts_at=next_monday(12))
    pages = {
        reverse("admin:patients_patient_note", args=[patient.pk]): {"text": word()},
        f"/admin/appointments/appointment/{visit.pk}/notes/": {"text": word()},
        f"/admin/appointments/appointment/{visit.pk}/reason/": {"reason": word()},
    }
    for address, form in pages.items():
        answer = desk.post(address, form)
        assert answer.status_code in (200, 302), (address, answer.status_code)


def by_patient(api) -> None:
    patient = PatientFactory(with_account=True, email_verified_at=timezone.now())
    doctor = DoctorFactory()
    visit = AppointmentFactory(patient=patient, doctor=doctor, starts_at=next_monday(14))
    answer = api(patient.user).post(
        f"/api/v1/appointments/{visit.pk}/cancel", {"reason": word()}, format="json"
    )
    assert answer.status_code == 200, answer.content


def by_file(admin, tmp_path) -> None:
    file = tmp_path / "patients.csv"
    file.write_text(
        "first_name,last_name,date_of_birth,medical_history,insurance_policy_number\n"
        f"Ada,Byron,1990-01-02,{word()},{word()}\n"
        f"Eva,Byrom,1991-01-02,{word()},{word()}\n"
    )
    call_command("import_patients", str(file), "--by", admin.email, verbosity=0)


def test_rows_of_before_are_read_and_encrypted_in_place(admin):
    """As an upgrade finds them, and old processes still write them while it goes on."""
    visit = AppointmentFactory(reason="")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE appointments_appointment SET reason = %s", [CANARY])
    visit = Appointment.objects.get()
    assert visit.reason == CANARY
    assert tables_with(CANARY)
    events = Appointment.pgh_event_model.objects.count()

    for field in fields():
        if field.model in (Appointment, Appointment.pgh_event_model):
            list(reencrypt(field))

    assert tables_with(CANARY) == {}
    assert Appointment.objects.get().reason == CANARY
    assert Appointment.pgh_event_model.objects.count() == events


def test_the_migration_encrypts_what_there_is_without_an_event():
    AppointmentFactory(reason="")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE appointments_appointment SET reason = %s", [CANARY])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    events = Appointment.pgh_event_model.objects.count()
    migration = import_module("appointments.migrations.0007_reasons_encrypted").Migration

    with connection.schema_editor() as editor:
        for operation in migration.operations[1:]:
            operation.code(apps, editor)

    assert "appointments_appointment" not in tables_with(CANARY).get(CANARY, [])
    assert Appointment.objects.get().reason == CANARY
    assert Appointment.pgh_event_model.objects.count() == events


def test_columns_of_confidences_are_encrypted():
    """A new field whose name sounds like one of these is one, or says here why it isn't."""
    telling = ("history", "policy", "secret")
    plain = [
        f"{model._meta.label}.{one.name}"
        for model in apps.get_models()
        for one in model._meta.concrete_fields
        if any(part in one.name for part in telling)
        and one.get_internal_type() == "TextField"
        and not isinstance(one, EncryptedTextField)
    ]
    assert plain == []
    assert TEXT not in CANARY
