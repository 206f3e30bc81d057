"""The second factor: an authenticator app's codes (TOTP, RFC 6238), and recovery codes. Passkeys
are one, too (`accounts.services.passkeys`): what they have in common is here."""

import base64
import re
import secrets
import time
from datetime import timedelta
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP
from uuid_utils.compat import uuid7

from accounts import tasks
from accounts.models import FactorReset, Passkey, RecoveryCode, SecondFactor, SignIn, User
from accounts.services import sign_ins, step_up
from clinic.errors import WRONG_STATE
from clinic.mail import owe
from clinic.security_log import Kind, note_security

SECRET_BYTES = 20  # As long as what SHA-1 yields (RFC 4226, 4).
DRIFT = 1  # Steps of 30 seconds that a phone's clock may be off.
OFFERED_FOR = timedelta(hours=1)  # How long a secret that was shown may be confirmed.
RECOVERY_CODES = 10
RECOVERY_LENGTH = 10  # 50 bits: not to be guessed, even where only its digest is stolen.
LAST_FACTOR = _("Your role needs a second factor, and this is the last one.")
RECOVERY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def app_of(user: User) -> SecondFactor | None:
    """The user's authenticator app, once it is set up."""
    return SecondFactor.objects.confirmed().filter(user=user).first()


@transaction.atomic
def offer_factor(user: User) -> SecondFactor:
    """The secret that the user may confirm: the one shown before, for an hour, or a new one.

    Raises ValidationError (`wrong_state`) where the user has a second factor.
    """
    lock_user(user)
    factor = SecondFactor.objects.filter(user=user).first()
    if factor is not None and factor.confirmed_at is not None:
        raise ValidationError(_("The authenticator app is set up already."), code=WRONG_STATE)
    if factor is not None and factor.created_at > timezone.now() - OFFERED_FOR:
        return factor
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
    factor = SecondFactor(user=user, secret=secret)
    SecondFactor.objects.filter(user=user).delete()
    factor.save(force_insert=True)
    return factor


def address_of(factor: SecondFactor) -> str:
    """The `otpauth:` address that authenticator apps read from the QR code."""
    issuer = settings.CLINIC_NAME
    label = quote(f"{issuer}:{factor.user.email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': factor.secret, 'issuer': issuer})}"


@transaction.atomic
def confirm_factor(user: User, code: str, current: SignIn | None = None) -> list[str]:
    """Switch the authenticator app on by its first right code. Returns the recovery codes: none
    where there are some already, as of somebody with a passkey.

    Sign-ins that were made without it end, but for the one that it is done in.
    Raises ValidationError keyed to `code`.
    """
    step_up.check(user)
    factor = lock_factor(user)
    if factor is None or factor.confirmed_at is not None:
        raise ValidationError(_("There is nothing to confirm."), code=WRONG_STATE)
    if not spend_code(factor, code):
        raise ValidationError({"code": _("This code is not right. Try the one shown now.")})
    factor.confirmed_at = timezone.now()
    factor.save(update_fields=["confirmed_at"])
    return note_added(user, "app_on", current)


def note_added(user: User, what: str, current: SignIn | None) -> list[str]:
    """What follows a new factor: others' sign-ins end, the owner is told, and there are recovery
    codes, which are returned where they are new. The user's row is locked."""
    note_security(Kind.FACTOR_ADDED, user=user, of=what)
    sign_ins.end_all(user, SignIn.Ended.BY_USER, but=current)
    if current is not None:
        current.by_factor = True
        current.save(update_fields=["by_factor"])
    tell_owner(user, what)
    return [] if recovery_codes_left(user) else new_recovery_codes(user)


def tell_owner(user: User, what: str) -> None:
    """Owe the owner word of what became of the ways to sign in (`tasks.FACTOR_WORDS`)."""
    owe(f"{what}:{uuid7()}", user.email, user.pk, tasks.send_factor_changed)


@transaction.atomic
def use(user: User, code: str) -> bool:
    """Use up a code of the app or a recovery code. Each works once, also at the same moment."""
    factor = lock_factor(user)
    if factor is not None and factor.confirmed_at is not None and spend_code(factor, code):
        return True
    return user.has_factor and take_recovery_code(user, code)


def spend_code(factor: SecondFactor, code: str) -> bool:
    """Is it a code of now, or of a step before or after, later than the last one taken?"""
    digits = re.sub(r"[\s-]", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits, re.ASCII):
        return False
    totp = TOTP(base64.b32decode(factor.secret))
    totp.time = time.time()
    if not totp.verify(int(digits), tolerance=DRIFT, min_t=factor.last_step + 1):
        return False
    factor.last_step = totp.t()
    factor.save(update_fields=["last_step"])
    return True


def take_recovery_code(user: User, code: str) -> bool:
    unused = RecoveryCode.objects.filter(user=user, digest=code_digest(user, code), used_at=None)
    is_right = unused.update(used_at=timezone.now()) == 1
    if is_right:
        note_security(Kind.RECOVERY_CODE_USED, user=user)
    return is_right


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten new recovery codes as `ABCDE-FGHJK`; the old ones are dead. They are shown this once."""
    lock_user(user)
    codes = [
        "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    note_security(Kind.RECOVERY_CODES_MADE, user=user)
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=code_digest(user, code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


@transaction.atomic
def switch_off(user: User) -> None:
    """Remove the user's authenticator app. Who asks has shown a code.

    Raises ValidationError (`wrong_state`) where the role needs it.
    """
    lock_user(user)
    if user.needs_factor and not user.passkeys.exists():
        raise ValidationError(LAST_FACTOR, code=WRONG_STATE)
    removed = SecondFactor.objects.filter(user=user).delete()[0]
    if removed:
        note_removed(user, "app_off")


def note_removed(user: User, what: str) -> None:
    """What follows a factor that was removed: without any, recovery codes stand for nothing."""
    note_security(Kind.FACTOR_REMOVED, user=user, of=what)
    if not user.has_factor:
        RecoveryCode.objects.filter(user=user).delete()
    tell_owner(user, what)


@transaction.atomic
def reset(user: User, by: User, reason: str) -> FactorReset:
    """An admin removes lost second factors, app and passkeys; whoever is signed in is out, and the
    owner is told. Raises ValidationError keyed to `reason`, and StepUpNeeded."""
    step_up.check(by)
    lock_user(user)
    kept = FactorReset(user=user, by=by, reason=reason.strip())
    kept.full_clean()
    if not user.has_factor:
        raise ValidationError("This account has no second factor.", code=WRONG_STATE)
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    Passkey.objects.filter(user=user).delete()
    kept.save(force_insert=True)
    note_security(Kind.FACTOR_RESET, user=user, by=by)
    sign_ins.end_all(user, SignIn.Ended.DEACTIVATED)
    tell_owner(user, "factors_reset")
    return kept


def lock_user(user: User) -> None:
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))


def lock_factor(user: User) -> SecondFactor | None:
    return SecondFactor.objects.select_for_update().filter(user=user).first()


def code_digest(user: User, code: str) -> str:
    """HMAC-SHA-256 under SECRET_KEY, hexadecimal: of this user's codes alone."""
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    salt = f"accounts.recovery_code.{user.pk}"
    return salted_hmac(salt, plain, algorithm="sha256").hexdigest()
