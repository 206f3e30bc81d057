"""What a patient who has died had booked."""

from django.db import transaction

from accounts.models import User
from appointments.models import Appointment
from appointments.services.absences import ahead
from appointments.services.visits import cancel
from appointments.transitions import CancelReason
from patients.models import Patient


@transaction.atomic
def cancel_visits_of_deceased(patient: Patient, by: User) -> list[Appointment]:
    """Free the times of all booked visits ahead; nobody is told. Returns them.

    None where the patient isn't marked as deceased any more.
    """
    standing = Patient.objects.select_for_update(no_key=True).filter(pk=patient.pk)
    if not standing.filter(is_deceased=True).values_list("pk"):
        return []
    visits = list(ahead().filter(patient=patient))
    return [cancel(visit, by, reason_code=CancelReason.DECEASED) for visit in visits]
