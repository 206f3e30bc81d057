from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def new_appointment(**fields) -> Appointment:
    starts_at = fields.pop("starts_at", next_monday(9))
    fields.setdefault("ends_at", starts_at + timedelta(minutes=30))
    fields.setdefault("doctor", DoctorFactory())
    fields.setdefault("patient", PatientFactory())
    return Appointment(starts_at=starts_at, **fields)


def test_booking_keeps_history_assigns_the_patient_and_owes_a_mail():
    receptionist = UserFactory()

    booked = services.book(new_appointment(), by=receptionist)

    change = booked.history.get()
    assert (change.by, change.from_status, change.to_status) == (receptionist, "", "booked")
    assert CareAssignment.objects.get().patient == booked.patient
    notification = Notification.objects.get()
    assert (notification.recipient, notification.status) == (booked.patient.email, "owed")
    assert ProcrastinateJob.objects.get().task_name == "appointments.send_confirmation"


@pytest.mark.parametrize("minutes", [-29, 0, 29])
def test_booking_refuses_an_overlap(minutes):
    taken = AppointmentFactory()
    starts_at = taken.starts_at + timedelta(minutes=minutes)

    with pytest.raises(ValidationError) as refused:
        services.book(new_appointment(doctor=taken.doctor, starts_at=starts_at), by=UserFactory())

    (fault,) = refused.value.error_dict["starts_at"]
    assert fault.code == "doctor_double_booked"
    assert list(Appointment.objects.all()) == [taken]
    assert not ProcrastinateJob.objects.exists()
    assert not Notification.objects.exists()
