"""Emergency access: opening the record of somebody else's patient, with a reason and for a time."""

from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from clinic.errors import WRONG_STATE, NotAllowed
from clinic.mail import owe
from clinic.security_log import Kind, note_security
from patients import tasks
from patients.models import EmergencyAccess, Patient
from patients.search.text import word_readings

NOT_ALONE = "Several patients are called so and were born then: give the record number."
NOBODY = "There is no such patient. Check the spelling, or ask the front desk for the number."
KNOWN = "You see this record already."


def find_in_emergency(
    by: User, number: str = "", last_name: str = "", born: date | None = None
) -> Patient:
    """The one patient of this record number, or of this last name and date of birth.

    Whoever asks may not see the patient, so that nothing less than all of it finds anybody.
    Raises NotAllowed, and ValidationError (`number` or `last_name`) where it is nobody, or several.
    """
    check_may_open(by)
    if number:
        numbers = [one for reading in word_readings(number) for one in reading.numbers]
        found = list(Patient.objects.numbered(numbers[:1]).values())
    else:
        named = Patient.objects.standing().filter(last_name__iexact=last_name.strip())
        found = list(named.filter(date_of_birth=born)[:2]) if born else []
    if len(found) == 1:
        return found[0]
    note_security(Kind.BREAK_GLASS, user=by, outcome="not_found")
    field = "number" if number else "last_name"
    raise ValidationError({field: NOT_ALONE if found else NOBODY})


@transaction.atomic
def open_in_emergency(patient: Patient, reason: str, by: User) -> EmergencyAccess:
    """Open the record to this user for `BREAK_GLASS_MINUTES`, and owe all administrators word.

    Raises NotAllowed, and ValidationError: of the reason, or `wrong_state` where the user sees the
    record anyway.
    """
    check_may_open(by)
    if Patient.objects.visible_to(by).filter(pk=patient.pk).exists():
        raise ValidationError(KNOWN, code=WRONG_STATE)
    now = timezone.now()
    access = EmergencyAccess(
        patient=patient,
        user=by,
        reason=reason,
        opened_at=now,
        expires_at=now + timedelta(minutes=settings.BREAK_GLASS_MINUTES),
    )
    access.full_clean()
    access.save(force_insert=True)
    note_security(Kind.BREAK_GLASS, user=by, patient=patient.pk, access=access.pk)
    for admin in User.objects.filter(role=Role.ADMIN, is_active=True).exclude(email=""):
        owe(f"emergency:{access.pk}", admin.email, access.pk, tasks.send_emergency)
    return access


@transaction.atomic
def end_emergency(access: EmergencyAccess, by: User) -> EmergencyAccess:
    """Shut the record again before its time: whoever opened it, or an administrator.

    Raises NotAllowed, and ValidationError (`wrong_state`) where it is shut.
    """
    current = EmergencyAccess.objects.select_for_update(of=("self",)).get(pk=access.pk)
    if current.user_id != by.pk and not by.has_perm("patients.change_emergencyaccess"):
        raise NotAllowed("This is somebody else's.")
    if not current.is_open:
        raise ValidationError("This access is over already.", code=WRONG_STATE)
    current.ended_at = timezone.now()
    current.save(update_fields=["ended_at"])
    return current


@transaction.atomic
def review_emergency(access: EmergencyAccess, by: User) -> EmergencyAccess:
    """Write down that an administrator has looked at it; never one's own.

    Raises NotAllowed, and ValidationError (`wrong_state`) where somebody has already.
    """
    current = EmergencyAccess.objects.select_for_update(of=("self",)).get(pk=access.pk)
    if current.user_id == by.pk or not by.has_perm("patients.change_emergencyaccess"):
        raise NotAllowed("Another administrator must look at it.")
    if current.reviewed_at is not None:
        raise ValidationError("It was looked at already.", code=WRONG_STATE)
    current.reviewed_at, current.reviewed_by = timezone.now(), by
    current.save(update_fields=["reviewed_at", "reviewed_by"])
    return current


def check_may_open(by: User) -> None:
    if not by.has_perm("patients.add_emergencyaccess"):
        raise NotAllowed("You may not open records so.")
