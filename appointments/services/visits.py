"""The steps of a visit's life, forward and back."""

from collections.abc import Sequence
from copy import copy

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, AppointmentResource
from appointments.scheduling.wanted import of_visit
from appointments.services.calendars import lock_calendars
from appointments.services.care import follow_status
from appointments.services.offers import withdraw_offers
from appointments.services.records import (
    Check,
    lock_appointment,
    offer_freed_time,
    record_change,
    tell_patient,
    wrong_state,
)
from appointments.services.rooms import NO_ROOMS, change_rooms, give_up, rooms_of
from appointments.services.rules import (
    check_active,
    check_day,
    check_notice,
    deceased,
    is_patient,
)
from appointments.services.seats import seat_again
from appointments.transitions import CORRECTED_FROM, HOLDING, REACHED_FROM, CancelReason, Status
from clinic.errors import DOCTOR_DOUBLE_BOOKED, WRONG_STATE, NotAllowed, constraint_errors
from patients.services import check_reach, lock_patient


@transaction.atomic
def cancel(
    appointment: Appointment,
    by: User | None,
    reason: str = "",
    reason_code: str = "",
    check: Check | None = None,
) -> Appointment:
    """Free the time of a visit that hasn't begun, and owe the patient word of it.

    Raises ValidationError (`wrong_state`), and NotAllowed where it is too late for the patient, or
    the caller doesn't act for the patient any more.
    """
    if is_patient(by):
        lock_patient(appointment.patient)
        check_reach(appointment.patient, by)
    check_notice(lock_appointment(appointment, check), by)
    code = reason_code or (CancelReason.PATIENT if is_patient(by) else "")
    cancelled = advance(appointment, Status.CANCELLED, by, reason, code)
    tell_patient(cancelled, "appointment_cancelled", tasks.send_cancellation)
    return cancelled


@transaction.atomic
def advance(
    appointment: Appointment,
    to: Status,
    by: User | None,
    reason: str = "",
    reason_code: str = "",
    *,
    early: bool = False,
    check: Check | None = None,
) -> Appointment:
    """Take the visit one step on. Whoever checks in a visit of another day says so by `early`;
    `check` may refuse what has changed since it was shown.

    Raises ValidationError: `wrong_state` out of order, `other_day` without that word.
    """
    current = lock_appointment(appointment, check)
    if current.status not in REACHED_FROM[to]:
        raise wrong_state(current, to.label.lower())
    if to == Status.NOSHOW and current.starts_at > timezone.now():
        raise ValidationError("A no-show is known only after the start.", code=WRONG_STATE)
    if to == Status.CHECKED_IN and not early:
        check_day(current)
    return step(current, to, by, reason, reason_code)


@transaction.atomic
def correct(appointment: Appointment, to: Status, by: User, reason: str = "") -> Appointment:
    """Take back a step that was taken by mistake. The patient is told where the visit takes place
    after all.

    A visit that was called off gets its rooms again, or others like them, and a place in its
    session. Raises NotAllowed, and ValidationError: `wrong_state`, `session_full`,
    `doctor_inactive`, `resource_double_booked`, or the constraint's own sentence and code where
    the time of the visit is somebody else's by now.
    """
    if not by.has_perm("appointments.correct_appointment"):
        raise NotAllowed("You may not take this step back.")
    doctors = [appointment.doctor_id]
    locked = lock_calendars(doctors, appointment.patient_id, appointment.service_id)
    current = lock_appointment(appointment)
    was = current.status
    if was not in CORRECTED_FROM.get(to, ()):
        raise wrong_state(current, f"set back to {to.label.lower()}")
    if was not in HOLDING:
        if locked.is_deceased:
            raise deceased()
        check_active(current, locked)
    rooms = NO_ROOMS
    if was not in HOLDING and current.session_id is not None:
        seat_again(current)
    elif was not in HOLDING:
        wanted = of_visit(current, locked.set_up.wanted)
        rooms = change_rooms(current, wanted, locked.set_up, rooms_of(current))
    give_up(rooms.gone)
    corrected = step(current, to, by, reason, rooms=rooms.new)
    withdraw_offers(corrected)
    if was == Status.CANCELLED:
        tell_patient(corrected, "appointment_restored", tasks.send_restoration)
    return corrected


def step(
    current: Appointment,
    to: Status,
    by: User | None,
    reason: str = "",
    reason_code: str = "",
    rooms: Sequence[AppointmentResource] = (),
) -> Appointment:
    """Write that step, and let the waitlist have what it frees."""
    was = current.status
    write_step(current, to, by, reason, reason_code, rooms)
    if was in HOLDING and to not in HOLDING and current.session_id is None:
        offer_freed_time(current)
    follow_status(current, was)
    return current


def write_step(
    current: Appointment,
    to: Status,
    by: User | None,
    reason: str = "",
    reason_code: str = "",
    rooms: Sequence[AppointmentResource] = (),
) -> None:
    """Write that step. `rooms` are those that it has from now on, beside those that it had."""
    before = copy(current)
    current.status = to
    current.sequence += 1
    with constraint_errors(current, AppointmentResource, deadlock_code=DOCTOR_DOUBLE_BOOKED):
        current.save(update_fields=["status", "location", "seat", "sequence", "updated_at"])
        for room in rooms:
            room.save(force_insert=True)
    current.__dict__.pop("rooms", None)  # What it had is freed, or had again.
    record_change(current, by, before, reason, reason_code)
