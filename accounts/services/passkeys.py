"""Passkeys (WebAuthn, level 3): made, used, named and removed.

The browser asks for a challenge, the device signs it with a key of its own for this clinic's name
alone, and the answer comes back in an ordinary form. A challenge stands in the session, works once
and for five minutes, and for what it was made for.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Passkey, SignIn, User
from accounts.services import factors, step_up
from clinic.address import is_address
from clinic.errors import WRONG_STATE
from clinic.security_log import Kind, note_security

SIGN_IN, CODE, ADD, STEP_UP = "sign_in", "code", "add", "step_up"
CHALLENGE = "passkey_challenge"
ANSWER_WITHIN = timedelta(minutes=5)
MOST_PASSKEYS = 20
LONGEST_ANSWER = 16 * 1024  # Characters of JSON; a key of RSA with its attestation has 3,000.
NOT_TAKEN = _("That didn't work. Please try again.")


@cache
def webauthn() -> Any:
    """The library, whose import takes half a second: paid where the first passkey is used."""
    return import_module("webauthn")


def are_possible(request: HttpRequest) -> bool:
    """Passkeys are made for a name: at a bare address, browsers make and use none."""
    host = host_of(request)
    return not is_address(host) and (request.is_secure() or host == "localhost")


def host_of(request: HttpRequest) -> str:
    return urlsplit(f"//{request.get_host()}").hostname or ""


def domain_of(request: HttpRequest) -> str:
    return settings.PASSKEY_DOMAIN or host_of(request)


def challenge(request: HttpRequest, purpose: str, user: User | None) -> str:
    """What the browser hands to the device, as JSON, for this purpose: `user` is who is, or is
    half, signed in; nobody for SIGN_IN, where the device knows whose passkeys it has."""
    library = webauthn()
    if purpose == ADD:
        options = creation_options(request, user)  # type: ignore[arg-type]
    else:
        asked = "required" if purpose == SIGN_IN else "preferred"
        options = library.generate_authentication_options(
            rp_id=domain_of(request),
            allow_credentials=descriptors(user) if user is not None else None,
            user_verification=library.helpers.structs.UserVerificationRequirement(asked),
        )
    request.session[CHALLENGE] = {
        "for": purpose,
        "user": str(user.pk) if user is not None else "",
        "value": library.helpers.bytes_to_base64url(options.challenge),
        "until": (timezone.now() + ANSWER_WITHIN).timestamp(),
    }
    return library.options_to_json(options)


def creation_options(request: HttpRequest, user: User) -> Any:
    """A key that the device keeps, finds by itself, and uses after a finger, a face or a PIN."""
    structs = webauthn().helpers.structs
    return webauthn().generate_registration_options(
        rp_id=domain_of(request),
        rp_name=settings.CLINIC_NAME,
        user_id=user.pk.bytes,
        user_name=user.email,
        user_display_name=user.get_full_name(),
        exclude_credentials=descriptors(user),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )


def descriptors(user: User) -> list[Any]:
    structs = webauthn().helpers.structs
    known = [transport.value for transport in structs.AuthenticatorTransport]
    return [
        structs.PublicKeyCredentialDescriptor(
            id=bytes(key.credential_id),
            transports=[
                structs.AuthenticatorTransport(one) for one in key.transports if one in known
            ],
        )
        for key in user.passkeys.all()
    ]


def take_challenge(request: HttpRequest, purpose: str, user: User | None) -> bytes | None:
    """The challenge that an answer must hold; it is gone then. None where there is none."""
    noted = request.session.pop(CHALLENGE, None)
    asker = str(user.pk) if user is not None else ""
    if not noted or noted["for"] != purpose or noted["user"] != asker:
        return None
    if noted["until"] < timezone.now().timestamp():
        return None
    return webauthn().base64url_to_bytes(noted["value"])


def verified(
    check: Callable[..., Any], request: HttpRequest, credential: str, expected: bytes, **more: Any
) -> Any:
    """What the library finds in the browser's answer; None where it is no good."""
    try:
        return check(
            credential=credential,
            expected_challenge=expected,
            expected_rp_id=domain_of(request),
            expected_origin=f"{request.scheme}://{request.get_host()}",
            **more,
        )
    except webauthn().helpers.exceptions.WebAuthnException:
        return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # What the library takes for granted, a hostile answer need not have.


def add_passkey(
    request: HttpRequest, user: User, credential: str, name: str, current: SignIn | None
) -> list[str]:
    """Keep a new passkey. Returns recovery codes where it is the first factor.

    Raises ValidationError, keyed to `name` or to nothing, and StepUpNeeded.
    """
    step_up.check(user)
    expected = take_challenge(request, ADD, user)
    made = expected and read_new(request, credential, expected)
    if not made:
        raise ValidationError(NOT_TAKEN)
    key = Passkey(
        user=user,
        name=name.strip(),
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=transports_in(credential),
    )
    with transaction.atomic():
        factors.lock_user(user)
        if user.passkeys.count() >= MOST_PASSKEYS:
            raise ValidationError(_("You have many passkeys: remove one first."), code=WRONG_STATE)
        key.full_clean()
        key.save(force_insert=True)
        note_security(Kind.FACTOR_ADDED, user=user, factor="passkey")
        return factors.note_added(user, "passkey_added", current)


def read_new(request: HttpRequest, credential: str, expected: bytes) -> Any:
    if len(credential) > LONGEST_ANSWER:
        return None
    check = webauthn().verify_registration_response
    return verified(check, request, credential, expected, require_user_verification=True)


def transports_in(credential: str) -> list[str]:
    """How the device says that it is reached: only a hint for the browser."""
    told = json.loads(credential)["response"].get("transports")
    return [one for one in told if isinstance(one, str)][:10] if isinstance(told, list) else []


def owner_by(
    request: HttpRequest, credential: str, purpose: str, user: User | None = None
) -> User | None:
    """Whose passkey has signed the challenge, for this purpose: `user` alone, or, for SIGN_IN,
    anybody. None where none has, or whose account is shut."""
    owner = signed_by(request, credential, purpose, user)
    noted = Kind.FACTOR_USED if owner else Kind.FACTOR_FAILED
    note_security(noted, user=owner or user, factor="passkey", purpose=purpose)
    return owner


def signed_by(
    request: HttpRequest, credential: str, purpose: str, user: User | None
) -> User | None:
    expected = take_challenge(request, purpose, user)
    if expected is None or len(credential) > LONGEST_ANSWER:
        return None
    with transaction.atomic():
        key = named_in(credential)
        if key is None or not key.user.is_active or (user is not None and key.user_id != user.pk):
            return None
        used = verified(
            webauthn().verify_authentication_response,
            request,
            credential,
            expected,
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=purpose == SIGN_IN,
        )
        if used is None:
            return None
        key.sign_count, key.last_used_at = used.new_sign_count, timezone.now()
        key.save(update_fields=["sign_count", "last_used_at"])
    return key.user


def named_in(credential: str) -> Passkey | None:
    """The passkey that an answer says it is of, its row locked."""
    try:
        said = json.loads(credential)
        raw = webauthn().base64url_to_bytes(said["rawId"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    rows = Passkey.objects.select_for_update(of=("self",)).select_related("user")
    return rows.filter(credential_id=raw).first()


@transaction.atomic
def rename(key: Passkey, name: str) -> None:
    """Call a passkey otherwise. Raises ValidationError keyed to `name`."""
    key.name = name.strip()
    key.full_clean(exclude={"credential_id", "public_key"})
    key.save(update_fields=["name"])


@transaction.atomic
def remove(key: Passkey) -> None:
    """Take a passkey away from its owner, who asks for it: it signs in no more.

    Raises ValidationError (`wrong_state`) where the role needs it, and StepUpNeeded.
    """
    user = key.user
    step_up.check(user)
    factors.lock_user(user)
    others = Passkey.objects.filter(user=user).exclude(pk=key.pk)
    if user.needs_factor and not others.exists() and factors.app_of(user) is None:
        raise ValidationError(factors.LAST_FACTOR, code=WRONG_STATE)
    if Passkey.objects.filter(pk=key.pk).delete()[0]:
        note_security(Kind.FACTOR_REMOVED, user=user, factor="passkey")
        factors.note_removed(user, "passkey_removed")
