"""Sign-ins: how they begin, go on by refresh tokens, and end."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, login
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import SignIn, User
from accounts.models.sign_ins import USE_NOTED_EVERY
from accounts.security.known_devices import device_of, remember_device
from accounts.services import kept_forms
from accounts.services.attempts import forget_own_failures
from clinic.address import NO_ADDRESS, client_address, client_network, network_of
from clinic.security_log import Kind, note_security
from clinic.statements import Statement, stand_in_key, stand_in_time

SIGN_IN_CLAIM = "sid"
# What a session knows of its sign-in.
SESSION_SIGN_IN, SESSION_ROLE = "sign_in", "role"
# Says that a page asks on its own: nobody is at work there, and the sign-in rests.
BACKGROUND = "X-Background"
BACKEND = "django.contrib.auth.backends.ModelBackend"
NEVER = datetime.min.replace(tzinfo=UTC)


class NotLive(Exception):
    """The refresh token is no good, or no good any more."""


class FactorNeeded(Exception):
    """The account or its role wants a second factor, which nobody has shown."""


@dataclass(frozen=True, kw_only=True)
class TokenPair:
    """What a client gets; the fields in the order in which the API answers them."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105  # OAuth2's word for it.
    expires_in: int  # Seconds until the access token ends.
    role: str


def begin_by_api(
    user: User, address: str | None = None, user_agent: str = "", *, by_factor: bool = False
) -> TokenPair:
    """Sign in by the API: a new family of tokens.

    Whoever calls this has checked the password and, saying so with `by_factor`, the second
    factor. Raises FactorNeeded where that is left out and wanted.
    """
    check_factor(user, by_factor)
    forget_own_failures(user, network_of(address or NO_ADDRESS))
    sign_in = SignIn.objects.create(
        user=user,
        door=SignIn.Door.API,
        by_factor=by_factor,
        proven_at=timezone.now(),
        expires_at=timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME,
        address=address,
        user_agent=user_agent,
    )
    note_security(Kind.SIGNED_IN, user=user, sign_in=sign_in.pk, door="api")
    return new_pair(sign_in)


def begin_by_web(
    request: HttpRequest, user: User, *, by_factor: bool = False, is_proven: bool = True
) -> SignIn:
    """Sign in by the browser that sent the request: its session is the user's, under a new key.

    What was checked before, and what is raised, is the same as for `begin_by_api()`; `is_proven`
    is False where neither password nor factor was shown, but a link that came by mail.
    """
    check_factor(user, by_factor)
    forget_own_failures(user, client_network(request), device_of(request, user.email))
    remember_device(request, user.email)
    if SESSION_SIGN_IN in request.session:
        end_by_web(request)
    login(request, user, backend=BACKEND)
    kept_forms.carry_over(request, user)
    sign_in = SignIn.objects.create(
        user=user,
        door=SignIn.Door.WEB,
        by_factor=by_factor,
        proven_at=timezone.now() if is_proven else None,
        expires_at=timezone.now() + settings.SESSION_ABSOLUTE_LIMIT,
        **device(request),
    )
    request.session[SESSION_SIGN_IN] = str(sign_in.pk)
    request.session[SESSION_ROLE] = user.role
    request.sign_in = sign_in  # type: ignore[attr-defined]
    user.proven_at = sign_in.proven_at or NEVER
    note_security(Kind.SIGNED_IN, user=user, sign_in=sign_in.pk, door="web")
    return sign_in


def check_factor(user: User, by_factor: bool) -> None:
    if user.needs_factor or not by_factor:
        has_factor = user.has_factor
        if (has_factor and not by_factor) or (user.needs_factor and not has_factor):
            raise FactorNeeded


def end_by_web(request: HttpRequest) -> None:
    """Sign out: the sign-in ends, and nothing stays in the session."""
    pk: Any = request.session.get(SESSION_SIGN_IN)
    web = SignIn.objects.filter(pk=pk, ended_at=None)
    web.update(ended_at=timezone.now(), ended_because=SignIn.Ended.SIGNED_OUT)
    request.session.flush()
    request.user = AnonymousUser()
    request.has_signed_out = True  # type: ignore[attr-defined]
    note_security(Kind.SIGN_IN_ENDED, sign_in=pk, why="signed_out")


def session_user(request: HttpRequest) -> User | AnonymousUser:
    """Whose session it is, while its sign-in is live; else the session is emptied.

    A sign-in opens nothing more once it has ended, rested or lasted too long, or once the
    account was closed or has another role or password. It stands in `request.sign_in`, and the
    patient's language in the user's `language`.
    """
    request.sign_in = None  # type: ignore[attr-defined]
    if HASH_SESSION_KEY not in request.session:
        return AnonymousUser()
    pk: Any = request.session.get(SESSION_SIGN_IN)
    sign_in = live_sign_in(pk)
    if sign_in is None or sign_in.door != SignIn.Door.WEB or not holds(sign_in, request.session):
        kept_forms.note_end(request, SignIn.objects.filter(pk=pk).first())
        return AnonymousUser()
    if BACKGROUND not in request.headers:
        note_use(sign_in)
    request.sign_in = sign_in  # type: ignore[attr-defined]
    return sign_in.user


@cache
def live_statement() -> Statement:
    key, now, used_since = stand_in_key(), stand_in_time(), stand_in_time()
    live = SignIn.objects.live(now, used_since).filter(pk=key).order_by().select_related("user")
    known = live.annotate(language=F("user__patient__language"))
    return Statement(known, key=key, now=now, used_since=used_since)


def live_sign_in(key: UUID | str | None) -> Any:
    """The sign-in of this key while it opens doors, in one statement with all that decides over
    that: the `user`, who has the patient's `language`. None if there is none.
    """
    now = timezone.now()
    used_since = now - settings.SESSION_IDLE_LIMIT
    found = live_statement().records(key=key, now=now, used_since=used_since) if key else []
    for sign_in in found:
        sign_in.user.language = sign_in.language or ""
        sign_in.user.proven_at = sign_in.proven_at or NEVER
        return sign_in
    return None


def lacks_factor(sign_in: Any) -> bool:
    """Does the role need a second factor, which wasn't shown in this sign-in?"""
    return sign_in.user.needs_factor and not sign_in.by_factor


def holds(sign_in: Any, session: Any) -> bool:
    """Are account, password and role still as they were when the session began?"""
    user = sign_in.user
    is_same = constant_time_compare(session[HASH_SESSION_KEY], user.get_session_auth_hash())
    has_role = session.get(SESSION_ROLE) == user.role
    return user.is_active and is_same and has_role and not lacks_factor(sign_in)


def note_use(sign_in: SignIn) -> None:
    """Note that the sign-in was used just now, unless that was noted a moment ago."""
    now = timezone.now()
    if sign_in.last_used_at < now - USE_NOTED_EVERY:
        sign_in.last_used_at = now
        SignIn.objects.filter(pk=sign_in.pk).update(last_used_at=now)


def live_of(user: User) -> QuerySet[SignIn]:
    """The user's own sign-ins that still open doors, the last used ones first."""
    return SignIn.objects.live().filter(user=user)


def refresh(token: str) -> TokenPair:
    """Exchange a refresh token for a new pair; it is dead from then on.

    Who uses a dead one again may have stolen it: that ends the sign-in with all its tokens.
    Raises NotLive.
    """
    claims = read_refresh_token(token)
    with transaction.atomic():
        sign_in = find_live(claims)
        if sign_in.refresh_id == claims["jti"]:
            return new_pair(sign_in)
        note_security(Kind.TOKEN_REUSED, user=sign_in.user_id, sign_in=sign_in.pk)
        end(sign_in, SignIn.Ended.REUSED)
    raise NotLive


def sign_out(token: str) -> None:
    """End the sign-in that a refresh token belongs to. Raises NotLive for what is no such token."""
    claims = read_refresh_token(token)
    SignIn.objects.filter(pk=sign_in_id(claims), ended_at=None).update(
        ended_at=timezone.now(), ended_because=SignIn.Ended.SIGNED_OUT
    )


def end(sign_in: SignIn, because: SignIn.Ended) -> None:
    sign_in.ended_at, sign_in.ended_because = timezone.now(), because
    sign_in.save(update_fields=["ended_at", "ended_because"])


def end_for(sign_in: SignIn, by: User) -> None:
    """End somebody's sign-in, as an administrator does."""
    end(sign_in, SignIn.Ended.DEACTIVATED if sign_in.user_id != by.pk else SignIn.Ended.BY_USER)
    note_security(Kind.SIGN_IN_ENDED, user=sign_in.user_id, by=by, sign_in=sign_in.pk)


def end_all(user: User, because: SignIn.Ended, but: SignIn | None = None) -> int:
    """End all sign-ins of a user, but for one. Returns how many there were."""
    note_security(Kind.SIGN_IN_ENDED, user=user, of="all", why=because.value)
    open_ones = SignIn.objects.filter(user=user, ended_at=None)
    if but is not None:
        open_ones = open_ones.exclude(pk=but.pk)
    return open_ones.update(ended_at=timezone.now(), ended_because=because)


def read_refresh_token(token: str) -> RefreshToken:
    try:
        return RefreshToken(token)  # type: ignore[arg-type]  # Text is what it takes.
    except TokenError as error:
        raise NotLive from error


def sign_in_id(claims: Token) -> Any:
    """The sign-in that a token names, as a UUID; None where it names none."""
    try:
        return UUID(str(claims.get(SIGN_IN_CLAIM)))
    except ValueError:
        return None


def find_live(claims: RefreshToken) -> SignIn:
    """The live sign-in of these claims, its row locked."""
    live = SignIn.objects.live().select_for_update(of=("self",)).select_related("user")
    sign_in = live.filter(pk=sign_in_id(claims)).first()
    if sign_in is None or not opens(sign_in, claims):
        raise NotLive
    return sign_in


def token_sign_in(claims: Token) -> Any:
    """The live sign-in that an access token opens doors by; None if there is none any more."""
    sign_in = live_sign_in(sign_in_id(claims))
    return sign_in if sign_in is not None and opens(sign_in, claims) else None


def opens(sign_in: Any, claims: Token) -> bool:
    """Is the account active, and the password still the one that the token was made with?"""
    given = claims.get(api_settings.REVOKE_TOKEN_CLAIM)
    is_same = given == get_md5_hash_password(sign_in.user.password)
    return sign_in.user.is_active and is_same and not lacks_factor(sign_in)


def new_pair(sign_in: SignIn) -> TokenPair:
    """Make tokens, of which the refresh token is the only one of the sign-in that works. However
    often it is exchanged, the sign-in ends `REFRESH_TOKEN_ABSOLUTE_DAYS` after it began."""
    token = RefreshToken.for_user(sign_in.user)
    token[SIGN_IN_CLAIM] = str(sign_in.pk)
    sign_in.refresh_id, sign_in.last_used_at = token["jti"], timezone.now()
    sign_in.expires_at = min(
        timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME,
        sign_in.started_at + settings.REFRESH_TOKEN_ABSOLUTE_LIMIT,
    )
    sign_in.save(update_fields=["refresh_id", "last_used_at", "expires_at"])
    return TokenPair(
        access_token=str(token.access_token),
        refresh_token=str(token),
        expires_in=int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
        role=sign_in.user.role,
    )


def device(request: HttpRequest | Request) -> dict[str, Any]:
    """What is noted of the device that signs in."""
    address = client_address(request)
    return {
        "address": None if address == NO_ADDRESS else address,
        "user_agent": request.headers.get("User-Agent", "")[:200],
    }
