"""What the calendar's page draws: whose columns, at which place, and the same as a table."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.admin.board.rooms import Choices, read_rooms, with_rooms
from appointments.admin.calendar.events import visits_of
from appointments.admin.calendar.page import EARLIEST, Shown, columns, table_of
from appointments.admin.calendar.rooms import room_json, rows_of_rooms
from appointments.models import Appointment
from appointments.scheduling.particulars import read_particulars
from clinic.sorting import name_key
from clinic.text import as_uuid
from doctors.models import Doctor


def doctors_of(user) -> QuerySet[Doctor]:
    """Whose calendars the user may see: every doctor's, or the own one."""
    doctors = Doctor.objects.visible_to(user)
    if not user.has_perm("appointments.manage_all_appointment"):
        doctors = doctors.filter(user=user)
    return doctors.order_by("-is_active", name_key(), "pk")


def chosen_doctor(doctors: list[Doctor], key: str, shown: Shown) -> Doctor | None:
    """The doctor whom the address names. Where it names none: all of them in a day, which is
    None; else the first one, if there is one."""
    if not key or shown.is_by_rooms:
        return doctors[0] if doctors and not shown.is_day else None
    for doctor in doctors:
        if str(doctor.pk) == key:
            return doctor
    raise Http404


def is_view(key: str, choices: Choices) -> bool:
    """Is there anything to see that way?"""
    return key != "rooms" or choices.has_rooms


def chosen_place(choices: Choices, key: str) -> UUID | None:
    """The place that the address names, where there are several."""
    if not key or not choices.places:
        return None
    place = as_uuid(key)
    if place not in choices.places:
        raise Http404
    return place


def drawn_doctors(
    request: HttpRequest,
    doctors: list[Doctor],
    doctor: Doctor | None,
    shown: Shown,
    place: UUID | None,
) -> dict[str, Any]:
    """What the page has by itself of the doctor who is chosen, or of all: their columns, and the
    days as a table. Of all, who isn't at the place on that day has no column."""
    first, last = shown.span
    doctors = [doctor] if doctor else doctors
    visits = list(visits_of(doctors, request.user, first, last, place))
    read_particulars(visits)
    note_read(request, AccessLog.Action.LIST, [visit.patient_id for visit in visits])
    drawn = doctors if doctor else columns(doctors, visits)
    rows, scroll = table_of(drawn, visits, first, last, place)
    if place and not doctor:
        there = {row["doctor"] for row in rows if row["hours"] or row["visits"]}
        rows = [row for row in rows if row["doctor"] in there]
        drawn = [one for one in drawn if one in there]
    return {"rows": rows, "scroll": scroll, "drawn": [doctor_json(one) for one in drawn]}


def drawn_rooms(request: HttpRequest, shown: Shown, place: UUID | None) -> dict[str, Any]:
    """What the page has of the rooms by itself: their columns, and the day as a table."""
    known = read_rooms(request.user, shown.day, place)
    visits = visits_in_rooms(request, shown.day, place)
    return {
        "rows": rows_of_rooms(known.rooms, visits, known.bookings, known.outages),
        "drawn": [room_json(room) for room in known.rooms],
        "scroll": f"{EARLIEST:02}:00:00",
        "may_book": False,
    }


def visits_in_rooms(request: HttpRequest, day: date, place: UUID | None) -> list[Appointment]:
    """Those of this day that have a room, as far as the user sees them; it is noted that they
    were shown."""
    everybody = Doctor.objects.all()
    visits = list(with_rooms(visits_of(everybody, request.user, day, day, place)))
    read_particulars(visits)
    prefetch_related_objects(visits, "doctor")
    note_read(request, AccessLog.Action.LIST, [visit.patient_id for visit in visits])
    return visits


def doctor_json(doctor: Doctor) -> dict[str, Any]:
    """What the page's script knows of a doctor. `minutes`: how long a visit usually is."""
    return {
        "id": str(doctor.pk),
        "title": str(doctor),
        "field": doctor.field_name,
        "minutes": doctor.default_duration_minutes,
        "is_active": doctor.is_active,
    }
