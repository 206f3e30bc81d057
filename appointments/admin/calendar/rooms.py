"""What the console's calendar shows of a day by room and device."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from appointments.admin.calendar.events import backdrop, clock_time, cut_to_day, on_the_clocks
from appointments.admin.calendar.events import period_of_days as window_of
from appointments.models import Appointment, AppointmentResource
from appointments.scheduling.slots import Period
from doctors.models import Resource, ResourceOutage

OUT, TAKEN, OFFERED = "Out of service", "Taken", "Held for the waitlist"


def room_json(room: Resource) -> dict[str, Any]:
    """What the page's script knows of a room, in the place of a doctor: nothing is booked by it."""
    place = room.location.name if room.location else ""
    field = ", ".join(filter(None, (room.pool, place)))
    return {"id": str(room.pk), "title": room.name, "field": field, "is_active": False}


def in_rooms(
    events: Iterable[dict[str, Any]],
    visits: Sequence[Appointment],
    bookings: Iterable[AppointmentResource],
) -> list[dict[str, Any]]:
    """The events of these visits, each in its rooms and not to be dragged; of what else takes the
    rooms, the time alone."""
    rooms: dict[Any, list[str]] = {}
    taken = []
    shown = {visit.pk: visit for visit in visits}
    for one in bookings:
        if one.appointment_id in shown:
            rooms.setdefault(one.appointment_id, []).append(str(one.resource_id))
        else:
            taken.append(one)
    found = []
    for event, visit in zip(events, visits, strict=True):
        about = event["extendedProps"] | {"doctor": str(visit.doctor)}
        placed = {"resourceIds": rooms.get(visit.pk, []), "editable": False}
        found.append(event | placed | {"extendedProps": about})
    return found + [taken_event(one) for one in taken]


def taken_event(booking: AppointmentResource) -> dict[str, Any]:
    words = booking.session.name if booking.session else OFFERED if booking.offer_id else TAKEN
    return behind(booking.resource_id, Period(booking.busy_from, booking.busy_until), "away", words)


def outage_events(outages: Iterable[ResourceOutage], day: date) -> list[dict[str, Any]]:
    window = window_of(day, day)
    return [
        behind(
            one.resource_id,
            cut_to_day(Period(one.starts_at, one.ends_at), window),
            "away",
            one.reason or OUT,
        )
        for one in outages
    ]


def behind(room: Any, period: Period, kind: str, words: str) -> dict[str, Any]:
    return backdrop(kind, **on_the_clocks(period)) | {"title": words, "resourceIds": [str(room)]}


def rows_of_rooms(
    rooms: Iterable[Resource],
    visits: Sequence[Appointment],
    bookings: Iterable[AppointmentResource],
    outages: Iterable[ResourceOutage],
) -> list[dict[str, Any]]:
    """The day as a table: each room with when it is out of service, and its visits."""
    shown = {visit.pk: visit for visit in visits}
    held = [(one.resource_id, shown.get(one.appointment_id)) for one in bookings]
    return [
        {
            "doctor": room,
            "away": ", ".join(
                f"{clock_time(one.starts_at)} - {clock_time(one.ends_at)}"
                for one in outages
                if one.resource_id == room.pk
            ),
            "visits": [visit for key, visit in held if visit and key == room.pk],
        }
        for room in rooms
    ]
