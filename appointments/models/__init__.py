from appointments.models.appointments import (
    FUTURE_SENTENCE,
    LENGTH_SENTENCE,
    LONGEST,
    PERIOD,
    SHORTEST,
    Appointment,
    AppointmentChange,
    AppointmentQuerySet,
)
from appointments.models.feeds import CalendarFeed
from appointments.models.notes import VisitNote
from appointments.models.waitlist import SlotOffer, WaitlistEntry

__all__ = [
    "FUTURE_SENTENCE",
    "LENGTH_SENTENCE",
    "LONGEST",
    "PERIOD",
    "SHORTEST",
    "Appointment",
    "AppointmentChange",
    "AppointmentQuerySet",
    "CalendarFeed",
    "SlotOffer",
    "VisitNote",
    "WaitlistEntry",
]
