"""New e-mail addresses of accounts: asked for with the password, in force when confirmed."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts import one_time, tasks
from accounts.models import EmailChange, User
from accounts.services import passwords
from accounts.services.concealment import conceals
from accounts.services.verification import ENOUGH_MAILS
from clinic.errors import WRONG_STATE
from clinic.mail import owe

PASSWORD_NEEDED = _("Enter your password, too, to change the e-mail address.")
NOTHING_WAITS = _("No new e-mail address waits to be confirmed.")


def password_faults(user: User, current: str | None) -> passwords.Faults:
    """What keeps whoever sent this as the current password from changing the address."""
    if not current:
        return {"current_password": [ValidationError(PASSWORD_NEEDED, code="required")]}
    return passwords.change_faults(user, current, None)


def address_faults(user: User, email: str) -> passwords.Faults:
    """Is the address another account's? Where that is concealed, who reads its mails finds out."""
    if conceals() or not User.objects.filter(email=email).exclude(pk=user.pk).exists():
        return {}
    return {"email": [user.unique_error_message(User, ("email",))]}


def begin(user: User, email: str) -> EmailChange:
    """Let a new address wait, in the caller's transaction: it gets a link, the old one a word.

    It takes the place of one that was waiting. The caller has checked password and address.
    """
    EmailChange.objects.filter(user=user).delete()
    waiting = EmailChange.objects.create(user=user, email=email)
    tasks.owe_change_link(waiting)
    owe(f"email_change_asked:{uuid7()}", user.email, user.pk, tasks.send_email_change_asked)
    return waiting


def send_again(user: User) -> EmailChange:
    """Owe the waiting address a new link. Raises ValidationError (`wrong_state`)."""
    waiting = EmailChange.objects.live().filter(user=user).first()
    if waiting is None:
        raise ValidationError(NOTHING_WAITS, code=WRONG_STATE)
    if not tasks.owe_change_link(waiting):
        raise ValidationError(ENOUGH_MAILS, code=WRONG_STATE)
    return waiting


def forget(user: User) -> None:
    """Let no address wait any more: it was given up, or another one or a password was set."""
    EmailChange.objects.filter(user=user).delete()


def waiting_for(token: str) -> EmailChange | None:
    """The change that this link confirms, if its account is open."""
    live = EmailChange.objects.live().select_related("user")
    return live.filter(digest=one_time.digest_of(token), user__is_active=True).first()
