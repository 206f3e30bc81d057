"""What tests of free times begin with: doctors who work, patients who may book."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from appointments import services
from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.scheduling.availability import Limits, Slot
from doctors.models import Doctor, WorkingHours
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory

HALF_HOUR = timedelta(minutes=30)
EVERY_DAY = range(7)


def doctor_working(*spans: str, weekdays: Iterable[int] = EVERY_DAY, **fields) -> Doctor:
    """A doctor with hours such as `09:00-12:00` on each of the weekdays."""
    doctor = DoctorFactory(**fields)
    for weekday in weekdays:
        for span in spans:
            starts, ends = map(time.fromisoformat, span.split("-"))
            WorkingHours.objects.create(doctor=doctor, weekday=weekday, starts=starts, ends=ends)
    return doctor


def patient_online(**fields) -> Patient:
    """A patient with an account and a confirmed address, who may book."""
    fields.setdefault("email_verified_at", timezone.now())
    return PatientFactory(with_account=True, **fields)


def offered(doctor: Doctor, day: date, days: int = 1, by: User | None = None, **more) -> list[Slot]:
    doctors = Doctor.objects.filter(pk=doctor.pk)
    return availability.free(doctors, day, days, Limits.of(by), **more)


def visit(doctor: Doctor, patient: Patient, starts_at: datetime, length=HALF_HOUR) -> Appointment:
    return Appointment(
        doctor=doctor, patient=patient, starts_at=starts_at, ends_at=starts_at + length
    )


def book_online(slot: Slot, patient: Patient) -> Appointment:
    doctor = Doctor.objects.get(pk=slot.doctor_id)
    wish = visit(doctor, patient, slot.starts_at, slot.ends_at - slot.starts_at)
    return services.book(wish, by=patient.user)


def codes(error: ValidationError) -> dict[str, list[str]]:
    """The codes of what was refused, by field."""
    faults = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return {field: [fault.code for fault in found] for field, found in faults.items()}
