"""Visits that the clocks have left: an hour was agreed on, and is another one by now.

An appointment is an instant. Governments change their clocks at short notice, and a clinic may
move; then the instant stays, and what the patient has in mind is another one. Which of the two
shall hold, somebody must decide: here they are only found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from appointments.models import Appointment
from appointments.transitions import HOLDING

CHUNK = 2000
CLOCK = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Shifted:
    """A coming visit whose local start is another one than when it was booked."""

    id: UUID
    doctor: str
    record_number: str
    was: str  # As in 2026-03-29T09:00, on the clocks of `was_zone`.
    was_zone: str
    now: str
    now_zone: str


def shifted_visits() -> Iterator[Shifted]:
    """The coming visits whose local time moved since they were booked, the next one first."""
    coming = Appointment.objects.filter(status__in=HOLDING, starts_at__gt=timezone.now())
    coming = coming.exclude(local_start="").with_people().order_by("starts_at", "pk")
    for visit in coming.iterator(chunk_size=CHUNK):
        now = timezone.localtime(visit.starts_at).strftime(CLOCK)
        if now != visit.local_start:
            yield Shifted(
                visit.pk,
                str(visit.doctor),
                visit.patient.record_number,
                visit.local_start,
                visit.time_zone,
                now,
                settings.TIME_ZONE,
            )
