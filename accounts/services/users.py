"""Changing accounts of staff, as an admin does in the console."""

from django.db import transaction

from accounts import one_time, tasks
from accounts.models import OneTimeToken, SignIn, User
from accounts.services import contacts, sign_ins, step_up
from clinic.copies import take_over, write
from clinic.security_log import Kind, note_security

TOLD = {"email": tasks.send_email_changed, "phone": tasks.send_phone_changed}


def set_open(account: User, *, is_open: bool) -> None:
    """Open an account, or shut it: then all its sign-ins end, and its links are dead."""
    account.is_active = is_open
    account.save(update_fields=["is_active"])
    note_security(Kind.ACCOUNT_OPENED if is_open else Kind.ACCOUNT_SHUT, user=account)
    if not is_open:
        one_time.kill_tokens(account, *OneTimeToken.Purpose)
        sign_ins.end_all(account, SignIn.Ended.DEACTIVATED)


@transaction.atomic
def change(user: User, by: User) -> User:
    """Save what was changed about an account.

    One that was closed or has another role is signed out everywhere: what it may do has changed.
    The old address is told of a new one, and of a new phone number; a patient's is told where
    the record follows.
    Raises ValidationError keyed to fields, and StepUpNeeded.
    """
    step_up.check(by)
    before = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changed = take_over(user, before)
    user.full_clean()
    write(user, changed)
    if user.role != before.role:
        note_security(Kind.ROLE_CHANGED, user=user, by=by, was=before.role, role=user.role)
    if user.is_active != before.is_active:
        note_security(
            Kind.ACCOUNT_OPENED if user.is_active else Kind.ACCOUNT_SHUT, user=user, by=by
        )
    if getattr(before, "patient", None) is None:
        contacts.tell_old_address(before, contacts.moved(before, user), TOLD)
    if user.role != before.role or (before.is_active and not user.is_active):
        sign_ins.end_all(user, SignIn.Ended.DEACTIVATED)
    return user
