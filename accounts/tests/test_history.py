"""Who changed what: events bear who was at work, whichever door the change came through."""

import json
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import sql

from accounts.changes import event_models
from accounts.models import EmailChange, FactorReset, Passkey, SecondFactor, User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import (
    Appointment,
    AppointmentResource,
    AppointmentSeries,
    GroupSession,
    SeriesDate,
    SlotOffer,
    WaitlistEntry,
)
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.history import at_work
from clinic.models import FileTransfer
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    HealthcareService,
    HoursService,
    Location,
    Resource,
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
    WorkingHours,
)
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)
from patients.models import (
    CareAssignment,
    EmergencyAccess,
    IdentityDocument,
    Invitation,
    MergeRecord,
    Note,
    Patient,
    RelatedPerson,
)
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

REQUEST = "request-0001"
ADDRESS = "203.0.113.9"
FROM = {"HTTP_X_REQUEST_ID": REQUEST, "REMOTE_ADDR": ADDRESS}


def last(record):
    """The latest event of the record."""
    return type(record).pgh_event_model.objects.filter(pgh_obj=record.pk).latest("pgh_id")


def work(record) -> dict:
    return last(record).pgh_context


def test_every_model_that_matters_is_tracked():
    assert {model.pgh_tracked_model for model in event_models()} == {
        User, SecondFactor, Passkey, FactorReset,
        Doctor, Patient, IdentityDocument, CareAssignment, Appointment,
        MergeRecord, WorkingHours, Absence, ExtraHours, Closure, WaitlistEntry, SlotOffer,
        FileTransfer, Note, EmailChange, Invitation, RelatedPerson,
        Location, HealthcareService, ServiceDoctor, ServiceLocation, ServiceNeed, HoursService,
        Resource, ResourceOutage, AppointmentResource, AppointmentSeries, SeriesDate,
        GroupSession, EmergencyAccess,
    }  # fmt: skip


def test_no_event_holds_a_secret():
    fields = {(m.pgh_tracked_model, f.name) for m in event_models() for f in m._meta.fields}

    assert not fields & {
        (User, "password"), (SecondFactor, "secret"), (SecondFactor, "last_step"),
        (Passkey, "public_key"), (EmailChange, "digest"), (Invitation, "digest"),
    }  # fmt: skip


def test_an_event_bears_who_changed_a_record_by_the_api(api):
    desk = UserFactory()
    patient = PatientFactory()

    response = api(desk).patch(
        f"/api/v1/patients/{patient.pk}", {"last_name": "Hopper"}, format="json", **FROM
    )

    assert response.status_code == 200
    assert last(patient).last_name == "Hopper"
    assert work(patient) == {
        "door": "api",
        "what": f"PATCH /api/v1/patients/{patient.pk}",
        "user": str(desk.pk),
        "address": ADDRESS,
        "request_id": response["X-Request-ID"],
        "client_request_id": REQUEST,
    }


def test_a_session_does_not_speak_for_a_request_to_the_api():
    client = signed_in(Role.ADMIN)
    data = {"name": "Ada Lovelace", "email": "ada@mail.example", "phone": "+4915112345678"}

    response = client.post("/api/v1/patients", {**data, "document_photo": upload()}, **FROM)

    assert response.status_code == 201
    assert work(Patient.objects.get())["user"] is None


def test_an_event_bears_who_changed_a_record_in_the_console():
    admin, doctor = UserFactory(role=Role.ADMIN), DoctorFactory()
    data = {
        "first_name": "Grace", "last_name": "Hopper", "specialization": "Surgery",
        "email": doctor.email, "is_active": "on", "default_duration_minutes": "30",
    }  # fmt: skip

    response = signed_in(admin).post(f"/admin/doctors/doctor/{doctor.pk}/change/", data, **FROM)

    assert response.status_code == 302
    assert last(doctor).first_name == "Grace"
    assert work(doctor) == {
        "door": "admin",
        "what": f"POST /admin/doctors/doctor/{doctor.pk}/change/",
        "user": str(admin.pk),
        "address": ADDRESS,
        "request_id": response["X-Request-ID"],
        "client_request_id": REQUEST,
    }


def test_a_bulk_change_and_raw_sql_bear_who_was_at_work():
    doctors = DoctorFactory.create_batch(2)
    with at_work("command", "tidy"):
        Doctor.objects.update(specialization="Surgery")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE doctors_doctor SET last_name = last_name || '%'")
            cursor.execute(
                sql.SQL("UPDATE {} SET phone = ''").format(sql.Identifier("doctors_doctor"))
            )
            cursor.executemany(
                "UPDATE doctors_doctor SET first_name = %s WHERE id = %s",
                [("A%", doctors[0].pk), ("B", doctors[1].pk)],
            )

    for doctor, name in zip(doctors, ("A%", "B"), strict=True):
        events = list(doctor.events.order_by("pgh_id"))
        assert [event.pgh_label for event in events] == ["insert"] + ["update"] * 4
        assert [event.pgh_context and event.pgh_context["what"] for event in events] == [
            None, "tidy", "tidy", "tidy", "tidy",
        ]  # fmt: skip
        assert (events[-1].first_name, events[-1].last_name[-1]) == (name, "%")
        assert {event.pgh_context["door"] for event in events[1:]} == {"command"}


def test_who_is_at_work_is_told_once_a_transaction_and_anew_after_a_rollback():
    doctor = DoctorFactory()
    with at_work("command", "tidy"), CaptureQueriesContext(connection) as queries:
        with suppress(LookupError), transaction.atomic():
            Doctor.objects.update(first_name="A")
            raise LookupError
        Doctor.objects.update(first_name="B")
        Doctor.objects.update(first_name="C")

    assert sum("set_config" in each["sql"] for each in queries) == 2
    events = doctor.events.order_by("pgh_id")[1:]
    assert [(event.first_name, event.pgh_context["what"]) for event in events] == [
        ("B", "tidy"),
        ("C", "tidy"),
    ]


def test_who_turns_out_to_be_at_work_within_a_transaction_is_told():
    doctor, known = DoctorFactory(), [None]
    with at_work("api", "sign in", user=lambda: known[0]):
        Doctor.objects.update(first_name="A")
        known[0] = "7"
        Doctor.objects.update(first_name="B")

    events = doctor.events.order_by("pgh_id")[1:]
    assert [event.pgh_context["user"] for event in events] == [None, "7"]


def test_rows_written_at_once_and_deleted_are_events_each():
    with at_work("command", "load"):
        assigned = CareAssignment.objects.bulk_create(
            [
                CareAssignment(doctor=doctor, patient=PatientFactory())
                for doctor in DoctorFactory.create_batch(2)
            ]
        )
        CareAssignment.objects.all().delete()

    for assignment in assigned:
        events = CareAssignment.pgh_event_model.objects.filter(pgh_obj=assignment.pk)
        labels = events.order_by("pgh_id").values_list("pgh_label", flat=True)
        assert list(labels) == ["insert", "delete"]
        assert {event.pgh_context["what"] for event in events} == {"load"}


def test_a_refused_change_inside_a_request_leaves_the_request_working(api):
    doctor = DoctorFactory()
    taken = AppointmentFactory(doctor=doctor)
    patient = PatientFactory()
    data = {
        "doctor_id": str(doctor.pk), "patient_id": str(patient.pk),
        "starts_at": next_monday(9).isoformat(), "duration_minutes": 30,
    }  # fmt: skip

    response = api(UserFactory()).post("/api/v1/appointments", data, format="json")

    assert response.status_code == 409
    assert list(Appointment.pgh_event_model.objects.values_list("pgh_obj", flat=True)) == [taken.pk]


def test_a_new_password_is_an_event_without_the_password():
    user = UserFactory()
    user.set_password("Another-horse-10")
    user.save()

    event = last(user)
    assert event.pgh_label == "password"
    assert not {"password", "last_login"} & {field.name for field in event._meta.fields}


def test_encrypted_columns_stay_encrypted():
    PatientFactory(medical_history="Asthma", insurance_policy_number="A-123-B")

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM patients_patientevent e")
        row = cursor.fetchone()[0]
    assert "Asthma" not in row
    assert "A-123-B" not in row
    assert json.loads(row)["medical_history"].startswith("enc1:")


def test_the_database_refuses_to_change_or_delete_events():
    leave_records()
    for model in event_models():
        assert model.objects.exists(), model
        for statement in ("UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}"):
            with (
                pytest.raises(DatabaseError, match="Cannot update or delete rows"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement.format(model._meta.db_table))
        assert model.objects.exists(), model


def leave_records() -> None:
    """Leave an event in the table of every model."""
    appointment = AppointmentFactory(doctor=DoctorFactory(with_account=True))
    CareAssignment.objects.create(doctor=appointment.doctor, patient=appointment.patient)
    MergeRecord.objects.create(
        survivor=appointment.patient, merged=PatientFactory(), merged_by=UserFactory()
    )
    account = appointment.doctor.user
    SecondFactor.objects.create(user=account, secret="x")
    Passkey.objects.create(user=account, name="x", credential_id=b"x", public_key=b"x")
    FactorReset.objects.create(user=account, reason="x")
    IdentityDocument.objects.create(
        patient=appointment.patient, file="a/b", content_type="image/png", width=1, height=1
    )
    Note.objects.create(patient=appointment.patient, text="x", author=appointment.doctor.user)
    EmailChange.objects.create(user=appointment.doctor.user, email="new@mail.example")
    Invitation.objects.create(
        patient=appointment.patient, channel="paper", expires_at=timezone.now()
    )
    RelatedPerson.objects.create(
        patient=appointment.patient, name="Eva Roth", relationship="parent"
    )
    EmergencyAccess.objects.create(
        patient=appointment.patient,
        user=appointment.doctor.user,
        reason="x",
        expires_at=timezone.now() + timezone.timedelta(hours=1),
    )
    leave_hours(appointment)
    leave_offered(appointment)
    FileTransfer.objects.create(
        user=appointment.doctor.user, kind="patients", direction="import", state="done"
    )


def leave_hours(appointment) -> None:
    """The doctor's hours, and a time that is offered to the patient."""
    times = {"doctor": appointment.doctor, "starts_at": appointment.starts_at}
    times["ends_at"] = appointment.ends_at
    WorkingHoursFactory(doctor=appointment.doctor)
    Absence.objects.create(**times)
    ExtraHours.objects.create(**times)
    day = appointment.starts_at.date()
    Closure.objects.create(starts_on=day, ends_on=day)
    entry = WaitlistEntry.objects.create(
        patient=appointment.patient, doctor=appointment.doctor, from_date=day, to_date=day
    )
    SlotOffer.objects.create(entry=entry, expires_at=appointment.starts_at, **times)


def leave_offered(appointment) -> None:
    """A visit type with its lists, a device, a series and a group."""
    doctor, service, place = appointment.doctor, HealthcareServiceFactory(), LocationFactory()
    times = {"starts_at": next_monday(14), "ends_at": next_monday(15)}
    ServiceDoctor.objects.create(service=service, doctor=doctor)
    ServiceLocation.objects.create(service=service, location=place)
    ServiceNeed.objects.create(service=service, pool="Ultrasound")
    HoursService.objects.create(service=service, hours=WorkingHours.objects.get())
    device = ResourceFactory(location=place)
    ResourceOutage.objects.create(resource=device, **times)
    AppointmentResource.objects.create(
        resource=device,
        appointment=appointment,
        busy_from=appointment.starts_at,
        busy_until=appointment.ends_at,
    )
    series = AppointmentSeries.objects.create(
        patient=appointment.patient, doctor=doctor, rule="FREQ=DAILY;COUNT=2"
    )
    SeriesDate.objects.create(series=series, local_start="2027-03-29T09:00")
    GroupSession.objects.create(doctor=doctor, capacity=8, **times)


def test_the_demo_clinic_has_no_past(settings):
    settings.DEBUG = True

    call_command("seed", patients=2, doctors=2, days=2, verbosity=0)

    assert Appointment.objects.exists()
    assert not any(model.objects.exists() for model in event_models())
    doctor = Doctor.objects.first()
    Doctor.objects.update(specialization="Surgery")
    assert last(doctor).pgh_label == "update"
