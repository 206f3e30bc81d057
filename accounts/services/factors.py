"""The second factor: an authenticator app's codes (TOTP, RFC 6238), and recovery codes."""

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
from django_otp.oath import TOTP

from accounts.models import RecoveryCode, SecondFactor, SignIn, User
from accounts.services import sign_ins, step_up
from clinic.errors import WRONG_STATE
from clinic.security_log import Kind, note_security

SECRET_BYTES = 20  # As long as what SHA-1 yields (RFC 4226, 4).
DRIFT = 1  # Steps of 30 seconds that a phone's clock may be off.
OFFERED_FOR = timedelta(hours=1)  # How long a secret that was shown may be confirmed.
RECOVERY_CODES = 10
RECOVERY_LENGTH = 10  # 50 bits: not to be guessed, even where only its digest is stolen.
RECOVERY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def is_on(user: User) -> bool:
    return SecondFactor.objects.confirmed().filter(user=user).exists()


def is_required(user: User) -> bool:
    return user.role in settings.MFA_REQUIRED_ROLES


@transaction.atomic
def offer_factor(user: User) -> SecondFactor:
    """The secret that the user may confirm: the one shown before, for an hour, or a new one.

    Raises ValidationError (`wrong_state`) where the user has a second factor.
    """
    lock_user(user)
    factor = SecondFactor.objects.filter(user=user).first()
    if factor is not None and factor.confirmed_at is not None:
        raise ValidationError("The second factor is set up already.", code=WRONG_STATE)
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
    """Switch the second factor on by its first right code. Returns the recovery codes.

    Sign-ins that were made without it end, but for the one that it is done in.
    Raises ValidationError keyed to `code`.
    """
    step_up.check(user)
    factor = lock_factor(user)
    if factor is None or factor.confirmed_at is not None:
        raise ValidationError("There is nothing to confirm.", code=WRONG_STATE)
    if not spend_code(factor, code):
        raise ValidationError({"code": "This code is not right. Try the one shown now."})
    factor.confirmed_at = timezone.now()
    factor.save(update_fields=["confirmed_at"])
    note_security(Kind.FACTOR_ADDED, user=user, of="app")
    sign_ins.end_all(user, SignIn.Ended.BY_USER, but=current)
    return new_recovery_codes(user)


@transaction.atomic
def use(user: User, code: str) -> bool:
    """Use up a code of the app or a recovery code. Each works once, also at the same moment."""
    factor = lock_factor(user)
    if factor is None or factor.confirmed_at is None:
        return False
    return spend_code(factor, code) or take_recovery_code(user, code)


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
    """Remove the user's second factor and recovery codes. Who asks has shown a code.

    Raises ValidationError (`wrong_state`) where the role needs one.
    """
    if is_required(user):
        raise ValidationError("Your role needs a second factor.", code=WRONG_STATE)
    note_security(Kind.FACTOR_REMOVED, user=user, of="app")
    remove(user)


@transaction.atomic
def reset(user: User, by: User) -> None:
    """An admin removes a lost second factor; whoever is signed in with it is out."""
    step_up.check(by)
    note_security(Kind.FACTOR_RESET, user=user, by=by)
    remove(user)
    sign_ins.end_all(user, SignIn.Ended.DEACTIVATED)


def remove(user: User) -> None:
    lock_user(user)
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def lock_user(user: User) -> None:
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))


def lock_factor(user: User) -> SecondFactor | None:
    return SecondFactor.objects.select_for_update().filter(user=user).first()


def code_digest(user: User, code: str) -> str:
    """HMAC-SHA-256 under SECRET_KEY, hexadecimal: of this user's codes alone."""
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    salt = f"accounts.recovery_code.{user.pk}"
    return salted_hmac(salt, plain, algorithm="sha256").hexdigest()
