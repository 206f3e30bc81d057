"""Booking and moving in the console: through the same service as every other door."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.console import faults, opened, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import (
    FUTURE_SENTENCE,
    LENGTH_SENTENCE,
    Appointment,
    AppointmentChange,
)
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment, Patient
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/appointment/"
ADD = f"{LIST}add/"


def page(appointment: Appointment) -> str:
    return f"{LIST}{appointment.pk}/change/"


def booking(doctor: Doctor, patient: Patient, starts_at=None, minutes="30", **more) -> dict:
    starts_at = timezone.localtime(starts_at or next_monday(9))
    return {
        "doctor": str(doctor.pk),
        "patient": str(patient.pk),
        "starts_at_0": f"{starts_at:%Y-%m-%d}",
        "starts_at_1": f"{starts_at:%H:%M}",
        "duration_minutes": minutes,
        "reason": "Cough since Monday",
        **more,
    }


@pytest.fixture
def desk() -> Client:
    return signed_in(Role.RECEPTIONIST)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RECEPTIONIST])
def test_the_desk_books(role):
    by = UserFactory(role=role)
    doctor, patient = DoctorFactory(), PatientFactory()

    response = signed_in(by).post(ADD, booking(doctor, patient, minutes="45"))

    assert response.status_code == 302
    appointment = Appointment.objects.get()
    assert (appointment.starts_at, appointment.duration_minutes) == (next_monday(9), 45)
    assert (appointment.created_by, appointment.history.get().by) == (by, by)
    assert ProcrastinateJob.objects.get().task_name == "appointments.send_confirmation"
    assert CareAssignment.objects.get().doctor == doctor


def test_a_visit_is_as_long_as_the_doctors_usually_are(desk):
    doctor = DoctorFactory(default_duration_minutes=20)

    desk.post(ADD, booking(doctor, PatientFactory(), minutes=""))

    assert Appointment.objects.get().duration_minutes == 20


@pytest.mark.parametrize("minutes", [-29, 0, 29])
def test_an_overlap_is_refused_beside_the_start(desk, minutes):
    taken = AppointmentFactory()
    starts_at = taken.starts_at + timedelta(minutes=minutes)

    response = desk.post(ADD, booking(taken.doctor, PatientFactory(), starts_at))

    assert response.status_code == 200
    assert faults(response) == {"starts_at": ["This doctor is already booked then."]}
    content = response.content.decode()
    assert "Cough since Monday" in content
    assert f'value="{timezone.localtime(starts_at):%H:%M}"' in content
    assert str(taken.doctor) in content
    assert "successfully" not in content
    assert list(Appointment.objects.all()) == [taken]
    assert not ProcrastinateJob.objects.exists()


def test_a_patient_can_be_in_one_place_only(desk):
    taken = AppointmentFactory()

    response = desk.post(ADD, booking(DoctorFactory(), taken.patient, taken.starts_at))

    assert faults(response) == {"starts_at": ["This patient already has an appointment then."]}


def test_neighbours_may_touch(desk):
    taken = AppointmentFactory()

    response = desk.post(ADD, booking(taken.doctor, taken.patient, taken.ends_at))

    assert response.status_code == 302


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"duration_minutes": "14"}, "duration_minutes", LENGTH_SENTENCE),
        ({"duration_minutes": "181"}, "duration_minutes", LENGTH_SENTENCE),
        ({"duration_minutes": "9" * 30}, "duration_minutes", LENGTH_SENTENCE),
        ({"duration_minutes": "half"}, "duration_minutes", "Enter a whole number."),
        ({"starts_at_0": "2001-01-01"}, "starts_at", FUTURE_SENTENCE),
        ({"starts_at_0": "0001-01-01", "starts_at_1": "00:00"}, "starts_at", FUTURE_SENTENCE),
        ({"starts_at_0": "9999-12-31", "starts_at_1": "23:59"}, "starts_at", FUTURE_SENTENCE),
        ({"starts_at_0": "soon"}, "starts_at", "Enter a valid date."),
        ({"starts_at_1": ""}, "starts_at", "This field is required."),
        ({"patient": "nonsense"}, "patient", "“nonsense” is not a valid UUID."),
        ({"doctor": ""}, "doctor", "This field is required."),
        ({"reason": "a\x07b"}, "reason", "Control characters are not allowed."),
        ({"reason": "x" * 501}, "reason", "Ensure this value has at most 500 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(desk, change, field, sentence):
    response = desk.post(ADD, booking(DoctorFactory(), PatientFactory()) | change)

    assert response.status_code == 200
    ((where, told),) = faults(response).items()
    assert where == field
    assert len(told) == 1
    assert told[0].startswith(str(sentence))
    assert not Appointment.objects.exists()


def test_a_time_that_the_clocks_skip_is_refused(desk):
    """On 28 March 2027, clocks in Berlin go from 02:00 to 03:00."""
    skipped = {"starts_at_0": "2027-03-28", "starts_at_1": "02:30"}

    response = desk.post(ADD, booking(DoctorFactory(), PatientFactory()) | skipped)

    sentence = "The clocks are put forward then: there is no 02:30 on that day."
    assert faults(response) == {"starts_at": [sentence]}


def test_an_inactive_doctor_takes_no_appointments(desk):
    doctor = DoctorFactory(is_active=False)

    response = desk.post(ADD, booking(doctor, PatientFactory()))

    assert faults(response) == {"doctor": ["This doctor takes no appointments at present."]}


def test_the_desk_overbooks_with_a_reason(desk):
    taken = AppointmentFactory()
    reason = {"overbook_reason": "Emergency"}

    response = desk.post(ADD, booking(taken.doctor, PatientFactory(), taken.starts_at) | reason)

    assert response.status_code == 302
    assert Appointment.objects.get(overbook_reason="Emergency").doctor == taken.doctor


def test_a_doctor_books_in_the_own_calendar_only():
    doctor, other = DoctorFactory.create_batch(2, with_account=True)
    mine, unassigned = PatientFactory.create_batch(2)
    CareAssignmentFactory(doctor=doctor, patient=mine)
    client = signed_in(doctor.user)
    form = client.get(ADD).content.decode()
    assert "overbook_reason" not in form
    assert str(other) not in form

    for refused, field in (
        (booking(other, mine), "doctor"),
        (booking(doctor, unassigned), "patient"),
    ):
        assert list(faults(client.post(ADD, refused))) == [field]
    reason = {"overbook_reason": "I want to"}
    assert client.post(ADD, booking(doctor, mine) | reason).status_code == 302

    appointment = Appointment.objects.get()
    assert (appointment.doctor, appointment.overbook_reason) == (doctor, "")


@pytest.mark.parametrize(
    "query",
    ["patient=nonsense", "starts_at=nonsense", "doctor=%00", "starts_at=2030-01-07T09:00", "x=1"],
)
def test_any_link_opens_the_form(desk, query):
    assert desk.get(f"{ADD}?{query}").status_code == 200


def test_a_link_names_the_patient(desk):
    patient = PatientFactory(first_name="Mary", last_name="O'Shea")

    content = desk.get(f"{ADD}?patient={patient.pk}").content.decode()

    assert "Mary O&#x27;Shea</option>" in content


def test_moving_keeps_the_id_and_the_history(desk):
    appointment = AppointmentFactory(reason="Knee")
    other = DoctorFactory()
    data = booking(other, appointment.patient, next_monday(14), "60", reason="Changed")

    response = desk.post(page(appointment), data | opened(desk, page(appointment)))

    assert response.status_code == 302
    moved = Appointment.objects.get()
    assert (moved.pk, moved.doctor) == (appointment.pk, other)
    assert (moved.starts_at, moved.duration_minutes) == (next_monday(14), 60)
    assert moved.reason == "Knee"
    change = moved.history.get()
    assert (change.from_starts_at, change.to_starts_at) == (next_monday(9), next_monday(14))
    assert ProcrastinateJob.objects.filter(task_name="appointments.send_change").count() == 1
    assert "Moved from" in desk.get(page(appointment)).content.decode()


def test_moving_onto_another_visit_is_refused_beside_the_start(desk):
    appointment = AppointmentFactory(starts_at=next_monday(8))
    taken = AppointmentFactory(doctor=appointment.doctor)

    data = booking(taken.doctor, appointment.patient, taken.starts_at)
    response = desk.post(page(appointment), data | opened(desk, page(appointment)))

    assert faults(response) == {"starts_at": ["This doctor is already booked then."]}
    appointment.refresh_from_db()
    assert appointment.starts_at == next_monday(8)


def test_saving_without_a_change_changes_nothing(desk):
    appointment = AppointmentFactory()
    data = booking(appointment.doctor, appointment.patient, appointment.starts_at)

    data |= opened(desk, page(appointment))
    assert desk.post(page(appointment), data).status_code == 302

    appointment.refresh_from_db()
    assert appointment.sequence == 0
    assert not AppointmentChange.objects.exists()


def test_a_form_that_comes_too_late_is_answered_in_words(desk):
    appointment = AppointmentFactory()
    data = booking(appointment.doctor, appointment.patient, next_monday(15))
    data |= opened(desk, page(appointment))
    Appointment.objects.update(status=Appointment.Status.CHECKED_IN)

    response = desk.post(page(appointment), data)

    assert faults(response) == {"__all__": ["This appointment is checked in; it can't be moved."]}


def test_an_appointment_is_never_deleted():
    appointment = AppointmentFactory()
    admin = signed_in(Role.ADMIN)

    assert admin.post(f"{LIST}{appointment.pk}/delete/", {"post": "yes"}).status_code == 403
    content = admin.get(page(appointment)).content.decode()
    assert "deletelink" not in content
    assert "delete_selected" not in admin.get(LIST).content.decode()


@pytest.mark.parametrize(
    "address", ["/admin/doctors/doctor/{0.doctor_id}/", "/admin/patients/patient/{0.patient_id}/"]
)
def test_what_appointments_refer_to_is_not_deleted(address):
    appointment = AppointmentFactory()
    admin = signed_in(Role.ADMIN)
    record = address.format(appointment)
    assert str(appointment.starts_at.date()) not in admin.get(f"{record}delete/").content.decode()

    response = admin.post(f"{record}delete/", {"post": "yes"}, follow=True)

    assert response.redirect_chain == [(f"{record}change/", 302)]
    assert "Appointments refer to this" in response.content.decode()
    assert Appointment.objects.exists()


def test_an_inactive_doctors_appointments_are_pointed_out():
    doctor = AppointmentFactory().doctor

    response = signed_in(Role.ADMIN).post(
        "/admin/doctors/doctor/",
        {"action": "deactivate", "confirmed": "yes", "_selected_action": [doctor.pk]},
        follow=True,
    )

    assert f"{doctor} still has 1 booked appointment ahead." in response.content.decode()
