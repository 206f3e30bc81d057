"""Registering patients: by staff, by themselves, and by themselves with an account."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.forms import Field
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from accounts.services import verification
from accounts.services.accounts import Faults, account_faults
from accounts.services.concealment import is_concealed, without_concealed
from clinic.emails import normal_email
from clinic.errors import constraint_errors
from clinic.mail import owe
from patients import tasks
from patients.models import Patient
from patients.models.constraints import CONTACTS
from patients.photos import CleanPhoto
from patients.reach import owe_to_reached
from patients.services.documents import stored_if_sent

YOUNGEST = 13  # Years; younger patients are registered by the front desk.


def register(
    patient: Patient, photo: CleanPhoto | None, by: User | None, confirms: bool = True
) -> Patient:
    """Save a new patient with the ID photo and owe the confirmation, or do none of it.

    `by` is the member of staff who registers on the patient's behalf; None is the patient,
    who must send a photo and be 13 or older, and who is answered as by `register_with_account()`
    where `conceals()`. `confirms` is False for patients out of a file, who
    get no mail. Raises ValidationError keyed to fields.
    """
    check_registration(patient, photo, by)
    try:
        with stored_if_sent(photo) as document, transaction.atomic(), constraint_errors(patient):
            patient.save(force_insert=True)
            if document is not None:
                document.patient, document.uploaded_by = patient, by
                document.save(force_insert=True)
            follow_up(patient, confirms)
    except ValidationError as error:
        if by is not None or not is_concealed(error):
            raise
        tell_owners(patient)
    return patient


def register_with_account(patient: Patient, password: str, photo: CleanPhoto | None) -> Patient:
    """Save a new patient with an account, the ID photo if there is one, and owe the
    confirmation and the link that verifies the address; or do none of it.

    Raises ValidationError keyed to fields (`password` among them). Where `conceals()` and the
    address or number is known, nothing is raised and no patient is stored, but the owner is
    told by mail: callers then answer everybody alike, without the patient's id and number.
    """
    check_account_registration(patient, password)
    account = account_for(patient)
    account.set_password(password)  # Takes its time, known or not: before any row is locked.
    try:
        with stored_if_sent(photo) as document, transaction.atomic():
            with constraint_errors(account):
                account.save(force_insert=True)
            patient.user = account
            with constraint_errors(patient):
                patient.save(force_insert=True)
            if document is not None:
                document.patient = patient
                document.save(force_insert=True)
            follow_up(patient)
            verification.owe_email_link(account)
    except ValidationError as error:
        if not is_concealed(error):
            raise
        patient.user = None
        tell_owners(patient)
    return patient


def follow_up(patient: Patient, confirms: bool = True) -> None:
    """Owe the confirmation, and have likely twins looked for."""
    if confirms:
        owe_confirmation(patient)
    tasks.find_duplicates.defer(patient_id=str(patient.pk))


def owe_confirmation(patient: Patient) -> None:
    event = f"patient_registered:{patient.pk}"
    owe_to_reached(patient, event, patient.pk, tasks.send_registration_confirmation)


def check_registration(patient: Patient, photo: CleanPhoto | None, by: User | None) -> None:
    """Raise every fault of a registration at once."""
    errors = record_faults(patient)
    if by is None:
        add_patient(errors, self_registration_faults(patient, photo))
        errors = without_concealed(errors)
    if errors:
        raise ValidationError(errors)


def check_account_registration(patient: Patient, password: str) -> None:
    """Raise every fault of a registration with an account at once."""
    if faults := account_registration_faults(patient, password):
        raise ValidationError(faults)


def account_registration_faults(
    patient: Patient, password: str | None, skip: Collection[str] = ()
) -> Faults:
    """Everything that is wrong with a registration with an account, less what is concealed.

    Fields in `skip`, and a password that is None, are faulty in themselves and told already.
    """
    errors = record_faults(patient, skip)
    add_patient(errors, age_faults(patient))
    add_patient(errors, contact_faults(patient))
    errors = {**account_faults(account_for(patient), password), **errors}
    return without_concealed({name: told for name, told in errors.items() if name not in skip})


def record_faults(patient: Patient, skip: Collection[str] = ()) -> Faults:
    try:
        patient.full_clean(exclude={"user", *skip})
    except ValidationError as error:
        return error.update_error_dict({})
    return {}


def account_for(patient: Patient) -> User:
    """The account that a new patient would have, not stored yet, and its `patient` already."""
    account = User(
        email=normal_email(patient.email),
        first_name=patient.first_name,
        last_name=patient.last_name,
        role=Role.PATIENT,
    )
    patient.user = account
    return account


def self_registration_faults(patient: Patient, photo: CleanPhoto | None) -> dict[str, Any]:
    """What keeps patients from registering themselves, though staff might register them."""
    faults = {**age_faults(patient), **contact_faults(patient)}
    if photo is None:
        faults["document_photo"] = _("A photo of your identity document is required.")
    return faults


def contact_faults(patient: Patient) -> dict[str, Any]:
    """Who registers without the front desk is reached at an address and a number of their own."""
    missing = [name for name in CONTACTS if not getattr(patient, name)]
    return dict.fromkeys(missing, Field.default_error_messages["required"])


def age_faults(patient: Patient) -> dict[str, Any]:
    born = patient.date_of_birth
    if not born or age_on(timezone.localdate(), born) >= YOUNGEST:
        return {}
    return {
        "date_of_birth": _(
            "You must be %(years)s or older to register yourself. "
            "A parent who has an account here, or the front desk, registers younger patients."
        )
        % {"years": YOUNGEST}
    }


def age_on(day: date, born: date) -> int:
    """Full years. Who was born on 29 February turns a year older on 1 March of common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def add_patient(errors: Faults, sentences: dict[str, Any]) -> None:
    for field, sentence in sentences.items():
        errors.setdefault(field, []).append(ValidationError(sentence))


def tell_owners(patient: Patient) -> None:
    """Owe a mail to whoever has this address or number already: one a day, whoever asks."""
    known = Q(email=patient.email) | Q(phone=patient.phone)
    owners = {owner.email: owner.pk for owner in User.objects.filter(email=patient.email)}
    reached = Patient.objects.standing().filter(known).exclude(email="")
    owners |= {owner.email: owner.pk for owner in reached}
    event = f"registration_repeated:{timezone.localdate()}"
    for email, owner in owners.items():
        owe(event, email, owner, tasks.send_registration_repeated)
