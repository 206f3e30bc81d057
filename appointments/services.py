"""Booking, moving and the steps of a visit, for the site, the API and the admin alike."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from procrastinate.tasks import Task

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, AppointmentChange
from appointments.transitions import REACHED_FROM, Status
from clinic.errors import (
    DOCTOR_DOUBLE_BOOKED,
    DOCTOR_INACTIVE,
    WRONG_STATE,
    NotAllowed,
    constraint_errors,
)
from clinic.mail import owe
from doctors.models import Doctor
from patients.models import CareAssignment, Patient

MERGED_SENTENCE = "This patient's record was merged into another one. Book for that one."


@transaction.atomic
def book(appointment: Appointment, by: User) -> Appointment:
    """Save a new appointment, its history and what is owed to the patient, or do none of it.

    An `overbook_reason` lets it share its time with others. Raises ValidationError (field
    errors, `doctor_inactive`, or the violated constraint's own sentence and code) and
    NotAllowed.
    """
    check_allowed(appointment, by)
    appointment.created_by = by
    lock_calendars([appointment.doctor_id], appointment.patient_id)
    place(appointment, by)
    record(appointment, by, before=None)
    tell(appointment, "appointment_booked", tasks.send_confirmation)
    return appointment


@transaction.atomic
def reschedule(
    appointment: Appointment,
    by: User,
    starts_at: datetime,
    duration: timedelta | None = None,
    doctor: Doctor | None = None,
    overbook_reason: str = "",
) -> Appointment:
    """Move a booked appointment to another time, length or doctor. It keeps its id.

    The old time is freed in the same transaction. Raises as `book()` does, and
    ValidationError (`wrong_state`) where it isn't booked any more.
    """
    doctors = {appointment.doctor_id, doctor.pk if doctor else appointment.doctor_id}
    lock_calendars(doctors, appointment.patient_id)
    moved = lock(appointment)
    if moved.status != Status.BOOKED or moved.doctor_id not in doctors:
        raise wrong_state(moved, "moved")
    before = copy(moved)
    moved.doctor = doctor or moved.doctor
    moved.starts_at, moved.ends_at = starts_at, starts_at + (duration or before.duration)
    moved.overbook_reason = overbook_reason
    moved.sequence += 1
    check_allowed(moved, by)
    place(moved, by)
    record(moved, by, before)
    tell(moved, f"appointment_moved:{moved.sequence}", tasks.send_change)
    return moved


@transaction.atomic
def cancel(appointment: Appointment, by: User, reason: str = "") -> Appointment:
    """Free the time of a visit that hasn't begun, and owe the patient word of it."""
    cancelled = advance(appointment, Status.CANCELLED, by, reason)
    tell(cancelled, "appointment_cancelled", tasks.send_cancellation)
    return cancelled


@transaction.atomic
def advance(appointment: Appointment, to: Status, by: User, reason: str = "") -> Appointment:
    """Take the visit one step on. Raises ValidationError (`wrong_state`) out of order."""
    current = lock(appointment)
    before = copy(current)
    if current.status not in REACHED_FROM[to]:
        raise wrong_state(current, to.label.lower())
    if to == Status.NOSHOW and current.starts_at > timezone.now():
        raise ValidationError("A no-show is known only after the start.", code=WRONG_STATE)
    current.status = to
    current.sequence += 1
    current.save(update_fields=["status", "sequence", "updated_at"])
    record(current, by, before, reason)
    return current


def place(appointment: Appointment, by: User) -> None:
    """Give the appointment its time: the one way into a calendar, which must be locked.

    From then on the doctor looks after the patient.
    """
    appointment.booked_at = timezone.now()
    # The rows are locked and exist, and the database checks the constraints as it writes.
    appointment.full_clean(exclude={"doctor", "patient", "created_by"}, validate_constraints=False)
    if not Doctor.objects.active().filter(pk=appointment.doctor_id).exists():
        sentence = "This doctor takes no appointments at present."
        raise ValidationError({"doctor": ValidationError(sentence, code=DOCTOR_INACTIVE)})
    with constraint_errors(appointment, deadlock_code=DOCTOR_DOUBLE_BOOKED):
        appointment.save()
    CareAssignment.objects.bulk_create(
        [CareAssignment(doctor=appointment.doctor, patient=appointment.patient, assigned_by=by)],
        ignore_conflicts=True,
    )


def lock_calendars(doctors: Iterable[UUID], patient: UUID) -> None:
    """Let one booking at a time look at these calendars, until the transaction ends.

    Always doctors by id first, then the patient: two bookings never wait for each other.
    Raises ValidationError (`wrong_state`) where another record stands for the patient now.
    """
    locked = Doctor.objects.select_for_update(no_key=True).filter(pk__in=set(doctors))
    list(locked.order_by("pk").values_list("pk"))
    standing = Patient.objects.standing().select_for_update(no_key=True).filter(pk=patient)
    if not standing.values_list("pk"):
        raise ValidationError({"patient": ValidationError(MERGED_SENTENCE, code=WRONG_STATE)})


def lock(appointment: Appointment) -> Appointment:
    """The row as it stands, held until the transaction ends."""
    rows = Appointment.objects.select_for_update(of=("self",), no_key=True).with_people()
    return rows.get(pk=appointment.pk)


def check_allowed(appointment: Appointment, by: User) -> None:
    """Raise NotAllowed where this user may not put this appointment into this calendar."""
    manages_all = by.has_perm("appointments.manage_all_appointment")
    if not manages_all and appointment.doctor.user_id != by.pk:
        raise NotAllowed("Doctors book in their own calendar only.")
    if appointment.overbook_reason and not by.has_perm("appointments.overbook_appointment"):
        raise NotAllowed("Only the front desk may overbook.")


def wrong_state(appointment: Appointment, step: str) -> ValidationError:
    status = appointment.get_status_display().lower()
    return ValidationError(f"This appointment is {status}; it can't be {step}.", code=WRONG_STATE)


def record(
    appointment: Appointment, by: User, before: Appointment | None, reason: str = ""
) -> None:
    """Add a row to the appointment's history."""
    change = AppointmentChange(
        appointment=appointment,
        by=by,
        reason=reason,
        to_status=appointment.status,
        to_starts_at=appointment.starts_at,
        to_ends_at=appointment.ends_at,
        to_doctor=appointment.doctor,
    )
    if before is not None:
        change.from_status = before.status
        change.from_starts_at, change.from_ends_at = before.starts_at, before.ends_at
        change.from_doctor = before.doctor
    change.full_clean(exclude={"appointment", "by", "to_doctor", "from_doctor"})
    change.save(force_insert=True)


def tell(appointment: Appointment, event: str, task: Task) -> None:
    owe(f"{event}:{appointment.pk}", appointment.patient.email, appointment.pk, task)
