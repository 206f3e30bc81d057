"""What speaks against a time is said before it is booked or moved to; staff take it on a word."""

from django.core.exceptions import ValidationError

from appointments.models import Appointment, GroupSession
from appointments.scheduling import availability
from appointments.scheduling.calendars import (
    ABSENT,
    CLOSED,
    FOR_KNOWN,
    FOR_NEW,
    HELD,
    OTHER_PLACE,
    OUTSIDE_HOURS,
)
from appointments.services.sessions import session_warnings
from clinic.api.fields import instant_text
from doctors.models import Doctor

INACTIVE_SENTENCE = "The patient's record is inactive. With this visit it is in use again."


class AskedFirst(ValidationError):
    """Nothing is done yet: `word` is what to send back where it is meant all the same."""

    def __init__(self, sentences: list[str], word: str):
        self.sentences, self.word = sentences, word
        super().__init__({"starts_at": self.sentences})


def ask_first(wanted: Appointment, *words: str, is_new: bool = False) -> list[str]:
    """What is left to be told once it is done. `is_new`: a visit that is not booked yet.

    Raises AskedFirst where something speaks against the time, and none of the `words` is that of
    this time: what was said of it, or that of where the visit is already.
    """
    codes = availability.warnings_for(wanted)
    asked = {ABSENT, CLOSED, HELD, OTHER_PLACE} | ({FOR_NEW, FOR_KNOWN} if is_new else set())
    if OUTSIDE_HOURS in codes and keeps_hours(wanted.doctor):
        asked.add(OUTSIDE_HOURS)
    about_patient = [INACTIVE_SENTENCE] if is_new and not wanted.patient.is_active else []
    if asked.isdisjoint(codes) and not about_patient:
        return codes
    if word_for(wanted) not in words:
        sentences = [*about_patient, *(availability.WARNINGS[code] for code in codes)]
        raise AskedFirst(sentences, word_for(wanted))
    return [code for code in codes if code not in asked]


def ask_about_session(wanted: GroupSession, *words: str) -> list[str]:
    """The same of a group session."""
    codes = session_warnings(wanted)
    asked = {ABSENT, CLOSED, HELD, OTHER_PLACE}
    asked |= {OUTSIDE_HOURS} if keeps_hours(wanted.doctor) else set()
    if asked.isdisjoint(codes):
        return codes
    if word_for(wanted) not in words:
        raise AskedFirst([availability.WARNINGS[code] for code in codes], word_for(wanted))
    return [code for code in codes if code not in asked]


def keeps_hours(doctor: Doctor) -> bool:
    """Has the doctor hours at all? Where the clinic enters none, every time is outside of them."""
    return doctor.working_hours.exists() or doctor.extra_hours.exists()


def word_for(appointment: Appointment | GroupSession) -> str:
    """What says that this very time in a calendar is meant, and what for and where, if anything."""
    starts, ends = instant_text(appointment.starts_at), instant_text(appointment.ends_at)
    named = (appointment.service_id, appointment.location_id)
    return "/".join(map(str, filter(None, (appointment.doctor_id, starts, ends, *named))))
