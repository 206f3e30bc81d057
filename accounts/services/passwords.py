"""New passwords: changed by who knows the old one, or chosen anew by who reads the mail."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts import one_time, tasks
from accounts.models import EmailChange, OneTimeToken, SignIn, User
from accounts.services import sign_ins
from accounts.services.attempts import forget_failures
from accounts.services.verification import LINK_DEAD, TOKEN_INVALID
from clinic.encryption import encrypt_text
from clinic.errors import WRONG_STATE
from clinic.mail import owe
from clinic.security_log import Kind, note_security

Faults = dict[str, list[ValidationError]]
WRONG_PASSWORD = "wrong_password"  # noqa: S105


def owe_reset(email: str) -> None:
    """Owe a link to choose a new password to whoever has an account with this address.

    Does the same for every address, and as fast: a job finds out whose it is.
    """
    tasks.begin_reset.defer(email=encrypt_text(email))


@transaction.atomic
def reset(token: str, new: str) -> User:
    """Set a new password by the token of a link, and end all sign-ins.

    Raises ValidationError keyed to `token` or `new_password`; the token works still then.
    """
    user = one_time.spend_token(token, OneTimeToken.Purpose.RESET_PASSWORD)
    if user is None:
        raise ValidationError({"token": ValidationError(LINK_DEAD, code=TOKEN_INVALID)})
    if faults := faults_of(new, user):
        raise ValidationError({"new_password": faults})
    set_password(user, new, keep=None)
    forget_failures(user)  # Who reads the mail is the owner: others' guesses lock nobody out.
    return user


def change(user: User, current: str, new: str, keep: SignIn | None) -> None:
    """Set a new password, and end all sign-ins but the one to keep.

    Raises ValidationError keyed to `current_password` and `new_password`, all faults at once.
    """
    if faults := change_faults(user, current, new):
        raise ValidationError(faults)
    with transaction.atomic():
        set_password(user, new, keep)


def change_faults(user: User, current: str | None, new: str | None) -> Faults:
    """What keeps a user from changing the password; what is None is faulty in itself."""
    faults: Faults = {}
    if current is not None and not user.check_password(current):
        faults["current_password"] = [ValidationError(_("Not your password."), code=WRONG_PASSWORD)]
    if new is not None and (told := faults_of(new, user)):
        faults["new_password"] = told
    elif new is not None and new == current:
        faults["new_password"] = [ValidationError(_("That is your password already."))]
    return faults


def faults_of(password: str, user: User | None) -> list[ValidationError]:
    """Everything that is wrong with a password, for this user where it is known whose it is."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return error.error_list
    return []


def send_link(user: User) -> None:
    """Owe the owner of an account a link to choose a password, as administrators have it sent.

    Raises ValidationError (`wrong_state`) where the account is shut, or its mailbox wants peace.
    """
    if not user.is_active:
        raise ValidationError("This account is shut: open it first.", code=WRONG_STATE)
    if not tasks.owe_link("reset_password", user, tasks.send_reset_link):
        raise ValidationError("Several mails are on their way already.", code=WRONG_STATE)


@transaction.atomic
def set_password(user: User, new: str, keep: SignIn | None, *, by_other: bool = False) -> None:
    """Write a new password, whoever chose it: links to choose one are dead, all sign-ins end but
    the one to keep, and the owner is told. One that is set by somebody else must be changed
    before anything else."""
    user.set_password(new)
    user.must_change_password = by_other
    user.save(update_fields=["password", "must_change_password"])
    one_time.kill_tokens(user, OneTimeToken.Purpose.RESET_PASSWORD)
    # Whoever had the old password may have asked for a new address, too.
    EmailChange.objects.filter(user=user).delete()
    note_security(Kind.PASSWORD_CHANGED, user=user, by="somebody_else" if by_other else None)
    sign_ins.end_all(user, SignIn.Ended.PASSWORD, but=keep)
    owe(f"password_changed:{uuid7()}", user.email, user.pk, tasks.send_password_changed)
