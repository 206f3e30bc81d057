"""Verifying that an e-mail address and a phone number are the account's own."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts import one_time, tasks
from accounts.models import OneTimeToken, PhoneCode, User
from clinic import sms
from clinic.encryption import encrypt_text
from clinic.errors import WRONG_STATE
from clinic.mail import owe

TOKEN_INVALID = "token_invalid"  # noqa: S105
CODE_INVALID = "code_invalid"
ENOUGH_MAILS = _("Several mails are on their way there already. Please wait an hour.")
LINK_DEAD = _(
    "This link doesn't work any more: it was used already, is too old, or a newer one was sent."
)


def owe_email_link(user: User) -> None:
    """Owe a mail with a link that verifies the account's address, in the caller's transaction.

    The link works once, for 24 hours, and until a newer one is sent.
    """
    owe(f"verify_email:{uuid7()}", user.email, user.pk, tasks.send_email_link)


def send_link_again(user: User) -> None:
    """Owe an account whose address isn't verified yet a new link, as it or the desk asks.

    Raises ValidationError (`wrong_state`) where none will be sent.
    """
    if tasks.is_verified(user):
        raise ValidationError(_("This e-mail address is confirmed already."), code=WRONG_STATE)
    if tasks.wants_peace(tasks.VERIFY, user.email):
        raise ValidationError(ENOUGH_MAILS, code=WRONG_STATE)
    resend_email_link(user.email)


def resend_email_link(email: str) -> None:
    """Owe a new link to whoever has an account with this address that isn't verified yet.

    Does the same for every address, and as fast: a job finds out whose it is.
    """
    tasks.resend_email_link.defer(email=encrypt_text(email))


@transaction.atomic
def verify_email(token: str) -> User:
    """Use the token of a link. Raises ValidationError (`token_invalid`) keyed to `token`."""
    user = one_time.spend_token(token, OneTimeToken.Purpose.VERIFY_EMAIL)
    if user is None:
        raise ValidationError({"token": ValidationError(LINK_DEAD, code=TOKEN_INVALID)})
    mark_verified(user, "email", user.email)
    return user


@transaction.atomic
def verify_by_link(token: str) -> User:
    """The same of any link of our mails that leads to the page: also that of who has applied, and
    whose account is shut until an admin approves."""
    applicant = one_time.spend_token(token, OneTimeToken.Purpose.VERIFY_APPLICATION)
    if applicant is None:
        return verify_email(token)
    mark_verified(applicant, "email", applicant.email)
    return applicant


def send_phone_code(user: User) -> None:
    """Have a new code sent to the phone of the account's patient; the old code is dead at once.

    A job makes the code and sends it: it is in no job's arguments, a gateway that is down is
    tried again, and nobody waits for it. Raises ValidationError (`wrong_state`).
    """
    patient = getattr(user, "patient", None)
    if patient is None:
        raise ValidationError(_("This account has no phone number."), code=WRONG_STATE)
    if patient.phone_verified_at:
        raise ValidationError(_("This phone number is verified already."), code=WRONG_STATE)
    if not sms.is_set_up():
        raise ValidationError(_("The clinic sends no text messages."), code=WRONG_STATE)
    with transaction.atomic():
        PhoneCode.objects.filter(user=user).delete()
        tasks.send_phone_code.defer(user_id=str(user.pk))


def code_at_hand(user: User) -> PhoneCode | None:
    """The code that was sent to the patient's number of now, and works still."""
    sent = PhoneCode.objects.filter(user=user, sent_at__isnull=False)
    code = sent.filter(expires_at__gt=timezone.now(), tries__lt=one_time.CODE_TRIES).first()
    patient = getattr(user, "patient", None)
    return code if code and patient and code.phone == patient.phone else None


def verify_phone(user: User, code: str) -> None:
    """Take the code that was sent. Each call is one of five tries, also of those at once.

    Raises ValidationError (`code_invalid`) keyed to `code`, the try counted; so a caller's
    transaction must not be taken back.
    """
    fault = try_code(user, code)
    if fault:
        raise ValidationError({"code": ValidationError(fault, code=CODE_INVALID)})


@transaction.atomic
def try_code(user: User, code: str) -> str:
    """What is wrong with the code; nothing where it is right, and the number verified now."""
    sent = PhoneCode.objects.select_for_update().filter(user=user).first()
    if sent is None or sent.expires_at <= timezone.now():
        return gettext("There is no code that works still. Please ask for a new one.")
    if sent.tries >= one_time.CODE_TRIES:
        return gettext("That were too many tries. Please ask for a new code.")
    sent.tries += 1
    sent.save(update_fields=["tries"])
    phone = str(sent.phone)
    if not constant_time_compare(sent.digest, one_time.code_digest(user, phone, code)):
        return gettext("This code is not right.")
    sent.delete()
    if not mark_verified(user, "phone", phone):
        return gettext("This code was sent to another number. Please ask for a new one.")
    return ""


def start_again(user: User, moved: Collection[str], is_present: bool) -> None:
    """Verify the account's new `email` or `phone`, or both; older links and codes are dead.

    A phone code works ten minutes: it is sent only where the person is there to type it.
    """
    if "email" in moved:
        one_time.kill_tokens(user, *OneTimeToken.Purpose)
        owe_email_link(user)
    if "phone" in moved:
        PhoneCode.objects.filter(user=user).delete()
        if is_present and sms.is_set_up():
            send_phone_code(user)


def mark_verified(user: User, contact: str, value: str) -> bool:
    """Note that the patient behind the account, or the doctor who applied, has this address or
    number, if that is so still."""
    person = getattr(user, "patient", None) or getattr(user, "doctor", None)
    if person is None or not hasattr(person, f"{contact}_verified_at"):
        return False
    rows = type(person).objects.filter(pk=person.pk, **{contact: value})
    return bool(rows.update(**{f"{contact}_verified_at": timezone.now()}))
