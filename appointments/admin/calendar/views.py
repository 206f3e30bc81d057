"""The console's calendar: the doctors' day side by side, and one doctor's week or month, with
booking and moving by dragging.

The page works without scripts as a table. With them it draws what `events/` gives, and sends what
is dragged to `book/` and `move/`, which call the services. A refusal is an ordinary answer: it
says why, and offers other times.
"""

from copy import copy
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments import services
from appointments.admin.board.rooms import Choices, read_rooms
from appointments.admin.calendar.drawn import (
    chosen_doctor,
    chosen_place,
    doctors_of,
    drawn_doctors,
    drawn_rooms,
    is_view,
    visits_in_rooms,
)
from appointments.admin.calendar.events import SHOWN, VisitEvents, background, visits_of
from appointments.admin.calendar.page import Shown, columns
from appointments.admin.calendar.requests import Move, Window, Wish
from appointments.admin.calendar.rooms import in_rooms, outage_events
from appointments.admin.calendar.sessions import session_events, sessions_of
from appointments.admin.warned import AskedFirst, ask_first, word_for
from appointments.forms.offered import Offered, OfferedForm
from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.scheduling.particulars import read_particulars
from clinic.api.faults import model_faults
from clinic.api.fields import instant_text
from clinic.console.parts import sentence
from clinic.errors import DOCTOR_DOUBLE_BOOKED, PATIENT_DOUBLE_BOOKED, NotAllowed
from doctors.models import Doctor, HealthcareService, Location
from patients.models import Patient
from patients.reach import nothing_mailed

VIEW, ADD = "appointments.view_appointment", "appointments.add_appointment"
MOVE = "appointments.reschedule_appointment"
OVERBOOK = "appointments.overbook_appointment"
OVERBOOKABLE = {DOCTOR_DOUBLE_BOOKED, PATIENT_DOUBLE_BOOKED}
CHANGED = "This visit was changed meanwhile. The calendar shows it as it is now."


def calendar_page(request: HttpRequest) -> HttpResponse:
    doctors = list(doctors_of(request.user))
    shown = Shown.asked_for(request.GET)
    doctor = chosen_doctor(doctors, request.GET.get("doctor", ""), shown)
    choices = Choices.now(request.user)
    place = chosen_place(choices, request.GET.get("place", ""))
    name = doctor or ("Rooms" if shown.is_by_rooms else "All doctors")
    context = admin.site.each_context(request) | {
        "title": f"{name}: {shown}" if doctors else "Calendar",
        "doctors": doctors,
        "doctor": doctor,
        "whose": doctor.pk if doctor else None,
        "takes_visits": doctor is None or doctor.is_active,
        "shown": shown,
        "views": {key: word for key, word in shown.others.items() if is_view(key, choices)},
        "places": choices.places,
        "place": place,
        "may_book": request.user.has_perm(ADD),
        "may_run": request.user.has_perm("appointments.add_groupsession"),
        "may_overbook": request.user.has_perm(OVERBOOK),
        "offset": timezone.localtime().isoformat()[-6:],
        "statuses": [(status, status.label) for status in SHOWN],
    }
    if doctors and shown.is_by_rooms:
        context |= drawn_rooms(request, shown, place)
    elif doctors:
        context |= drawn_doctors(request, doctors, doctor, shown, place)
    context["has_types"] = choices.has_types
    if context["may_book"] and not shown.is_table and (choices.has_types or choices.places):
        context["offered"] = OfferedForm(Offered.now(), auto_id="booking-%s")
    request.current_app = admin.site.name
    return render(request, "admin/appointments/calendar.html", context)


def events(request: HttpRequest) -> JsonResponse:
    """What is on the days asked for, in a number of queries that doesn't grow with it."""
    window = Window(data=request.GET)
    if not window.is_valid():
        return malformed(window)
    asked = window.validated_data
    first, last = asked["from"], asked["to"] - timedelta(days=1)
    place = asked.get("place")
    if not 1900 <= first.year <= last.year <= 2999:
        return JsonResponse([], safe=False)
    if "by" in asked:
        return JsonResponse(events_of_rooms(request, first, place), safe=False)
    whose = doctors_of(request.user)
    doctors = [get_object_or_404(whose, pk=asked["doctor"])] if "doctor" in asked else list(whose)
    visits = list(visits_of(doctors, request.user, first, last, place))
    read_particulars(visits)
    note_read(request, AccessLog.Action.LIST, [visit.patient_id for visit in visits])
    drawn = doctors if "doctor" in asked else columns(doctors, visits)
    own = Doctor.objects.filter(pk__in=[doctor.pk for doctor in drawn])
    sessions = sessions_of(drawn, request.user, first, last, place)
    alone = [visit for visit in visits if not visit.session_id]
    shown = list(map(VisitEvents(request.user), alone))
    shown += session_events(sessions, visits, request.user)
    for calendar in availability.load_calendars(own, first, last).values():
        shown += background(calendar, first, last, place)
    return JsonResponse(shown, safe=False)


def events_of_rooms(request: HttpRequest, day: date, place: UUID | None) -> list[dict[str, Any]]:
    """What takes the rooms on this day, and when they are out of service."""
    known = read_rooms(request.user, day, place)
    visits = visits_in_rooms(request, day, place)
    drawn = map(VisitEvents(request.user), visits)
    return in_rooms(drawn, visits, known.bookings) + outage_events(known.outages, day)


def book_in_calendar(request: HttpRequest) -> JsonResponse:
    wish = Wish(data=request.POST)
    if not wish.is_valid():
        return malformed(wish)
    asked, visible = wish.validated_data, Patient.objects.visible_to(request.user)
    visit = Appointment(
        doctor=get_object_or_404(doctors_of(request.user), pk=asked["doctor"]),
        patient=get_object_or_404(visible.standing_for(asked["patient"])),
        starts_at=asked["starts_at"],
        ends_at=asked["starts_at"] + timedelta(minutes=asked["duration_minutes"]),
        reason=asked["reason"],
        overbook_reason=asked["overbook_reason"],
    )
    if "service" in asked:
        visit.service = get_object_or_404(HealthcareService.objects.active(), pk=asked["service"])
    if "location" in asked:
        visit.location = get_object_or_404(Location.objects.active(), pk=asked["location"])
    try:
        codes = ask_first(visit, asked["all_the_same"], is_new=True)
        visit = services.book(visit, by=request.user)
    except (ValidationError, NotAllowed) as error:
        return refused(request, error)
    return done_answer(f"Booked: {in_words(visit)}", warnings_of(visit, codes), **place_of(visit))


def move_in_calendar(request: HttpRequest, appointment_id: UUID) -> JsonResponse:
    wish = Move(data=request.POST)
    visible = Appointment.objects.visible_to(request.user).with_people()
    visit = get_object_or_404(visible, pk=appointment_id)
    if not wish.is_valid():
        return malformed(wish)
    asked = wish.validated_data
    if asked["sequence"] != visit.sequence:
        return JsonResponse({"done": False, "message": CHANGED})
    minutes = asked.get("duration_minutes", visit.duration_minutes)
    wanted = copy(visit)
    if "doctor" in asked:
        wanted.doctor = get_object_or_404(doctors_of(request.user), pk=asked["doctor"])
    wanted.starts_at = asked["starts_at"]
    wanted.ends_at = wanted.starts_at + timedelta(minutes=minutes)
    try:
        codes = ask_first(wanted, asked["all_the_same"], word_for(visit))
        moved = services.reschedule(
            visit,
            by=request.user,
            starts_at=wanted.starts_at,
            duration=wanted.duration,
            doctor=wanted.doctor,
            overbook_reason=asked["overbook_reason"],
        )
    except (ValidationError, NotAllowed) as error:
        return refused(request, error)
    if moved.sequence == visit.sequence:
        return done_answer("", [])
    to = f" to {moved.doctor}" if moved.doctor_id != visit.doctor_id else ""
    warnings = warnings_of(moved, codes)
    return done_answer(
        f"Moved{to}: {in_words(moved)}", warnings, undo=way_back(visit, moved), **place_of(moved)
    )


def way_back(before: Appointment, moved: Appointment) -> dict[str, Any]:
    """What to send to `move/` so that the visit is where it was."""
    return {
        "doctor": str(before.doctor_id),
        "starts_at": instant_text(before.starts_at),
        "duration_minutes": before.duration_minutes,
        "overbook_reason": before.overbook_reason,
        "sequence": moved.sequence,
        "all_the_same": word_for(before),
    }


def in_words(visit: Appointment) -> str:
    starts, ends = timezone.localtime(visit.starts_at), timezone.localtime(visit.ends_at)
    when = date_format(starts, "l j F Y, H:i")
    return f"{visit.patient}, {when} - {date_format(ends, 'H:i')}."


def place_of(visit: Appointment) -> dict[str, str]:
    """Where the calendar finds the visit."""
    return {"visit": str(visit.pk), "day": timezone.localdate(visit.starts_at).isoformat()}


def warnings_of(visit: Appointment, codes: list[str]) -> list[str]:
    """What is odd about the time, and that no mail tells the patient of it."""
    told = nothing_mailed(visit.patient)
    return [availability.WARNINGS[code] for code in codes] + [told] * bool(told)


def done_answer(message: str, warnings: list[str], **more) -> JsonResponse:
    return JsonResponse({"done": True, "message": message, "warnings": warnings} | more)


def refused(request: HttpRequest, error: ValidationError | NotAllowed) -> JsonResponse:
    """Why it was refused, and which free times there are instead; or what is asked first."""
    if isinstance(error, AskedFirst):
        question = {"message": "Nothing is saved yet.", "warnings": error.sentences}
        return JsonResponse({"done": False, "all_the_same": error.word} | question)
    codes = set()
    if isinstance(error, ValidationError):
        codes = {code for _, _, code in model_faults(error)}
    slots = getattr(error, "alternatives", None) or []
    is_placed = any(slot.location_id for slot in slots)
    offered = Offered.now() if is_placed else Offered()
    answer = {
        "done": False,
        "message": sentence(error),
        "alternatives": [
            {
                "starts_at": instant_text(slot.starts_at),
                "label": slot.start,
            }
            for slot in offered.where(slots) or ()
        ],
        "may_overbook": bool(codes & OVERBOOKABLE) and request.user.has_perm(OVERBOOK),
    }
    return JsonResponse(answer)


def malformed(wish) -> JsonResponse:
    """What no page of ours sends, but for times that the clocks skip."""
    faults = [(name, fault) for name, found in wish.errors.items() for fault in found]
    is_ours = all(fault.code == "skipped" for _, fault in faults)
    message = " ".join(f"{fault}" if is_ours else f"{name}: {fault}" for name, fault in faults)
    return JsonResponse({"done": False, "message": message}, status=200 if is_ours else 400)


def door(view, permission: str, method):
    return admin.site.admin_view(
        method(permission_required(permission, raise_exception=True)(view))
    )


urlpatterns = [
    path("", door(calendar_page, VIEW, require_safe), name="calendar"),
    path("events/", door(events, VIEW, require_safe), name="calendar_events"),
    path("book/", door(book_in_calendar, ADD, require_POST), name="calendar_book"),
    path(
        "<uuid:appointment_id>/move/",
        door(move_in_calendar, MOVE, require_POST),
        name="calendar_move",
    ),
]
