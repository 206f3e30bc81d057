"""Moving and cancelling a group session, with all who take part in it."""

from copy import copy
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.scheduling.set_up import NOTHING, read_set_up
from appointments.scheduling.wanted import of_visit
from appointments.services.booking import place
from appointments.services.fitting import NOT_BY_DOCTOR, is_by
from appointments.services.offers import withdraw_offers
from appointments.services.records import change_of, offer_freed_time, tell_patient
from appointments.services.rooms import NO_ROOMS
from appointments.services.rules import Calendars, in_utc
from appointments.services.seats import SessionCheck, check_stands, lock_session
from appointments.services.sessions.calendars import (
    check_runs,
    check_takes_sessions,
    check_whole,
    session_alternatives,
    settle_session,
    write_session,
)
from appointments.services.sessions.participants import of_session
from appointments.services.visits import cancel, correct
from appointments.transitions import CancelReason, Status
from clinic.errors import PATIENT_DOUBLE_BOOKED, WRONG_STATE, NotAllowed
from doctors.models import Doctor
from doctors.services import lock_doctors
from patients.models import Patient

TIMES = ("doctor_id", "starts_at", "ends_at")
PLACE = ("doctor", "location", "starts_at", "ends_at", "booked_at", "sequence", "updated_at")


def move_session(
    session: GroupSession,
    by: User,
    starts_at: datetime,
    duration: timedelta | None = None,
    doctor: Doctor | None = None,
    check: SessionCheck | None = None,
) -> GroupSession:
    """Move a session to another time, length or doctor, and all who are booked in it along.

    All of them or none; each is told. Buffers and price stay, and its rooms where they are free
    then. `check` may refuse what has changed since it was shown. Raises NotAllowed, and
    ValidationError: as `open_session()`, `patient_double_booked` where somebody has another visit
    then, `wrong_state` once somebody has checked in.
    """
    starts_at = in_utc(starts_at)
    wish = copy(session)
    wish.doctor = doctor or session.doctor
    wish.starts_at, wish.ends_at = starts_at, starts_at + (duration or session.duration)
    with session_alternatives(wish, by), transaction.atomic():
        active = lock_doctors({session.doctor_id, wish.doctor_id})
        before, taking_part = lock_whole(session, check)
        check_runs(before, by)
        check_not_begun(taking_part)
        moved = copy(before)
        moved.doctor, moved.starts_at = wish.doctor, starts_at
        moved.ends_at = starts_at + (duration or before.duration)
        if all(getattr(moved, name) == getattr(before, name) for name in TIMES):
            return before
        check_runs(moved, by)
        check_takes_sessions(moved, active)
        moved.booked_at = timezone.now()
        moved.sequence += 1
        check_whole(moved)
        give_time(moved, before)
        for appointment in taking_part:
            move_along(appointment, moved, by, active)
        withdraw_offers(moved)
        offer_freed_time(before)
    return moved


def give_time(moved: GroupSession, before: GroupSession) -> None:
    """Write the session's new time, with the place and the rooms that it then has."""
    set_up = read_set_up(moved.service_id)
    is_other = moved.doctor_id != before.doctor_id
    if is_other and set_up.service and not is_by(set_up.wanted, moved.doctor_id):
        raise ValidationError({"doctor": NOT_BY_DOCTOR})
    has = AppointmentResource.objects.filter(session=moved).select_related("resource")
    rooms = settle_session(moved, of_visit(moved, set_up.wanted).at(None), set_up, list(has))
    write_session(moved, rooms, PLACE)


def move_along(
    appointment: Appointment, session: GroupSession, by: User, active: frozenset[UUID]
) -> None:
    """Give one who takes part the session's new time, and owe word of it."""
    before = copy(appointment)
    for name, value in of_session(session).items():
        setattr(appointment, name, value)
    appointment.session = session
    appointment.sequence += 1
    locked = Calendars(active, False, NOTHING)
    try:
        place(appointment, by, locked, change_of(appointment, by, before))
    except ValidationError as error:
        raise named_fault(error, appointment) from error
    tell_patient(appointment, "appointment_moved", tasks.send_change)


def named_fault(error: ValidationError, appointment: Appointment) -> ValidationError:
    """The same, saying who it is that has another visit then."""
    faults = [fault for faults in error.error_dict.values() for fault in faults]
    if all(fault.code != PATIENT_DOUBLE_BOOKED for fault in faults):
        return error
    sentence = f"{appointment.patient} already has an appointment then."
    return ValidationError({"starts_at": ValidationError(sentence, code=PATIENT_DOUBLE_BOOKED)})


def lock_whole(
    session: GroupSession, check: SessionCheck | None = None
) -> tuple[GroupSession, list[Appointment]]:
    """The session and the appointments in it that hold its time, held until the transaction ends.

    Its doctor must be locked: nobody is added meanwhile. Raises ValidationError (`wrong_state`)
    where it was cancelled, or moved to another doctor, since it was read.
    """
    current = lock_with_patients(session, check)
    check_stands(current)
    rows = Appointment.objects.holding_time().filter(session=current).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    return current, list(rows.with_people())


def lock_with_patients(session: GroupSession, check: SessionCheck | None = None) -> GroupSession:
    """The session, after all who take part in it or did: always by their ids, as bookings do."""
    of_whom = Appointment.objects.filter(session=session).values("patient")
    rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=of_whom)
    list(rows.order_by("pk").values_list("pk"))
    current = lock_session(session, check)
    if current.doctor_id != session.doctor_id:
        raise ValidationError("This session was moved just now.", code=WRONG_STATE)
    return current


def check_not_begun(taking_part: list[Appointment], *states: str) -> None:
    """Raise ValidationError (`wrong_state`) where one is further than booked, or these states."""
    for one in taking_part:
        if one.status not in (Status.BOOKED, *states):
            status = one.get_status_display().lower()
            sentence = f"This session has begun: {one.patient} is {status}."
            raise ValidationError(sentence, code=WRONG_STATE)


@transaction.atomic
def cancel_session(
    session: GroupSession,
    by: User,
    reason: str = "",
    reason_code: str = "",
    check: SessionCheck | None = None,
) -> GroupSession:
    """Free the time of a session in which nobody has been seen yet. The appointments in it are
    cancelled, too, and each patient is told.

    Raises NotAllowed, and ValidationError (`wrong_state`).
    """
    lock_doctors([session.doctor_id])
    current, taking_part = lock_whole(session, check)
    check_runs(current, by)
    check_not_begun(taking_part, Status.CHECKED_IN)
    current.cancelled_at = timezone.now()
    current.sequence += 1
    for appointment in taking_part:
        cancel(appointment, by, reason, reason_code or CancelReason.PROVIDER)
    current.save(update_fields=["cancelled_at", "sequence", "updated_at"])
    offer_freed_time(current)
    return current


@transaction.atomic
def restore_session(session: GroupSession, by: User) -> tuple[GroupSession, list[Appointment]]:
    """Take a cancellation back. Those who were cancelled with the session take part again, and are
    told. Returns with it those who can't, as they have another visit then by now.

    Raises NotAllowed, and ValidationError: `wrong_state`, `doctor_inactive`, or the constraint's
    own sentence and code where the time or a room is somebody else's by now.
    """
    if not by.has_perm("appointments.correct_appointment"):
        raise NotAllowed("You may not take this step back.")
    active = lock_doctors([session.doctor_id])
    current = lock_with_patients(session)
    check_runs(current, by)
    if current.cancelled_at is None:
        raise ValidationError("This session isn't cancelled.", code=WRONG_STATE)
    check_takes_sessions(current, active)
    along = cancelled_along(current)
    current.cancelled_at = None
    current.sequence += 1
    write_session(current, NO_ROOMS, ["cancelled_at", "sequence", "updated_at"])
    withdraw_offers(current)
    return current, [one for one in along if not is_restored(one, by)]


def cancelled_along(session: GroupSession) -> list[Appointment]:
    """Those that were cancelled when the session was, and not before."""
    cancelled = Appointment.objects.filter(session=session, status=Status.CANCELLED)
    along = cancelled.filter(
        history__to_status=Status.CANCELLED, history__at__gte=session.cancelled_at
    )
    return list(along.with_people().order_by("seat").distinct())


def is_restored(appointment: Appointment, by: User) -> bool:
    try:
        with transaction.atomic():
            correct(appointment, Status.BOOKED, by)
    except ValidationError:
        return False
    return True
