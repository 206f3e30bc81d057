"""The accounts behind two records that are merged: one is left, which is the survivor's."""

from typing import Any

from accounts import one_time
from accounts.models import OneTimeToken, SignIn, User
from accounts.services import email_changes, sign_ins, verification
from patients.models import Patient
from patients.services.merging.values import Changes, put_back, save_merged, write_values
from patients.services.records import VERIFIED, tell_old_address

ACCOUNT = "account"  # The key of an account that went over, among what was moved.


def settle(survivor: Patient, other: Patient, before: Patient) -> tuple[dict[str, Any], dict]:
    """Leave the survivor with one account, which bears the survivor's address and names.

    The other's account goes over where the survivor has none, else it is closed and its address
    is free. Returns what was moved, and what was changed in accounts.
    """
    moved: dict[str, Any] = {}
    changes: dict[str, Changes] = {}
    if other.user is not None and survivor.user is None:
        account, before = other.user, other
        moved[ACCOUNT] = str(account.pk)
        give(account, other, survivor)
    elif other.user is not None:
        changes[str(other.user.pk)] = close_other_account(other.user)
    if survivor.user is not None:
        changes[str(survivor.user.pk)] = follow_survivor(survivor.user, survivor, before)
    return moved, changes


def give(account: User, giver: Patient, taker: Patient) -> None:
    giver.user = None
    save_merged(giver, ["user"])
    taker.user = account
    save_merged(taker, ["user"])


def close_other_account(account: User) -> Changes:
    changes = write_values(
        account, {"is_active": False, "email": f"{account.pk.hex}@merged.invalid"}
    )
    one_time.kill_tokens(account, *OneTimeToken.Purpose)
    email_changes.forget(account)
    sign_ins.end_all(account, SignIn.Ended.DEACTIVATED)
    return changes


def follow_survivor(account: User, patient: Patient, before: Patient) -> Changes:
    """Give the account its patient's address and names, and verify what isn't verified.

    `before` is the patient as the account knew it: the old address is told of a new one.
    """
    names = ("email", "first_name", "last_name")
    values: dict[str, Any] = {name: getattr(patient, name) for name in names}
    account.patient = patient
    if patient.is_deceased and account.is_active:
        values["is_active"] = False
        sign_ins.end_all(account, SignIn.Ended.DEACTIVATED)
    changes = write_values(account, values)
    if "email" in changes:
        one_time.kill_tokens(account, *OneTimeToken.Purpose)
        email_changes.forget(account)
    moved = {name for name in VERIFIED if getattr(patient, name) != getattr(before, name)}
    fresh = {name for name in moved if getattr(patient, f"{name}_verified_at") is None}
    verification.start_again(account, fresh, is_present=False)
    tell_old_address(before, moved)
    return changes


def take_back(account_id: str, changes: Changes, owner: Patient) -> None:
    """Give an account back what the merge had changed; it bears its patient's address again."""
    account = User.objects.select_for_update(no_key=True).get(pk=account_id)
    old = account.email
    names = put_back(account, changes)
    account.email = owner.email
    save_merged(account, {*names, "email"})
    if account.email != old:
        one_time.kill_tokens(account, *OneTimeToken.Purpose)
