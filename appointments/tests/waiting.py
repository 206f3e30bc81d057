"""A clinic in which patients wait: its clock, its doctor, who waits, and what they are offered."""

from datetime import UTC, date, datetime

from django.utils import timezone

from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.tests.scheduling import (
    book_online,
    offered,
    patient_online,
)
from doctors.models import Doctor

NOW = datetime(2027, 5, 3, 6, tzinfo=UTC)  # A Monday, 8 o'clock in Berlin.
TODAY = date(2027, 5, 3)
TOMORROW = date(2027, 5, 4)


def wait(doctor: Doctor | None = None, **fields) -> WaitlistEntry:
    """A patient joins, who waits for tomorrow unless another day is given."""
    patient = fields.pop("patient", None) or patient_online()
    fields = {"from_date": TOMORROW, "to_date": TOMORROW, **fields}
    entry = WaitlistEntry(patient=patient, doctor=doctor, **fields)
    return waitlist.join(entry, by=entry.patient.user)


def offers(**where) -> list[tuple[WaitlistEntry, str, str]]:
    """(entry, local time, state) of the offers, in the order in which they were made."""
    rows = SlotOffer.objects.filter(**where).order_by("offered_at", "pk").select_related("entry")
    return [(row.entry, f"{timezone.localtime(row.starts_at):%a %H:%M}", row.state) for row in rows]


def fill(doctor: Doctor, day: date = TOMORROW) -> list[Appointment]:
    return [book_online(slot, patient_online()) for slot in offered(doctor, day)]
