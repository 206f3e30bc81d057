"""Who may book what, and when: what several services of appointments ask."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments.models import Appointment, GroupSession
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.set_up import SetUp
from clinic.days import day_at
from clinic.errors import DOCTOR_INACTIVE, OTHER_DAY, WRONG_STATE, NotAllowed
from patients.models import Patient
from patients.services import check_reach, check_verified

PAUSED_BY = ("restricted_at", "consent_withdrawn_at")
PAUSED = _(
    "Booking online is paused: consent to the privacy notice was withdrawn, or the record is "
    "restricted. Agree again under “My details”, or call the front desk."
)
TOO_MANY_AHEAD = "too_many_visits_ahead"


class Calendars(NamedTuple):
    """What is known of calendars that are locked."""

    active: frozenset[UUID]  # The doctors among them who take appointments.
    is_deceased: bool
    set_up: SetUp  # What is set up of the visit's type, and the places there are.
    is_paused: bool = False  # The record is restricted, or the consent withdrawn.


def check_active(appointment: Appointment, locked: Calendars) -> None:
    if appointment.doctor_id not in locked.active:
        sentence = _("This doctor takes no appointments at present.")
        raise ValidationError({"doctor": ValidationError(sentence, code=DOCTOR_INACTIVE)})


def check_visits_ahead(appointment: Appointment, ahead: Ahead) -> None:
    """Raise ValidationError where the patient has as many visits ahead as patients may book with
    one doctor, on one day, or at all. The patient must be locked."""
    refusal = ahead.refusal(appointment.doctor_id, day_at(appointment.starts_at))
    if refusal:
        raise ValidationError({"starts_at": ValidationError(refusal, code=TOO_MANY_AHEAD)})


def check_alive(patient_id: UUID, by: User | None) -> None:
    """Raise ValidationError (`wrong_state`) of a patient who has died, and NotAllowed of one who
    can't book online. The patient must be locked."""
    rows = Patient.objects.filter(pk=patient_id)
    for is_deceased, *paused in rows.values_list("is_deceased", *PAUSED_BY):
        if is_deceased:
            raise deceased()
        check_not_paused(any(paused), by)


def check_not_paused(is_paused: bool, by: User | None) -> None:
    """Raise NotAllowed where a patient books, and the record is restricted or the consent
    withdrawn. Staff book with the patient's word."""
    if is_paused and is_patient(by):
        raise NotAllowed(PAUSED)


def deceased() -> ValidationError:
    sentence = "This patient is deceased: nothing can be booked."
    return ValidationError({"patient": ValidationError(sentence, code=WRONG_STATE)})


def overlapping(rows: QuerySet, appointment: Appointment | GroupSession) -> QuerySet:
    """Those that hold time which the appointment holds, buffers included."""
    held = {"busy_from__lt": appointment.holds_until, "busy_until__gt": appointment.holds_from}
    return rows.filter(**held)


def in_utc(instant: datetime) -> datetime:
    """The same instant. In a zone with changes of the clocks, Python compares and adds what the
    clocks show, not the time that passes."""
    return instant.astimezone(UTC)


def is_patient(by: User | None) -> bool:
    """Does a patient book? Nobody at all is the clinic itself."""
    return by is not None and not by.is_staff


def check_allowed(appointment: Appointment, by: User | None) -> None:
    """Raise NotAllowed where this user may not put this appointment into this calendar. The
    calendars must be locked."""
    if by is None:
        return
    if is_patient(by):
        check_reach(appointment.patient, by)
        check_verified(appointment.patient, by)
    manages = by.is_staff and by.has_perm("appointments.manage_all_appointment")
    if by.is_staff and not manages and appointment.doctor.user_id != by.pk:
        raise NotAllowed("Doctors book in their own calendar only.")
    if appointment.overbook_reason and not by.has_perm("appointments.overbook_appointment"):
        raise NotAllowed("Only the front desk may overbook.")


def check_notice(appointment: Appointment, by: User | None) -> None:
    """Raise NotAllowed where it is too late for a patient to move or cancel the appointment."""
    if is_patient(by) and not is_changeable_online(appointment):
        raise NotAllowed(
            _("It is too late to change this appointment online. Please call the clinic.")
        )


def is_changeable_online(appointment: Appointment) -> bool:
    return appointment.starts_at - timezone.now() >= settings.CANCELLATION_NOTICE


def check_day(appointment: Appointment) -> None:
    """Raise ValidationError (`other_day`) where the visit isn't today, as the clinic's days go."""
    day, today = day_at(appointment.starts_at), day_at(timezone.now())
    if day != today:
        is_past = "was" if day < today else "is"
        sentence = f"This visit {is_past} on {day:%A} {day.day} {day:%B %Y}, not today."
        raise ValidationError(sentence, code=OTHER_DAY)
