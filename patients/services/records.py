"""Keeping the records of patients: changes, care assignments, deletion."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import SignIn, User
from accounts.services import contacts, email_changes, sign_ins, step_up, verification
from accounts.services.concealment import conceals
from clinic import sms
from clinic.copies import take_over, write
from clinic.encryption import encrypt_text
from clinic.errors import UNIQUE, constraint_errors, delete_unreferenced
from doctors.models import Doctor
from patients import tasks
from patients.models import CareAssignment, Invitation, Patient
from patients.one_time import withdraw_invitations
from patients.services.acting import check_reach
from patients.services.deceased import follow_mark, settle_mark
from patients.services.documents import check_not_merged, discard_document
from patients.services.registration import Faults, record_faults

# What patients may change themselves; the rest the front desk changes, who see the papers.
CONTACT_DATA = frozenset(
    {
        "preferred_name",
        "email",
        "phone",
        "street",
        "city",
        "state",
        "zip",
        "country",
        "emergency_contact_name",
        "emergency_contact_phone",
        "emergency_contact_relationship",
        "language",
    }
)
CHANGED_BY_STAFF = _("Please ask the front desk to change this.")
VERIFIED = contacts.CONTACTS
TOLD = {"email": tasks.send_email_changed, "phone": tasks.send_phone_changed}
# What likely twins are known by: see patients/duplicates.
COMPARED = ("first_name", "last_name", "date_of_birth", "street", "zip", "city", *VERIFIED)


@transaction.atomic
def change(
    patient: Patient, by: User, seeks_twins: bool = True, current_password: str | None = None
) -> Patient:
    """Save what was changed in a patient's record, and have likely twins looked for.

    Patients change their own contact data only, and of whom they act for all of it but the
    address and the number that an account signs in by. A new phone number isn't verified any
    more, nor is an e-mail address that staff enter: the account's verification starts again, and
    the old address is told. One that patients enter needs their `current_password`, and waits to
    be confirmed by the link mailed to it. `seeks_twins` is False where the caller has them looked
    for of many patients together. Raises ValidationError keyed to fields, NotAllowed, and
    StepUpNeeded where an account would be reached elsewhere.
    """
    before = locked_record(patient)
    changed = take_over(patient, before)
    check_may_change(patient, before, by)
    changed |= settle_mark(patient, before)
    is_own_address = "email" in changed and not by.has_perm("patients.change_patient")
    faults = record_faults(patient)
    if is_own_address:
        faults = {**own_address_faults(by, patient.email, current_password), **faults}
        if conceals() and "email" in faults:
            faults["email"] = [fault for fault in faults["email"] if fault.code != UNIQUE]
    if any(faults.values()):
        raise ValidationError({name: told for name, told in faults.items() if told})
    check_step_up(before, changed, by)
    if is_own_address:
        email_changes.begin(by, patient.email)
        patient.email = before.email
    save_change(patient, before, changed, by, seeks_twins)
    return patient


def check_step_up(before: Patient, changed: set[str], by: User) -> None:
    """Raise StepUpNeeded where an account's number is changed by its owner, or its address by
    staff, and who does so has shown no password lately. For an own address it was sent along."""
    own = before.user_id == by.pk
    if before.user_id and ("phone" if own else "email") in changed:
        step_up.check(by)


def own_address_faults(by: User, email: str, current_password: str | None) -> Faults:
    known = email_changes.address_faults(by, email)
    return {**known, **email_changes.password_faults(by, current_password)}


@transaction.atomic
def confirm_address(token: str) -> Patient:
    """Let a new address of a patient's account take the place of the old one, which is told.

    Raises ValidationError keyed to `token` (`token_invalid`), or to `email` where the address
    is somebody else's by now: it waits still then.
    """
    waiting = email_changes.waiting_for(token)
    account = waiting.user if waiting else None
    patient = Patient.objects.standing().filter(user=account).first() if account else None
    if patient is None:
        raise link_is_dead()
    before = locked_record(patient)
    waiting = email_changes.waiting_for(token)  # Nobody was faster while this one waited.
    if waiting is None:
        raise link_is_dead()
    patient.email = waiting.email
    changed = take_over(patient, before)
    if faults := record_faults(patient).get("email"):
        raise ValidationError({"email": faults})
    save_change(patient, before, changed, waiting.user, proved=frozenset({"email"}))
    return patient


def verify_address(token: str) -> Patient:
    """Use the token of either mail: that verifies an address, or lets a new one take effect."""
    try:
        return Patient.objects.get(user=verification.verify_email(token))
    except ValidationError:
        return confirm_address(token)


def link_is_dead() -> ValidationError:
    sentence = ValidationError(verification.LINK_DEAD, code=verification.TOKEN_INVALID)
    return ValidationError({"token": sentence})


def locked_record(patient: Patient) -> Patient:
    rows = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    before = rows.get(pk=patient.pk)
    check_not_merged(before)
    return before


def save_change(
    patient: Patient,
    before: Patient,
    changed: set[str],
    by: User,
    seeks_twins: bool = True,
    proved: frozenset[str] = frozenset(),
) -> None:
    """Write what was changed in a valid record, and what follows. The row of before is locked.

    `proved` are those of the contacts that are known to be the patient's own.
    """
    moved = {contact for contact in VERIFIED if differs(patient, before, contact)}
    for contact in moved:
        verified_at = timezone.now() if contact in proved else None
        setattr(patient, f"{contact}_verified_at", verified_at)
        changed.add(f"{contact}_verified_at")
    write(patient, changed)
    if moved:
        withdraw_invitations(Invitation.Ended.CONTACT, patient)
    if before.user is not None:
        follow_record(before.user, patient, moved, by, proved)
    follow_mark(patient, before)
    tell_old_address(before, moved)
    if seeks_twins and any(differs(patient, before, name) for name in COMPARED):
        tasks.find_duplicates.defer(patient_id=str(patient.pk))


def bring_into_use(patient: Patient) -> None:
    """Whose record was inactive, it no longer is. The row is locked."""
    if not patient.is_active:
        patient.is_active = True
        write(patient, {"is_active"})


def choose_language(patient: Patient, language: str) -> None:
    """Note the language that a patient wants to read, whatever else in the record is amiss."""
    row = Patient.objects.filter(pk=patient.pk)
    row.update(language=language, updated_at=timezone.now())


def check_may_change(patient: Patient, before: Patient, by: User) -> None:
    """Raise ValidationError for each field that is not this user's to change."""
    if by.has_perm("patients.change_patient"):
        return
    check_reach(before, by)
    # By those an account signs in: they are for nobody who acts for somebody else.
    own = CONTACT_DATA if before.user_id == by.pk else CONTACT_DATA - {*VERIFIED}
    fields = [field for field in Patient._meta.fields if field.editable]
    fixed = [field.name for field in fields if field.name not in own]
    if changed := [name for name in fixed if differs(patient, before, name)]:
        raise ValidationError(dict.fromkeys(changed, CHANGED_BY_STAFF))


def differs(patient: Patient, before: Patient, name: str) -> bool:
    """Is the field another one than before, as it would be stored?"""
    field = next(field for field in Patient._meta.fields if field.name == name)
    return field.to_python(getattr(patient, field.attname)) != getattr(before, field.attname)


def follow_record(
    account: User,
    patient: Patient,
    moved: set[str],
    by: User,
    proved: frozenset[str] = frozenset(),
) -> None:
    """Keep the account's address and names those of its patient, and verify what is new."""
    account.email = patient.email
    account.first_name, account.last_name = patient.first_name, patient.last_name
    with constraint_errors(account):
        account.save(update_fields=["email", "first_name", "last_name"])
    account.patient = patient
    if "email" in moved:
        email_changes.forget(account)
    verification.start_again(account, moved - proved, is_present=by.pk == account.pk)


def tell_old_address(before: Patient, moved: set[str]) -> None:
    """Owe word of what was changed to the address of before, and to the number if it was ours."""
    if before.is_deceased:
        return
    contacts.tell_old_address(before, moved, TOLD)
    if "phone" in moved and before.phone and before.phone_verified_at and sms.is_set_up():
        tasks.text_old_phone.defer(
            phone=encrypt_text(str(before.phone)), language=before.language, key=str(uuid7())
        )


@transaction.atomic
def delete(patient: Patient, by: User) -> None:
    """Delete a patient whom no appointment refers to, with the ID photo and the account, and
    with the records that were merged into it.

    Raises ValidationError (`in_use`) where there are appointments, and StepUpNeeded.
    """
    step_up.check(by)
    for merged in Patient.objects.filter(merged_into=patient):
        delete(merged, by)
    discard_document(patient)
    account = patient.user
    delete_unreferenced(patient, "Appointments refer to this patient.")
    if account is not None:
        close_account(account)


def close_account(account: User) -> None:
    """Delete an account, or shut it where it stands in records that are kept."""
    with suppress(ProtectedError), transaction.atomic():
        account.delete()
        return
    account.is_active = False
    account.save(update_fields=["is_active"])
    sign_ins.end_all(account, SignIn.Ended.DEACTIVATED)


@transaction.atomic
def assign(doctor: Doctor, patient: Patient, by: User | None) -> bool:
    """Let the doctor look after the patient until somebody ends it. Returns False where that was
    so already; what only a booking had begun doesn't end with its visits any more.

    Raises ValidationError (`wrong_state`) where the record was merged into another.
    """
    check_not_merged(Patient.objects.select_for_update(no_key=True).get(pk=patient.pk))
    care, is_new = CareAssignment.objects.get_or_create(
        doctor=doctor, patient=patient, defaults={"assigned_by": by}
    )
    if care.by_booking:
        care.by_booking, care.assigned_by = False, by
        care.save(update_fields=["by_booking", "assigned_by"])
    return is_new


@transaction.atomic
def end_assignment(doctor: Doctor, patient: Patient, by: User) -> bool:
    """The doctor looks after the patient no more. Returns False where that was so already."""
    deleted, _ = CareAssignment.objects.filter(doctor=doctor, patient=patient).delete()
    return deleted > 0
