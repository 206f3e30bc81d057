"""A series of visits as iCalendar: one event that recurs (RFC 5545), and its exceptions.

The event has the series' own UID, and recurs on the clocks of the clinic's zone. A date without a
visit is an EXDATE, a visit that isn't where the rule has it an event of its own with the
RECURRENCE-ID of its date. So what one mail says of the whole series, and another one of one visit
alone (see `invites`), lands in the same place of a calendar.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.mime.text import MIMEText

from django.core.exceptions import ValidationError
from django.utils import timezone
from icalendar import Event, vRecur

from accounts.models import User
from accounts.roles import Role
from appointments.invites import (
    attendee_of,
    calendar_of,
    home_page,
    mail_part,
    on_clinic_clocks,
    page_of,
    titled_event,
)
from appointments.models import Appointment, AppointmentSeries, SeriesDate
from appointments.scheduling.recurrence import at_clock, clock_text, occurrences, read_rule
from appointments.transitions import HOLDING
from patients.reach import Recipient


def series_part(
    series: AppointmentSeries, dates: Sequence[SeriesDate], recipient: Recipient
) -> MIMEText:
    """The whole series as it is now, as a part of a mail."""
    events = series_events(series, dates, recipient.signs_in, is_own=recipient.is_patient)
    for event in events:
        event.add("attendee", attendee_of(recipient))
    method = "REQUEST" if takes_place(dates) else "CANCEL"
    return mail_part(calendar_of(events, method), method)


def published_series(series: AppointmentSeries, dates: Sequence[SeriesDate], reader: User) -> bytes:
    """The whole series as a file: nobody is invited, or asked for an answer."""
    is_other = reader.role == Role.PATIENT and series.patient.user_id != reader.pk
    signs_in = is_other or series.patient.user_id is not None
    events = series_events(series, dates, signs_in, is_own=not is_other)
    return calendar_of(events, "PUBLISH")


def takes_place(dates: Sequence[SeriesDate]) -> bool:
    return any(date.appointment and date.appointment.status in HOLDING for date in dates)


def series_events(
    series: AppointmentSeries, dates: Sequence[SeriesDate], signs_in: bool, *, is_own: bool
) -> list[Event]:
    """The event that recurs, then those that are exceptions to it. `dates` are all of the series,
    in order and with their visits; `signs_in`: their reader has an account in which pages open."""
    visits = [date.appointment for date in dates if date.appointment]
    held = [visit for visit in visits if visit.status in HOLDING]
    usual = [visit for visit in held if is_by_rule(visit)]
    model = (usual or held or visits)[0]
    main = titled_event(model, home_page() if signs_in else "", is_own=is_own)
    for name in ("RECURRENCE-ID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND"):
        del main[name]
    starts = on_clinic_clocks(dates[0].local_start)
    main.add("sequence", series.sequence)
    main.add("dtstamp", max(visit.updated_at for visit in visits))
    main.add("dtstart", starts)
    main.add("dtend", starts + model.duration)
    add_dates(main, series, dates)
    if held:  # Of a series that is called off, one event says all.
        without = [date.local_start for date in dates if is_empty(date)]
        if without:
            main.add("exdate", [on_clinic_clocks(local) for local in without])
    apart = [visit for visit in held if not is_like(visit, model)]
    return [
        main,
        *(titled_event(one, page_of(one) if signs_in else "", is_own=is_own) for one in apart),
    ]


def add_dates(event: Event, series: AppointmentSeries, dates: Sequence[SeriesDate]) -> None:
    """By the rule, if its dates are those of the series still: since they were booked, the zone's
    clocks may have been put otherwise, or the clinic into another zone. Else one by one."""
    zone = timezone.get_default_timezone()
    texts = [date.local_start for date in dates]
    try:
        starts = occurrences(read_rule(series.rule), at_clock(texts[0], zone), zone)
    except ValidationError:
        starts = []
    if [clock_text(at, zone) for at in starts] == texts:
        event.add("rrule", vRecur.from_ical(recur_text(series.rule)))
    elif len(texts) > 1:
        event.add("rdate", [on_clinic_clocks(local) for local in texts[1:]])


def recur_text(rule: str) -> str:
    """The rule as calendars take it: UNTIL is an instant where DTSTART is a time (RFC 5545)."""
    read = read_rule(rule)
    if read.until is not None and not isinstance(read.until, datetime):
        last = on_clinic_clocks(f"{read.until:%Y-%m-%d}T23:59").astimezone(UTC)
        read = replace(read, until=last)
    return str(read)


def is_empty(date: SeriesDate) -> bool:
    return date.appointment is None or date.appointment.status not in HOLDING


def is_by_rule(visit: Appointment) -> bool:
    return clock_text(visit.starts_at, timezone.get_default_timezone()) == (
        visit.series_date.local_start
    )


def is_like(visit: Appointment, model: Appointment) -> bool:
    """Does the event that recurs say all of this visit?"""
    same = (
        visit.duration == model.duration,
        visit.doctor_id == model.doctor_id,
        visit.location_id == model.location_id,
        visit.service_id == model.service_id,
    )
    return is_by_rule(visit) and all(same)
