"""Who takes part in a group session: each by an appointment of their own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, GroupSession
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.availability import Limits
from appointments.scheduling.newcomers import REFUSALS, newcomer_codes
from appointments.services.booking import NO_SLOT, place
from appointments.services.calendars import lock_calendars
from appointments.services.records import change_of, tell_patient
from appointments.services.rules import check_allowed, check_visits_ahead, is_patient
from appointments.services.seats import check_stands, free_seat, lock_session
from appointments.services.visits import cancel
from clinic.errors import WRONG_STATE, NotAllowed
from patients.models import Patient
from patients.services import bring_into_use

# What an appointment has from the session that it is in.
OF_SESSION = (
    "doctor",
    "starts_at",
    "ends_at",
    "service",
    "location",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "price_amount",
    "price_currency",
)


def of_session(session: GroupSession) -> dict[str, Any]:
    return {name: getattr(session, name) for name in OF_SESSION}


@transaction.atomic
def add_participant(
    session: GroupSession, patient: Patient, by: User | None, reason: str = ""
) -> Appointment:
    """Give a patient the lowest free place in a session, and owe word of it.

    Patients take a place for themselves or for whom they act, where the session's visit type may
    be booked online, within the times and numbers in which they may book. Raises NotAllowed, and
    ValidationError: `session_full`, `patient_double_booked`, `wrong_state` of a session that was
    cancelled or has moved to another doctor, and whatever `book()` refuses of a patient.
    """
    locked = lock_calendars([session.doctor_id], patient.pk)
    current = lock_session(session)
    check_stands(current)
    if current.doctor_id != session.doctor_id:
        raise ValidationError(_("This session was moved just now."), code=WRONG_STATE)
    appointment = Appointment(
        session=current, patient=patient, reason=reason, created_by=by, **of_session(current)
    )
    check_allowed(appointment, by)
    if is_patient(by):
        check_joined_online(current, appointment, by)
    appointment.seat = free_seat(current)
    place(appointment, by, locked, change_of(appointment, by, before=None))
    bring_into_use(patient)
    tell_patient(appointment, "appointment_booked", tasks.send_confirmation)
    return appointment


def check_joined_online(session: GroupSession, appointment: Appointment, by: User | None) -> None:
    """Raise NotAllowed where patients can't take a place in this session by themselves, and
    ValidationError where it is too late, too early, or one visit too many."""
    if not (session.service and session.service.is_online and session.service.is_active):
        raise NotAllowed(_("Places in this group aren't given away online. Please call us."))
    for code in newcomer_codes(session.service.for_new_patients, appointment.patient_id):
        raise ValidationError({"service": REFUSALS[code]})
    limits = Limits.of(by)
    if not limits.after < session.starts_at < limits.before:
        sentence = _("This is none of the free times that can be booked.")
        raise ValidationError({"starts_at": ValidationError(sentence, code=NO_SLOT)})
    check_visits_ahead(appointment, Ahead(appointment.patient_id, appointment.pk))


def remove_participant(
    appointment: Appointment, by: User | None, reason: str = "", reason_code: str = ""
) -> Appointment:
    """Take somebody out of a session: the appointment is cancelled, the place is free again."""
    if appointment.session_id is None:
        raise AssertionError("This visit is no part of a session.")
    return cancel(appointment, by, reason, reason_code)
