"""What a caller who is a patient may do: for the own record, and for whom they act."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clinic.errors import NotAllowed
from patients.models import Patient


def check_reach(patient: Patient, by: User | None) -> None:
    """Raise NotAllowed where the caller is a patient, and neither this one nor acts for them now.

    The patient's row must be locked: whoever ends a relation holds it, too. Who else may do what,
    other rules say.
    """
    if by is None or by.is_staff or patient.user_id == by.pk:
        return
    if not Patient.objects.visible_to(by).filter(pk=patient.pk).exists():
        raise NotAllowed(_("You don't act for this patient any more."))


def check_verified(patient: Patient, by: User) -> None:
    """Raise NotAllowed where the patient who is signed in, and is this one or acts for them,
    hasn't confirmed the own e-mail address."""
    own = patient if patient.user_id == by.pk else Patient.objects.own(by).first()
    if own is None or own.email_verified_at is None:
        raise NotAllowed(_("Please confirm your e-mail address first."))


def lock_patient(patient: Patient) -> None:
    """Hold the patient's row until the transaction ends."""
    list(Patient.objects.select_for_update(no_key=True).filter(pk=patient.pk).values_list("pk"))
