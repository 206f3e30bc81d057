"""Who is new to the clinic: visit types may be for them alone, or for all others."""

from functools import cache
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment
from appointments.scheduling.calendars import FOR_KNOWN, FOR_NEW
from appointments.transitions import ARRIVED
from clinic.statements import Statement, stand_in_key
from doctors.models import HealthcareService

REFUSALS = {
    FOR_NEW: _("This is for new patients only."),
    FOR_KNOWN: _("This is for patients who have been here before."),
}


def is_new(patient_id: UUID) -> bool:
    """Has no visit of the patient ever taken place?"""
    return not seen_statement().rows(patient=patient_id)


@cache
def seen_statement() -> Statement:
    patient = stand_in_key()
    seen = Appointment.objects.filter(patient=patient, status__in=ARRIVED)
    return Statement(seen.order_by().values_list("pk"), patient=patient).extended("{} LIMIT 1")


def newcomer_codes(for_whom: str, patient_id: UUID) -> list[str]:
    """The code of what speaks against a type that is for these (`for_new_patients`) for this
    patient. Asks only where it matters."""
    kinds = HealthcareService.NewPatients
    if for_whom == kinds.ANY:
        return []
    if is_new(patient_id):
        return [FOR_KNOWN] if for_whom == kinds.NEVER else []
    return [FOR_NEW] if for_whom == kinds.ONLY else []
