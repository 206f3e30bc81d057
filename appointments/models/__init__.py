from appointments.models.appointments import (
    FUTURE_SENTENCE,
    LENGTH_SENTENCE,
    LONGEST,
    MOST_PLACES,
    PERIOD,
    SHORTEST,
    Appointment,
)
from appointments.models.changes import AppointmentChange
from appointments.models.feeds import CalendarFeed
from appointments.models.notes import VisitNote
from appointments.models.querysets import AppointmentQuerySet
from appointments.models.resources import AppointmentResource, note_rooms
from appointments.models.series import AppointmentSeries, SeriesDate
from appointments.models.sessions import FEWEST_PLACES, GroupSession, GroupSessionQuerySet
from appointments.models.waitlist import SlotOffer, WaitlistEntry

__all__ = [
    "FEWEST_PLACES",
    "FUTURE_SENTENCE",
    "LENGTH_SENTENCE",
    "LONGEST",
    "MOST_PLACES",
    "PERIOD",
    "SHORTEST",
    "Appointment",
    "AppointmentChange",
    "AppointmentQuerySet",
    "AppointmentResource",
    "AppointmentSeries",
    "CalendarFeed",
    "GroupSession",
    "GroupSessionQuerySet",
    "SeriesDate",
    "SlotOffer",
    "VisitNote",
    "WaitlistEntry",
    "note_rooms",
]
