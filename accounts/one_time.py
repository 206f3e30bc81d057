"""Secrets that work once: made here, sent at once, and kept as digests alone."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import EmailChange, OneTimeToken, PhoneCode, User

LIFETIMES = {
    OneTimeToken.Purpose.VERIFY_EMAIL: timedelta(hours=24),
    OneTimeToken.Purpose.RESET_PASSWORD: timedelta(hours=1),
    OneTimeToken.Purpose.SIGN_IN: timedelta(minutes=15),
    OneTimeToken.Purpose.VERIFY_APPLICATION: timedelta(days=7),
}
CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 5


def digest_of(token: str) -> str:
    """A token has 256 random bits: a plain hash is as good as a slow one."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def new_token(user: User, purpose: OneTimeToken.Purpose, lifetime: timedelta | None = None) -> str:
    """A token for the user's address of now; it takes the place of the older ones. It lasts as
    long as others of its purpose, unless something else is said.

    Runs in the caller's transaction, which it keeps other tokens of this user waiting for.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    kill_tokens(user, purpose)
    token = secrets.token_urlsafe(32)
    OneTimeToken.objects.create(
        user=user,
        purpose=purpose,
        email=user.email,
        digest=digest_of(token),
        expires_at=timezone.now() + (lifetime or LIFETIMES[purpose]),
    )
    return token


def new_change_token(change: EmailChange) -> str:
    """A token that confirms a new address; it takes the place of the older one."""
    token = secrets.token_urlsafe(32)
    change.digest = digest_of(token)
    change.save(update_fields=["digest"])
    return token


def kill_tokens(user: User, *purposes: OneTimeToken.Purpose) -> None:
    """End the tokens of a user that could still be used."""
    live = OneTimeToken.objects.filter(user=user, purpose__in=purposes, used_at=None)
    live.filter(expires_at__gt=timezone.now()).update(expires_at=timezone.now())


def spend_token(token: str, purpose: OneTimeToken.Purpose) -> User | None:
    """Use a token up. None where it is unknown, used, too old, or for another address than the
    account has by now, or the account is shut, as only those of who applies may be. Of two who
    come at once, one gets the user."""
    found = OneTimeToken.objects.filter(
        digest=digest_of(token), purpose=purpose, used_at=None, expires_at__gt=timezone.now()
    )
    if not found.update(used_at=timezone.now()):
        return None
    spent = OneTimeToken.objects.select_related("user").get(digest=digest_of(token))
    may_be_shut = purpose == OneTimeToken.Purpose.VERIFY_APPLICATION
    is_open = spent.user.is_active or may_be_shut
    return spent.user if is_open and spent.user.email == spent.email else None


def new_code(user: User, phone: str) -> str:
    """Six digits for this number, which take the place of the older ones."""
    code = f"{secrets.randbelow(10**6):06d}"
    PhoneCode.objects.update_or_create(
        user=user,
        defaults={
            "phone": phone,
            "digest": code_digest(user, phone, code),
            "tries": 0,
            "created_at": timezone.now(),
            "sent_at": None,
            "expires_at": timezone.now() + CODE_LIFETIME,
        },
    )
    return code


def code_digest(user: User, phone: str, code: str) -> str:
    """Keyed with SECRET_KEY: a million codes are soon tried, by whoever has the digest alone."""
    message = f"{user.pk}:{phone}:{code}".encode(errors="surrogatepass")
    return salted_hmac("accounts.phone_code", message, algorithm="sha256").hexdigest()
