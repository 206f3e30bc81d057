"""What may happen to appointments, for the site, the API, the console and jobs alike."""

from appointments.services.booking import book, place, reschedule
from appointments.services.calendars import lock_calendars
from appointments.services.rules import check_notice, is_changeable_online
from appointments.services.visits import advance, cancel, correct

__all__ = [
    "advance",
    "book",
    "cancel",
    "check_notice",
    "correct",
    "is_changeable_online",
    "lock_calendars",
    "place",
    "reschedule",
]
