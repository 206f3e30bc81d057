"""What tests of series begin with: a patient, a doctor who works, and a rule."""

from datetime import datetime, timedelta

from accounts.models import User
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentSeries
from appointments.services.series import book_series
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import HALF_HOUR, doctor_working, visit
from doctors.models import Doctor
from patients.models import Patient
from patients.tests.factories import PatientFactory

WEEK = timedelta(days=7)
EIGHT_WEEKS = "FREQ=WEEKLY;BYDAY=MO;COUNT=8"
FOUR_WEEKS = "FREQ=WEEKLY;BYDAY=MO;COUNT=4"


def wish(
    doctor: Doctor | None = None,
    patient: Patient | None = None,
    starts_at: datetime | None = None,
    **fields,
) -> Appointment:
    """The first of the visits, unsaved: on a Monday at nine."""
    first = visit(
        doctor or doctor_working("08:00-18:00"),
        patient or PatientFactory(),
        starts_at or next_monday(9),
        fields.pop("length", HALF_HOUR),
    )
    for name, value in fields.items():
        setattr(first, name, value)
    return first


def booked_series(
    first: Appointment | None = None, rule: str = FOUR_WEEKS, by: User | None = None, **more
) -> AppointmentSeries:
    return book_series(first or wish(), rule, by or UserFactory(), **more)


def visits_of(series: AppointmentSeries) -> list[Appointment]:
    return list(series.appointments.order_by("starts_at"))


def starts_of(series: AppointmentSeries, status: str = "booked") -> list[datetime]:
    return [one.starts_at for one in visits_of(series) if one.status == status]
