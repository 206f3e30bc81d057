"""Group sessions in the console's calendar: one event for each, with those who take part."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from appointments.admin.calendar.events import clock_time, on_the_clocks, period_of_days
from appointments.admin.step_pages import step_url
from appointments.admin.steps import open_steps
from appointments.models import LONGEST, Appointment, GroupSession
from appointments.scheduling.slots import Period
from clinic.api.fields import instant_text
from clinic.console.drawn import AddressOfEach
from doctors.models import Doctor


def sessions_of(
    doctors: Iterable[Doctor], user: User, first: date, last: date, place: UUID | None = None
) -> list[GroupSession]:
    """Their sessions that touch these days (both included) and take place, as far as the user sees
    them; of a place those there, and those of none."""
    window = period_of_days(first, last)
    found = GroupSession.objects.visible_to(user).standing().with_places()
    if place:
        found = found.filter(Q(location=place) | Q(location=None))
    touching = found.filter(
        doctor__in=[doctor.pk for doctor in doctors],
        starts_at__gt=window.starts_at - LONGEST,
        starts_at__lt=window.ends_at,
        ends_at__gt=window.starts_at,
    )
    return list(touching.order_by("starts_at", "pk"))


def session_events(
    sessions: Iterable[GroupSession], visits: Iterable[Appointment], user: User
) -> list[dict[str, Any]]:
    """Each with those of the visits that are in it."""
    visit_page = AddressOfEach("admin:appointments_appointment_change")
    session_page = AddressOfEach("admin:appointments_groupsession_change")
    people: dict[Any, list[dict[str, str]]] = {}
    for visit in visits:
        if visit.session_id:
            told = person_told(visit, visit_page(visit.pk), user)
            people.setdefault(visit.session_id, []).append(told)
    return [
        session_event(session, session_page(session.pk), people.get(session.pk, []))
        for session in sessions
    ]


def person_told(visit: Appointment, page: str, user: User) -> dict[str, str]:
    """`step` and `step_url`: what usually comes next, where this user may do it with one click."""
    steps = [step for step in open_steps(visit, user) if not step.wants_reason]
    return {
        "name": visit.patient.called,
        "status": visit.get_status_display(),
        "url": page,
        "step": steps[0].label if steps else "",
        "step_url": step_url(visit, steps[0]) if steps else "",
    }


def session_event(session: GroupSession, page: str, people: list[dict[str, str]]) -> dict[str, Any]:
    places = f"{session.taken} of {session.capacity} places taken"
    return {
        "id": str(session.pk),
        "resourceIds": [str(session.doctor_id)],
        "title": f"{session.name}, {session.taken}/{session.capacity}",
        "editable": False,
        "classNames": ["visit", "visit-session"],
        **on_the_clocks(Period(session.starts_at, session.ends_at)),
        "extendedProps": {
            "url": page,
            "starts_at": instant_text(session.starts_at),
            "minutes": session.duration_minutes,
            "time": f"{clock_time(session.starts_at)} - {clock_time(session.ends_at)}",
            "name": session.name,
            "record_number": "",
            "place": session.location.name if session.location else "",
            "before": session.buffer_before_minutes,
            "after": session.buffer_after_minutes,
            "warnings": [],
            "notes": [],
            "cancel": "",
            "status": places,
            "people": people,
            "sequence": session.sequence,
        },
    }
