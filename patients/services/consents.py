"""Consent to the privacy notice, given and withdrawn, and the restriction of what is done with a
record (GDPR, articles 7 and 18). Who did it, when and through which door, the history knows.

Without consent nobody is reminded, offered a time or lets themselves be booked online; what is
booked stays, and is written about. Of a restricted record nobody is written to at all.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from clinic.copies import write
from clinic.errors import WRONG_STATE, NotAllowed
from patients.models import Patient
from patients.services.acting import check_reach
from patients.services.records import locked_record

CONSENT = {"consented_at", "consent_version", "consent_withdrawn_at"}
CHANGE = "patients.change_patient"


@transaction.atomic
def set_consent(patient: Patient, by: User, *, agrees: bool) -> Patient:
    """Note that the patient, or who acts for the patient, agrees to the privacy notice of now, or
    does so no more. Raises NotAllowed, and ValidationError (`wrong_state`)."""
    now = locked_record(patient)
    if not by.has_perm(CHANGE):
        check_reach(now, by)
    now.has_consented = agrees
    write(now, CONSENT)
    return now


@transaction.atomic
def restrict(patient: Patient, by: User, reason: str) -> Patient:
    """Keep what is on record, and do nothing else with it. Raises NotAllowed, and ValidationError
    keyed to `reason`, or `wrong_state` where it is so already."""
    if not by.has_perm(CHANGE):
        raise NotAllowed("You may not restrict records.")
    now = locked_record(patient)
    if now.restricted_at is not None:
        raise ValidationError("This record is restricted already.", code=WRONG_STATE)
    if not reason.strip():
        raise ValidationError({"reason": "Why?"})
    now.restricted_at, now.restriction_reason = timezone.now(), reason.strip()
    now.clean_fields(exclude={one.name for one in now._meta.fields} - {"restriction_reason"})
    write(now, {"restricted_at", "restriction_reason"})
    return now


@transaction.atomic
def lift_restriction(patient: Patient, by: User) -> Patient:
    """Raises NotAllowed, and ValidationError (`wrong_state`) where there is none."""
    if not by.has_perm(CHANGE):
        raise NotAllowed("You may not restrict records.")
    now = locked_record(patient)
    if now.restricted_at is None:
        raise ValidationError("This record isn't restricted.", code=WRONG_STATE)
    now.restricted_at, now.restriction_reason = None, ""
    write(now, {"restricted_at", "restriction_reason"})
    return now
