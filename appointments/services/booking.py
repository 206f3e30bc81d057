"""Giving an appointment its time: the one way into a calendar."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments import availability, tasks
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services.records import (
    lock,
    offer_freed_time,
    record,
    tell,
    wrong_state,
)
from appointments.transitions import Status
from clinic.errors import (
    DOCTOR_DOUBLE_BOOKED,
    DOCTOR_INACTIVE,
    PATIENT_DOUBLE_BOOKED,
    WRONG_STATE,
    NotAllowed,
    constraint_errors,
    violation,
)
from doctors.models import Doctor
from doctors.services import lock_doctors
from patients.models import CareAssignment, Patient

MERGED_SENTENCE = "This patient's record was merged into another one. Book for that one."
NO_SLOT = "no_free_slot"
TIME_REFUSED = {DOCTOR_DOUBLE_BOOKED, PATIENT_DOUBLE_BOOKED, NO_SLOT}


def book(appointment: Appointment, by: User | None) -> Appointment:
    """Save a new appointment, its history and what is owed to the patient, or do none of it.

    An `overbook_reason` lets it share its time with others. Raises ValidationError (field
    errors, `doctor_inactive`, `no_free_slot`, or the violated constraint's own sentence and
    code; where the time is what was refused, its `alternatives` are free ones) and NotAllowed.
    """
    appointment.starts_at = in_utc(appointment.starts_at)
    appointment.ends_at = in_utc(appointment.ends_at)
    with alternatives(appointment, by), transaction.atomic():
        check_allowed(appointment, by)
        appointment.created_by = by
        lock_calendars([appointment.doctor_id], appointment.patient_id)
        place(appointment, by)
        record(appointment, by, before=None)
        tell(appointment, "appointment_booked", tasks.send_confirmation)
    return appointment


def reschedule(
    appointment: Appointment,
    by: User | None,
    starts_at: datetime,
    duration: timedelta | None = None,
    doctor: Doctor | None = None,
    overbook_reason: str = "",
) -> Appointment:
    """Move a booked appointment to another time, length or doctor. It keeps its id.

    The old time is freed in the same transaction; where nothing changes, nobody is told. Raises
    as `book()` does, and ValidationError (`wrong_state`) where it isn't booked any more.
    """
    starts_at = in_utc(starts_at)
    wanted = copy(appointment)
    wanted.doctor = doctor or appointment.doctor
    wanted.starts_at, wanted.ends_at = starts_at, starts_at + (duration or appointment.duration)
    wanted.overbook_reason = overbook_reason
    with alternatives(wanted, by), transaction.atomic():
        doctors = {appointment.doctor_id, wanted.doctor_id}
        lock_calendars(doctors, appointment.patient_id)
        before = lock(appointment)
        if before.status != Status.BOOKED or before.doctor_id != appointment.doctor_id:
            raise wrong_state(before, gettext("moved"))
        check_notice(before, by)
        moved = copy(before)
        moved.doctor, moved.overbook_reason = wanted.doctor, overbook_reason
        moved.starts_at, moved.ends_at = starts_at, starts_at + (duration or before.duration)
        if has_same_place(moved, before):
            return before
        moved.sequence += 1
        check_allowed(moved, by)
        place(moved, by)
        record(moved, by, before)
        tell(moved, "appointment_moved", tasks.send_change)
        offer_freed_time(before)
    return moved


def has_same_place(one: Appointment, other: Appointment) -> bool:
    names = ("doctor_id", "starts_at", "ends_at", "overbook_reason")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@contextmanager
def alternatives(appointment: Appointment, by: User | None) -> Iterator[None]:
    """Where the time is refused, look for free ones near it, once nothing is locked any more."""
    try:
        yield
    except ValidationError as error:
        codes = {fault.code for fault in faults_of(error)}
        error.alternatives = (  # type: ignore[attr-defined]
            availability.alternatives_to(appointment, by) if codes & TIME_REFUSED else None
        )
        raise


def faults_of(error: ValidationError) -> Iterator[ValidationError]:
    if hasattr(error, "error_dict"):
        for faults in error.error_dict.values():
            yield from faults
    else:
        yield from error.error_list


def place(appointment: Appointment, by: User | None) -> None:
    """Give the appointment its time. The calendars must be locked.

    From then on the doctor looks after the patient. Whoever on the waitlist is offered the time
    must wait on.
    """
    now = timezone.now()
    appointment.booked_at = now
    # The rows are locked and exist, and the database checks keys and constraints as it writes.
    appointment.full_clean(
        exclude={"doctor", "patient", "created_by"},
        validate_unique=False,
        validate_constraints=False,
    )
    check_active(appointment)
    if is_patient(by):
        check_is_free(appointment, by)
    local = timezone.localtime(appointment.starts_at)
    appointment.local_start = f"{local:%Y-%m-%dT%H:%M}"
    appointment.time_zone = settings.TIME_ZONE
    with constraint_errors(appointment, deadlock_code=DOCTOR_DOUBLE_BOOKED):
        appointment.save()
    withdraw_offers(appointment)
    CareAssignment.objects.bulk_create(
        [CareAssignment(doctor=appointment.doctor, patient=appointment.patient, assigned_by=by)],
        ignore_conflicts=True,
    )


def check_is_free(appointment: Appointment, by: User | None) -> None:
    """Raise ValidationError where this is none of the free times that patients can book. The
    calendars must be locked.

    Times that only overbooked visits hold are taken, too: the constraint lets them pass.
    """
    if not availability.is_slot(appointment, by):
        sentence = _("This is none of the free times that can be booked.")
        raise ValidationError({"starts_at": ValidationError(sentence, code=NO_SLOT)})
    visits = Appointment.objects.holding_time().filter(doctor=appointment.doctor_id)
    if overlapping(visits, appointment).exclude(pk=appointment.pk).exists():
        taken = violation(appointment, "violation_error_code", DOCTOR_DOUBLE_BOOKED)
        raise taken or AssertionError("The constraint is gone.")


def check_active(appointment: Appointment) -> None:
    if not Doctor.objects.active().filter(pk=appointment.doctor_id).exists():
        sentence = _("This doctor takes no appointments at present.")
        raise ValidationError({"doctor": ValidationError(sentence, code=DOCTOR_INACTIVE)})


def withdraw_offers(appointment: Appointment) -> None:
    """Nobody on the waitlist is offered the time of this visit any more. Its own patient, who was
    offered it and booked it in another way, has what they waited for."""
    of_doctor = SlotOffer.objects.filter(doctor=appointment.doctor_id, state=SlotOffer.State.OPEN)
    offers = overlapping(of_doctor, appointment)
    own = offers.filter(entry__patient=appointment.patient_id).values("entry")
    WaitlistEntry.objects.waiting().filter(pk__in=own).update(state=WaitlistEntry.State.BOOKED)
    end_offers(offers, SlotOffer.State.WITHDRAWN)


def end_offers(offers: QuerySet[SlotOffer], state: str) -> None:
    """Locked in one order: whoever ends others at the same time waits, and both get through."""
    locked = offers.order_by("pk").select_for_update(of=("self",), no_key=True)
    SlotOffer.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).update(state=state)


def overlapping(rows: QuerySet, appointment: Appointment) -> QuerySet:
    """Those that share an instant with the appointment."""
    return rows.filter(starts_at__lt=appointment.ends_at, ends_at__gt=appointment.starts_at)


def in_utc(instant: datetime) -> datetime:
    """The same instant. In a zone with changes of the clocks, Python compares and adds what the
    clocks show, not the time that passes."""
    return instant.astimezone(UTC)


def lock_calendars(doctors: Iterable[UUID], patient: UUID) -> None:
    """Let one booking at a time look at these calendars, until the transaction ends.

    Always doctors by id first, then the patient: two bookings never wait for each other.
    Raises ValidationError (`wrong_state`) where another record stands for the patient now.
    """
    lock_doctors(doctors)
    standing = Patient.objects.standing().select_for_update(no_key=True).filter(pk=patient)
    if not standing.values_list("pk"):
        raise ValidationError({"patient": ValidationError(MERGED_SENTENCE, code=WRONG_STATE)})


def is_patient(by: User | None) -> bool:
    """Does a patient book? Nobody at all is the clinic itself."""
    return by is not None and not by.is_staff


def check_allowed(appointment: Appointment, by: User | None) -> None:
    """Raise NotAllowed where this user may not put this appointment into this calendar."""
    if by is None:
        return
    if is_patient(by):
        if appointment.patient.user_id != by.pk:
            raise NotAllowed("Patients book for themselves only.")
        if appointment.patient.email_verified_at is None:
            raise NotAllowed(_("Please confirm your e-mail address first."))
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
