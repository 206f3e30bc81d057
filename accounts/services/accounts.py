"""Opening accounts, for every door through which somebody may get one."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from clinic.errors import constraint_errors
from clinic.security_log import Kind, note_security

Faults = dict[str, list[ValidationError]]


@transaction.atomic
def open_account(user: User, password: str) -> User:
    """Save a new account with this password. Raises ValidationError keyed to fields."""
    if faults := account_faults(user, password):
        raise ValidationError(faults)
    return save_account(user, password)


def save_account(user: User, password: str | None) -> User:
    """Save a new account that has no faults; with None, nobody can sign in to it before a password
    is chosen by a link. Raises ValidationError where another was faster."""
    user.set_password(password)  # Takes its time: before any row is locked.
    with constraint_errors(user):
        user.save(force_insert=True)
    note_security(Kind.ACCOUNT_CREATED, user=user, role=user.role)
    return user


def account_faults(user: User, password: str | None) -> Faults:
    """Everything that keeps this account from being opened, by field.

    The password is None where it is faulty in itself, and reported already.
    """
    faults: Faults = {}
    try:
        user.full_clean(exclude={"password"})
    except ValidationError as error:
        faults = error.update_error_dict(faults)
    try:
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        faults["password"] = error.error_list
    return faults
