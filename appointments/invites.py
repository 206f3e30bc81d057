"""Appointments as iCalendar (RFC 5545): invitations to patients (RFC 5546), and a doctor's feed.

One appointment is one event in every calendar: its UID stays, its SEQUENCE rises with every
change. Times are instants in UTC, so that no reader depends on its own copy of the zones' rules;
those of series (see `series_invites`) are of the clinic's zone, whose rules stand in the file.
What stands here lands in calendars that others look into: the type of the visit, never the words
of why somebody comes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from email.utils import parseaddr

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vGeo, vText

from accounts.models import User
from accounts.roles import Role
from appointments.models import Appointment, AppointmentSeries
from appointments.transitions import HOLDING, Status
from clinic.mail import clinic_domain
from doctors.models import Doctor, Location
from patients.models import Patient
from patients.reach import Recipient

FILE_NAME = "invite.ics"
CONTENT_TYPE = "text/calendar; charset=utf-8"
# How often those who subscribe should look for news.
REFRESH = timedelta(minutes=15)
# How long after the first start of an event its time zone's changes are told: a series may last.
ZONES_KNOWN = timedelta(days=3653)


def method_of(appointment: Appointment) -> str:
    """What the invitation does to the patient's calendar (RFC 5546, 3.2)."""
    return "REQUEST" if appointment.status in HOLDING else "CANCEL"


def invitation(appointment: Appointment, recipient: Recipient) -> bytes:
    """The appointment as a calendar of one event, for the mail program of whoever is told."""
    page = page_of(appointment) if recipient.signs_in else ""
    event = titled_event(appointment, page, is_own=recipient.is_patient)
    event.add("attendee", attendee_of(recipient))
    return calendar_of([event], method_of(appointment))


def published(appointment: Appointment, reader: User) -> bytes:
    """The appointment as a file: nobody is invited (RFC 5546, 3.2.1), or asked for an answer.

    Who has it for somebody else finds the patient's name in it.
    """
    is_other = reader.role == Role.PATIENT and appointment.patient.user_id != reader.pk
    page = page_of(appointment) if is_other or appointment.patient.user_id else ""
    event = titled_event(appointment, page, is_own=not is_other)
    return calendar_of([event], "PUBLISH")


def invitation_part(appointment: Appointment, recipient: Recipient) -> MIMEText:
    return mail_part(invitation(appointment, recipient), method_of(appointment))


def mail_part(content: bytes, method: str) -> MIMEText:
    """An invitation as a part of a mail (RFC 6047, 2.4)."""
    part = MIMEText(content.decode(), "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename=FILE_NAME)
    return part


def invite_file(appointment: Appointment, reader: User) -> HttpResponse:
    """The visit as a file that a browser hands to the calendar."""
    return calendar_file(published(appointment, reader))


def calendar_file(content: bytes) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=CONTENT_TYPE, headers=headers)


def feed(doctor: Doctor, appointments: Iterable[Appointment]) -> bytes:
    """A doctor's visits as a calendar to subscribe to, for the doctor.

    It names patients by record number and initials alone: the address of a feed is handed to
    phones, mail programs and calendar services abroad, which keep copies and show them on locked
    screens. The number finds the patient in the console.
    """
    calendar = empty_calendar("PUBLISH")
    name = vText(f"{doctor}, {settings.CLINIC_NAME}")
    calendar.add("name", name)  # RFC 7986; the next one is what older programs read.
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{REFRESH.seconds // 60}M")
    for appointment in appointments:
        event = event_of(appointment)
        event.add("summary", feed_title(appointment))
        event.add("description", appointment.get_status_display())
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return calendar.to_ical()


def empty_calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.CLINIC_NAME}//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def calendar_of(events: Iterable[Event], method: str) -> bytes:
    """A calendar with the time zones that its events name (RFC 5545, 3.6.5), for their years."""
    calendar = empty_calendar(method)
    for event in events:
        calendar.add_component(event)
    starts: list[datetime] = [event.decoded("dtstart") for event in calendar.events]
    first, last = min(starts).date(), max(starts).date()
    calendar.add_missing_timezones(first - timedelta(days=366), last + ZONES_KNOWN)
    return calendar.to_ical()


def titled_event(appointment: Appointment, page: str, *, is_own: bool) -> Event:
    """The visit as it stands in the patient's own calendar, or in that of somebody else, where it
    names the patient. `page` is the address at which its reader sees it; empty where there is none.
    """
    event = event_of(appointment)
    if appointment.series_id:
        put_into_series(event, appointment)
    title = title_of(appointment, is_own=is_own)
    event.add("summary", title if appointment.status in HOLDING else _("Cancelled: ") + title)
    event.add("description", how_to_change(page))
    if page:
        event.add("url", page)
    clinic_email = settings.CLINIC_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    event.add("organizer", calendar_user(clinic_email, settings.CLINIC_NAME))
    return event


def title_of(appointment: Appointment, *, is_own: bool) -> str:
    """What the visit is called in a patient's own calendar, or in somebody else's."""
    names = {
        "clinic": settings.CLINIC_NAME,
        "doctor": appointment.doctor,
        "patient": appointment.patient,
        "service": appointment.what,
    }
    if names["service"]:
        own = _("%(clinic)s: %(service)s with %(doctor)s")
        other = _("%(clinic)s: %(service)s, %(patient)s with %(doctor)s")
    else:
        own = _("%(clinic)s: appointment with %(doctor)s")
        other = _("%(clinic)s: appointment of %(patient)s with %(doctor)s")
    return (own if is_own else other) % names


def event_of(appointment: Appointment) -> Event:
    """What every reader may know: when, where, and whether it takes place."""
    event = Event()
    event.add("uid", f"{appointment.pk}@{clinic_domain()}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    takes_place = appointment.status in HOLDING
    event.add("status", "CONFIRMED" if takes_place else "CANCELLED")
    if not takes_place:  # Programs that show cancelled events block their time no more.
        event.add("transp", "TRANSPARENT")
    add_place(event, appointment.location)
    return event


def put_into_series(event: Event, appointment: Appointment) -> None:
    """To calendars of patients, a visit of a series is one date of the series' event: they know it
    by the UID of the series and its date by the rule, on whatever day it is by now."""
    date = appointment.series_date
    series = date.series
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND"):
        del event[name]
    event.add("uid", series_uid(series))
    # Rises with every change of the visit and every change of the series.
    event.add("sequence", series.sequence + appointment.sequence)
    event.add("recurrence-id", on_clinic_clocks(date.local_start))
    event.add("dtstart", timezone.localtime(appointment.starts_at))
    event.add("dtend", timezone.localtime(appointment.ends_at))


def series_uid(series: AppointmentSeries) -> str:
    return f"{series.pk}@{clinic_domain()}"


def on_clinic_clocks(local: str) -> datetime:
    """A time such as 2027-03-29T09:00, in the clinic's zone."""
    return datetime.fromisoformat(local).replace(tzinfo=timezone.get_default_timezone())


class Spot(vGeo):
    """Degrees as they are written, where the library writes small ones with an exponent, which RFC
    5545 (3.8.1.6) doesn't know."""

    def to_ical(self) -> str:
        return f"{self.latitude:.6f};{self.longitude:.6f}"


def add_place(event: Event, place: Location | None) -> None:
    """Where it is; of no place, where the clinic is."""
    if place is None:
        clinic = filter(None, (settings.CLINIC_NAME, settings.CLINIC_ADDRESS))
        event.add("location", ", ".join(clinic))
        return
    event.add("location", place.full_address)
    if place.latitude is not None and place.longitude is not None:
        event.add("geo", Spot((float(place.latitude), float(place.longitude))))


def attendee_of(recipient: Recipient) -> vCalAddress:
    attendee = calendar_user(recipient.email, recipient.name)
    attendee.params.update(ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE")
    return attendee


def calendar_user(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = name
    return address


def page_of(appointment: Appointment) -> str:
    """The address of the visit's page, for who has an account in which it opens."""
    return settings.CLINIC_URL + reverse("appointments:visit", args=[appointment.pk])


def home_page() -> str:
    """The address of the page with all visits of whoever is signed in."""
    return settings.CLINIC_URL + reverse("appointments:home")


def how_to_change(page: str) -> str:
    ways = [
        page,
        settings.CLINIC_PHONE and _("phone %(number)s") % {"number": settings.CLINIC_PHONE},
        settings.CLINIC_EMAIL,
    ]
    return _("To move or cancel it: %(ways)s") % {"ways": _(", or ").join(filter(None, ways))}


def feed_title(appointment: Appointment) -> str:
    name = ", ".join(filter(None, (short_name(appointment.patient), appointment.what)))
    if appointment.status in HOLDING or appointment.status == Status.FULFILLED:
        return name
    return f"{appointment.get_status_display()}: {name}"


def short_name(patient: Patient) -> str:
    """Record number and initials: P-000123 A. L."""
    initials = [f"{name[0]}." for name in (patient.first_name, patient.last_name) if name]
    return " ".join([patient.record_number, *initials])
