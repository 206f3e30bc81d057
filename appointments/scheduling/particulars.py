"""What visits are, where, and with which rooms, for pages that show many of them."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from appointments.models import Appointment, AppointmentResource
from appointments.scheduling.calendars import DoctorCalendar
from appointments.scheduling.slots import Period

ROOMS_BOOKED = Prefetch(
    "resource_bookings",
    AppointmentResource.objects.select_related("resource").order_by("resource__name", "pk"),
    to_attr="rooms_booked",
)


def read_particulars(visits: Iterable[Appointment]) -> None:
    """Read the types, places and rooms of these visits: three queries, however many they are, and
    none of what they don't have."""
    visits = list(visits)
    typed = [visit for visit in visits if visit.service_id]
    prefetch_related_objects(typed, "service", ROOMS_BOOKED)
    prefetch_related_objects([visit for visit in visits if visit.location_id], "location")


def rooms_in_words(visit: Appointment) -> str:
    """The rooms and devices of a visit whose particulars were read: `Room 2, Ultrasound 1`."""
    return ", ".join(str(one.resource) for one in getattr(visit, "rooms_booked", ()))


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
