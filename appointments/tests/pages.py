"""What the tests of the patients' pages share: doctors with hours, and buttons to press."""

import re
from datetime import datetime, time
from html import unescape

from django.utils import timezone

from appointments.scheduling.availability import Limits, Slot, free
from doctors.models import Doctor, WorkingHours
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory

ADDRESS = re.compile(r'<a class="time" href="([^"]+)"')


def working_doctor(spans=((9, 12), (13, 15)), **fields) -> Doctor:
    """A doctor who sees patients every day from 9 to 12 and from 13 to 15."""
    doctor = DoctorFactory(**fields)
    WorkingHours.objects.bulk_create(
        [
            WorkingHours(doctor=doctor, weekday=weekday, starts=time(starts), ends=time(ends))
            for weekday in range(7)
            for starts, ends in spans
        ]
    )
    return doctor


def verified_patient(**fields) -> Patient:
    return PatientFactory(with_account=True, email_verified_at=timezone.now(), **fields)


def free_times(doctor: Doctor, days: int = 14) -> list[Slot]:
    """The times that patients may book, from tomorrow on."""
    today = timezone.localdate()
    slots = free(Doctor.objects.filter(pk=doctor.pk), today, days, Limits.of(None))
    return [slot for slot in slots if timezone.localdate(slot.starts_at) > today]


def confirm_path(slot: Slot) -> str:
    return f"/me/book/confirm/?doctor={slot.doctor_id}&starts={starts(slot.starts_at)}"


def starts(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def text_of(response) -> str:
    return unescape(response.content.decode())


def times_on(response) -> list[str]:
    """The addresses of the times that the page offers."""
    return [unescape(address) for address in ADDRESS.findall(response.content.decode())]
