"""What visits are, where, and with which rooms, for pages that show many of them."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q, prefetch_related_objects

from appointments.models import Appointment, AppointmentResource
from appointments.scheduling.calendars import DoctorCalendar
from appointments.scheduling.slots import Period
from doctors.models import Resource


def read_particulars(visits: Iterable[Appointment]) -> None:
    """Read the types, places and rooms of these visits: three queries, however many they are, and
    none of what they don't have."""
    visits = list(visits)
    typed = [visit for visit in visits if visit.service_id]
    prefetch_related_objects(typed, "service")
    prefetch_related_objects([visit for visit in visits if visit.location_id], "location")
    rooms = rooms_by_owner(typed) if typed else {}
    for visit in typed:
        visit.__dict__["rooms"] = rooms.get(visit.session_id or visit.pk, [])


def rooms_by_owner(visits: Iterable[Appointment]) -> dict[UUID | None, list[Resource]]:
    """What the visits have of rooms and devices, or the sessions that they are part of, by name."""
    owners = {visit.session_id or visit.pk for visit in visits}
    ours = Q(appointment__in=owners) | Q(session__in=owners)
    held = AppointmentResource.objects.filter(ours, is_held=True).select_related("resource")
    found: dict[UUID | None, list[Resource]] = {}
    for one in held.order_by("resource__name", "resource"):
        found.setdefault(one.appointment_id or one.session_id, []).append(one.resource)
    return found


def rooms_in_words(visit: Appointment) -> str:
    """The rooms and devices of a visit: `Room 2, Ultrasound 1`."""
    return ", ".join(map(str, visit.rooms))


def buffers_in_words(visit: Appointment) -> str:
    """`5 min before, 10 min after`; empty where nothing is kept free."""
    kept = {"before": visit.buffer_before_minutes, "after": visit.buffer_after_minutes}
    return ", ".join(f"{minutes} min {side}" for side, minutes in kept.items() if minutes)


def spans_at(place: UUID | None, calendar: DoctorCalendar, first: date, last: date) -> list[Period]:
    """When the doctor works on these days at this place (None: anywhere), or where any will do."""
    if place is None:
        return calendar.spans(first, last)
    shifts = calendar.shifts(first, last)
    return [shift.period for shift in shifts if shift.location_id in (None, place)]
