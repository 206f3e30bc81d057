"""What the console's calendar shows of doctors: visits, and behind them when each of them works.

Times are those of the clinic's clocks, without an offset (`2026-11-23T09:00:00`): the browser may
be in another zone, and draws what it is given. Beside them a visit has its start as an instant.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from appointments.admin.steps import STEPS
from appointments.models import LONGEST, Appointment
from appointments.scheduling.availability import DoctorCalendar
from appointments.scheduling.particulars import buffers_in_words, rooms_in_words, spans_at
from appointments.scheduling.slots import ONE_DAY, Period, merged, without_periods
from appointments.transitions import HOLDING, Status
from clinic.api.fields import instant_text
from clinic.console.drawn import AddressOfEach
from clinic.days import day_bounds, day_start, day_text
from doctors.models import Doctor

# Cancelled visits, and those entered in error, leave their time to others.
SHOWN = (*HOLDING, Status.NOSHOW)
CANCEL = STEPS["cancel"]
SHORT = timedelta(minutes=25)  # Drawn with one line of text.
LABELS = {
    "off": "",
    "extra": "Extra hours",
    "away": "Away",
    "closed": "Clinic closed",
}


def visits_of(
    doctors: Iterable[Doctor], user: User, first: date, last: date, place: UUID | None = None
) -> QuerySet[Appointment]:
    """Their visits that touch these days (both included), as far as the user sees them; of a
    place those there, and those of none."""
    window = period_of_days(first, last)
    visits = Appointment.objects.visible_to(user).filter(status__in=SHOWN)
    visits = visits.filter(doctor__in=[doctor.pk for doctor in doctors])
    if place:
        visits = visits.filter(Q(location=place) | Q(location=None))
    touching = visits.filter(
        starts_at__gt=window.starts_at - LONGEST,
        starts_at__lt=window.ends_at,
        ends_at__gt=window.starts_at,
    )
    return touching.with_patients().with_notes().order_by("starts_at", "pk")


def period_of_days(first: date, last: date) -> Period:
    return Period(day_start(first), day_bounds(last)[1])


def on_the_clocks(period: Period) -> dict[str, str]:
    """Start and end as the clinic's clocks show them.

    Where they are turned back in between, the end would seem to be before the start: it is drawn
    as long after it as the time really lasts.
    """
    starts, ends = (timezone.localtime(at).replace(tzinfo=None) for at in period)
    if ends <= starts:
        ends = starts + (period.ends_at - period.starts_at)
    return {"start": f"{starts:%Y-%m-%dT%H:%M:%S}", "end": f"{ends:%Y-%m-%dT%H:%M:%S}"}


def clock_time(instant: datetime) -> str:
    return f"{timezone.localtime(instant):%H:%M}"


class VisitEvents:
    """Called with a visit, what the calendar is given of it for this user."""

    def __init__(self, user: User):
        self.user = user
        self.page = AddressOfEach("admin:appointments_appointment_change")
        self.cancelling = AddressOfEach("admin:appointments_appointment_step", CANCEL.verb)

    def __call__(self, visit: Appointment) -> dict[str, Any]:
        cancelling = self.cancelling(visit.pk) if CANCEL.is_open(visit, self.user) else ""
        return visit_event(visit, self.user, self.page(visit.pk), cancelling)


def visit_event(visit: Appointment, user: User, page: str, cancelling: str) -> dict[str, Any]:
    """One visit. `editable`: may the user drag it to another time? `cancelling`: where it is
    cancelled; empty where it can't be."""
    is_movable = visit.status == Status.BOOKED
    period = Period(visit.starts_at, visit.ends_at)
    classes = ["visit", f"visit-{visit.status}"] + ["is-short"] * (visit.duration <= SHORT)
    return {
        "id": str(visit.pk),
        "resourceIds": [str(visit.doctor_id)],
        "title": ", ".join(filter(None, (visit.patient.called, visit.patient.death))),
        "editable": is_movable and user.has_perm("appointments.reschedule_appointment"),
        "classNames": classes + ["visit-overbooked"] * bool(visit.overbook_reason),
        **on_the_clocks(period),
        "extendedProps": {
            "url": page,
            "starts_at": instant_text(visit.starts_at),
            "minutes": visit.duration_minutes,
            "time": f"{clock_time(visit.starts_at)} - {clock_time(visit.ends_at)}",
            "name": visit.patient.name,
            "record_number": visit.patient.record_number,
            "born": day_text(born) if (born := visit.patient.date_of_birth) else "",
            "phone": phone.as_international if (phone := visit.patient.phone) else "",
            "reason": visit.reason,
            **particulars(visit),
            "warnings": [note.text for note in visit.patient.warnings],
            "notes": [note.text for note in visit.desk_notes],
            "cancel": cancelling,
            "status": visit.get_status_display(),
            "overbook_reason": visit.overbook_reason,
            "sequence": visit.sequence,
        },
    }


def particulars(visit: Appointment) -> dict[str, Any]:
    """What it is, where and with which rooms, as far as there is something to say. `before`,
    `after`: minutes that are kept free."""
    told = {
        "type": visit.service.name if visit.service else "",
        "place": visit.location.name if visit.location else "",
        "rooms": rooms_in_words(visit),
        "price": visit.price_text,
        "kept": buffers_in_words(visit),
        "before": visit.buffer_before_minutes,
        "after": visit.buffer_after_minutes,
    }
    return {name: value for name, value in told.items() if value}


def background(
    calendar: DoctorCalendar, first: date, last: date, place: UUID | None = None
) -> list[dict[str, Any]]:
    """What stands behind the visits of these days: times outside the hours (`off`; of a place,
    the hours there), extra hours, absences and closures; and each day as a whole on which the
    doctor doesn't work."""
    window = period_of_days(first, last)
    hours = merged(spans_at(place, calendar, first, last))
    kinds = {
        "off": without_periods([window], hours),
        "extra": merged(shift.period for shift in calendar.extra),
        "away": merged(calendar.absences),
        "closed": merged(calendar.closures),
    }
    found = [
        backdrop(kind, **on_the_clocks(cut_to_day(period, window)))
        for kind, periods in kinds.items()
        for period in periods
        if period.overlaps(window)
    ]
    found += idle_days(calendar, hours, first, last)
    return [one | {"resourceIds": [str(calendar.doctor_id)]} for one in found]


def idle_days(
    calendar: DoctorCalendar, hours: list[Period], first: date, last: date
) -> Iterator[dict[str, Any]]:
    """Whole days, for the month: closed, away all the time, or without hours."""
    away = merged(calendar.absences)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        window = period_of_days(day, day)
        worked = [cut_to_day(span, window) for span in hours if span.overlaps(window)]
        if any(map(window.overlaps, calendar.closures)):
            kind = "closed"
        elif away and not without_periods(worked or [window], away):
            kind = "away"
        elif not worked:
            kind = "off"
        else:
            continue
        yield backdrop(kind, start=f"{day}", end=f"{day + ONE_DAY}", allDay=True)


def cut_to_day(period: Period, window: Period) -> Period:
    """The part of the period that is within the window, which it overlaps."""
    return Period(max(period.starts_at, window.starts_at), min(period.ends_at, window.ends_at))


def backdrop(kind: str, **when) -> dict[str, Any]:
    return {
        "title": LABELS[kind],
        "display": "background",
        "classNames": [f"behind-{kind}"],
        **when,
    }
