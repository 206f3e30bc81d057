"""Group sessions: times of a doctor with places for several patients.

A session holds the doctor's time and the rooms. Each who takes part has an appointment of their
own in it, with a state of its own, and is told by mails of their own: nobody learns of the others.
"""

from appointments.services.sessions.calendars import session_warnings
from appointments.services.sessions.moving import cancel_session, move_session, restore_session
from appointments.services.sessions.opening import change_session, open_session
from appointments.services.sessions.participants import add_participant, remove_participant

__all__ = [
    "add_participant",
    "cancel_session",
    "change_session",
    "move_session",
    "open_session",
    "remove_participant",
    "restore_session",
    "session_warnings",
]
