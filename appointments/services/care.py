"""A doctor looks after a patient from a booking on, and as long as there are visits to show for it.

What somebody has assigned by hand is theirs to end.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from appointments.models import Appointment
from appointments.transitions import Status
from clinic.statements import insert_together
from doctors.services import lock_doctors
from patients.models import CareAssignment, Patient

NEVER_WAS = (Status.CANCELLED, Status.ENTERED_IN_ERROR)


def follow_status(visit: Appointment, was: str) -> None:
    """The visit was called off, or takes place after all: so with what its booking began."""
    if visit.status in NEVER_WAS and was not in NEVER_WAS:
        end_care_later(visit)
    elif was in NEVER_WAS and visit.status not in NEVER_WAS:
        begun = CareAssignment(
            doctor_id=visit.doctor_id, patient_id=visit.patient_id, by_booking=True
        )
        insert_together(begun, once=(begun,))


def end_care_later(visit: Appointment) -> None:
    """Let a job see whether any visit is left. It takes the locks of a booking, which whoever
    has locked a visit can't ask for any more."""
    keys = {"doctor_id": str(visit.doctor_id), "patient_id": str(visit.patient_id)}
    app.configure_task("appointments.end_care").defer(**keys)


@transaction.atomic
def end_care(doctor_id: UUID, patient_id: UUID) -> bool:
    """End what a booking began, where no visit is left that it could be for.

    Nobody books in between: a booking wants the same locks. Returns whether there was any.
    """
    lock_doctors([doctor_id])
    list(Patient.objects.filter(pk=patient_id).select_for_update(no_key=True).values_list("pk"))
    over = without_visits().filter(doctor=doctor_id, patient=patient_id)
    return over.delete()[0] > 0


def end_old_care() -> int:
    """End what bookings began whose last visit was `ASSIGNMENT_DAYS` ago; returns how many."""
    pairs = list(without_visits().values_list("doctor_id", "patient_id"))
    return sum(end_care(doctor, patient) for doctor, patient in pairs)


def without_visits() -> QuerySet[CareAssignment]:
    """The assignments by booking with no visit ahead, nor any in the last days that count."""
    same = Q(doctor=OuterRef("doctor"), patient=OuterRef("patient"))
    visits = Appointment.objects.filter(same).exclude(status__in=NEVER_WAS)
    if settings.ASSIGNMENT_DAYS:
        days = timedelta(days=settings.ASSIGNMENT_DAYS)
        visits = visits.filter(ends_at__gt=timezone.now() - days)
    return CareAssignment.objects.filter(~Exists(visits), by_booking=True)
