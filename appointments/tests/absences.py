"""Doctors who are away, and the pages of the console on which it is entered."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointments.models import Appointment
from appointments.tests.factories import next_monday
from doctors.models import Absence, Doctor, WorkingHours
from doctors.tests.factories import DoctorFactory

BERLIN = ZoneInfo("Europe/Berlin")
HALF_HOUR = timedelta(minutes=30)
Status = Appointment.Status


def page(doctor: Doctor, name: str = "time-off") -> str:
    return f"/admin/doctors/doctor/{doctor.pk}/{name}/"


def visits_page(absence: Absence) -> str:
    return f"{page(absence.doctor)}{absence.pk}/visits/"


def working_doctor(**fields) -> Doctor:
    """At work from 8 to 18 o'clock every day."""
    doctor = DoctorFactory(**fields)
    for weekday in range(7):
        WorkingHours.objects.create(doctor=doctor, weekday=weekday, starts=time(8), ends=time(18))
    return doctor


def monday() -> date:
    return next_monday(9).date()


def local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN)
