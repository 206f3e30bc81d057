"""Changing the account of a patient, as an admin does in the console."""

from django.db import transaction

from accounts.models import User
from accounts.services import users
from doctors.models import Doctor
from doctors.services import follow_account
from patients.models import Patient
from patients.services import records

# What account and record both hold, and hold alike.
SHARED = ("email", "first_name", "last_name")


@transaction.atomic
def change_account(account: User, by: User) -> User:
    """Save what was changed about an account; the record of the patient behind it follows.

    So a new address is verified anew and the old one told, as where the record is changed. A
    doctor's record is active as long as the account is. Raises ValidationError keyed to fields.
    """
    # The record's row before the account's: the order in which `records.change()` takes them.
    list(Doctor.objects.select_for_update(no_key=True).filter(user=account).values_list("pk"))
    patient = Patient.objects.select_for_update(no_key=True).filter(user=account).first()
    before = User.objects.get(pk=account.pk)
    users.change(account, by)
    if account.is_active != before.is_active:
        follow_account(account, by)
    changed = [name for name in SHARED if getattr(account, name) != getattr(before, name)]
    if patient is not None and changed:
        for name in changed:
            setattr(patient, name, getattr(account, name))
        records.change(patient, by)
    return account
