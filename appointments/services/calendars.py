"""Calendars, locked: whoever gives an appointment its time looks at them alone."""

from collections.abc import Iterable
from functools import cache
from uuid import UUID

from django.core.exceptions import ValidationError

from appointments.scheduling.set_up import of_type, set_up_of, set_up_parts
from appointments.services.rules import PAUSED_BY, Calendars
from clinic.errors import WRONG_STATE
from clinic.statements import Statement, Statements, stand_in_key
from doctors.services import lock_doctors
from patients.models import Patient

MERGED_SENTENCE = "This patient's record was merged into another one. Book for that one."

ERASED_SENTENCE = "This record was erased: nothing can be booked."


def lock_calendars(
    doctors: Iterable[UUID], patient: UUID, service: UUID | None = None
) -> Calendars:
    """Let one booking at a time look at these calendars, until the transaction ends, and read what
    is set up of a visit's type.

    Always doctors by id first, then the patient: two bookings never wait for each other.
    Raises ValidationError (`wrong_state`) where another record stands for the patient now.
    """
    active = lock_doctors(doctors)
    statement = standing_statement(service is not None)
    standing, *set_up = statement.rows(patient=patient, **of_type(service))
    for is_deceased, erased_at, *paused in standing:
        if erased_at is not None:
            raise ValidationError({"patient": ValidationError(ERASED_SENTENCE, code=WRONG_STATE)})
        return Calendars(active, is_deceased, set_up_of(set_up), any(paused))
    raise ValidationError({"patient": ValidationError(MERGED_SENTENCE, code=WRONG_STATE)})


@cache
def standing_statement(is_typed: bool) -> Statements:
    patient = stand_in_key()
    standing = Patient.objects.standing().select_for_update(no_key=True).filter(pk=patient)
    told = standing.order_by().values_list("is_deceased", "erased_at", *PAUSED_BY)
    locked = Statement(told, patient=patient)
    return Statements(locked, *set_up_parts(is_typed))
