"""Sign-ins: how they begin, go on by refresh tokens, and end."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import SignIn, User
from clinic.address import client_address

SIGN_IN_CLAIM = "sid"


class NotLive(Exception):
    """The refresh token is no good, or no good any more."""


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int  # Seconds until the access token ends.
    role: str
    token_type: str = "bearer"  # noqa: S105  # OAuth2's word for it.


def begin_by_api(user: User, address: str | None = None, user_agent: str = "") -> TokenPair:
    """Sign in by the API: a new family of tokens."""
    sign_in = SignIn.objects.create(
        user=user,
        door=SignIn.Door.API,
        expires_at=timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME,
        address=address,
        user_agent=user_agent,
    )
    return new_pair(sign_in)


def refresh(token: str) -> TokenPair:
    """Exchange a refresh token for a new pair; it is dead from then on.

    Who uses a dead one again may have stolen it: that ends the sign-in with all its tokens.
    Raises NotLive.
    """
    claims = read(token)
    with transaction.atomic():
        sign_in = find_live(claims)
        if sign_in.refresh_id == claims["jti"]:
            return new_pair(sign_in)
        end(sign_in, SignIn.Ended.REUSED)
    raise NotLive


def sign_out(token: str) -> None:
    """End the sign-in that a refresh token belongs to. Raises NotLive for what is no such token."""
    claims = read(token)
    SignIn.objects.filter(pk=claims[SIGN_IN_CLAIM], ended_at=None).update(
        ended_at=timezone.now(), ended_because=SignIn.Ended.SIGNED_OUT
    )


def end(sign_in: SignIn, because: SignIn.Ended) -> None:
    sign_in.ended_at, sign_in.ended_because = timezone.now(), because
    sign_in.save(update_fields=["ended_at", "ended_because"])


def end_all(user: User, because: SignIn.Ended, but: SignIn | None = None) -> int:
    """End all sign-ins of a user, but for one. Returns how many there were."""
    open_ones = SignIn.objects.filter(user=user, ended_at=None)
    if but is not None:
        open_ones = open_ones.exclude(pk=but.pk)
    return open_ones.update(ended_at=timezone.now(), ended_because=because)


def read(token: str) -> RefreshToken:
    try:
        claims = RefreshToken(token)
        claims[SIGN_IN_CLAIM]
    except (TokenError, KeyError) as error:
        raise NotLive from error
    return claims


def find_live(claims: RefreshToken) -> SignIn:
    """The live sign-in of these claims, its row locked."""
    sign_ins = SignIn.objects.live().select_for_update(of=("self",)).select_related("user")
    sign_in = sign_ins.filter(pk=claims[SIGN_IN_CLAIM]).first()
    if sign_in is None or not opens(sign_in.user, claims):
        raise NotLive
    return sign_in


def opens(user: User, claims) -> bool:
    """Is the account active, and the password still the one that the token was made with?"""
    given = claims.get(api_settings.REVOKE_TOKEN_CLAIM)
    return user.is_active and given == get_md5_hash_password(user.password)


def new_pair(sign_in: SignIn) -> TokenPair:
    """Make tokens, of which the refresh token is the only one of the sign-in that works."""
    token = RefreshToken.for_user(sign_in.user)
    token[SIGN_IN_CLAIM] = str(sign_in.pk)
    sign_in.refresh_id, sign_in.last_used_at = token["jti"], timezone.now()
    sign_in.expires_at = timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME
    sign_in.save(update_fields=["refresh_id", "last_used_at", "expires_at"])
    return TokenPair(
        access_token=str(token.access_token),
        refresh_token=str(token),
        expires_in=int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
        role=sign_in.user.role,
    )


def device(request) -> dict[str, Any]:
    """What is noted of the device that signs in."""
    address = client_address(request)
    return {
        "address": None if address == "0.0.0.0" else address,  # noqa: S104  # nosec B104
        "user_agent": request.headers.get("User-Agent", "")[:200],
    }
