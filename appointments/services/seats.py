"""The places of group sessions: no two have the same one, and the last is never given twice."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from appointments.models import Appointment, GroupSession
from clinic.days import moment_text
from clinic.errors import SESSION_FULL, WRONG_STATE, violation

SessionCheck = Callable[[GroupSession], None]


def lock_session(session: GroupSession, check: SessionCheck | None = None) -> GroupSession:
    """The row as it stands, held until the transaction ends; `check` may refuse it by raising.

    Doctors and patients are locked before it, appointments after it.
    """
    rows = GroupSession.objects.filter(pk=session.pk)
    list(rows.order_by().select_for_update(no_key=True).values_list("pk"))
    current = rows.select_related("doctor", "service", "location").get()
    if check is not None:
        check(current)
    return current


def check_stands(session: GroupSession) -> None:
    if session.cancelled_at is not None:
        raise ValidationError(_("This session was cancelled."), code=WRONG_STATE)


def free_seat(session: GroupSession) -> int:
    """The lowest place that nobody has. Raises ValidationError (`session_full`). The session must
    be locked."""
    taken = taken_seats(session)
    if len(taken) >= session.capacity:
        full = violation(Appointment(), "violation_error_code", SESSION_FULL)
        raise full or AssertionError("The constraint is gone.")
    return next(seat for seat in range(1, session.capacity + 1) if seat not in taken)


def taken_seats(session: GroupSession) -> set[int]:
    taking_part = Appointment.objects.holding_time().filter(session=session)
    return {seat for (seat,) in taking_part.values_list("seat") if seat is not None}


def seat_again(appointment: Appointment) -> None:
    """Give somebody who took part in a session a place in it once more.

    Raises ValidationError: `session_full`, or `wrong_state` where the session isn't what it was.
    The doctor and the appointment must be locked.
    """
    session = lock_session(GroupSession(pk=appointment.session_id))
    check_stands(session)
    if (session.doctor_id, session.starts_at) != (appointment.doctor_id, appointment.starts_at):
        sentence = "The session was moved to {} since: add the patient to it anew."
        raise ValidationError(sentence.format(moment_text(session.starts_at)), code=WRONG_STATE)
    appointment.seat = free_seat(session)
