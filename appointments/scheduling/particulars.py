"""What visits are, where, and with which rooms, for pages that show many of them."""

from collections.abc import Iterable

from django.db.models import Prefetch, prefetch_related_objects

from appointments.models import Appointment, AppointmentResource


def read_particulars(visits: Iterable[Appointment]) -> None:
    """Read the types, places and rooms of these visits: three queries, however many they are, and
    none of what they don't have."""
    visits = list(visits)
    rooms = AppointmentResource.objects.select_related("resource").order_by("resource__name", "pk")
    prefetch_related_objects(
        [visit for visit in visits if visit.service_id],
        "service",
        Prefetch("resource_bookings", rooms, to_attr="rooms_booked"),
    )
    prefetch_related_objects([visit for visit in visits if visit.location_id], "location")


def rooms_in_words(visit: Appointment) -> str:
    """The rooms and devices of a visit whose particulars were read: `Room 2, Ultrasound 1`."""
    return ", ".join(str(one.resource) for one in getattr(visit, "rooms_booked", ()))


def buffers_in_words(visit: Appointment) -> str:
    """`5 min before, 10 min after`; empty where nothing is kept free."""
    kept = {"before": visit.buffer_before_minutes, "after": visit.buffer_after_minutes}
    return ", ".join(f"{minutes} min {side}" for side, minutes in kept.items() if minutes)
