"""How django-axes counts failed sign-ins here, and how being locked out is answered.

Named by the settings `AXES_HANDLER`, `AUTHENTICATION_BACKENDS`, `AXES_USERNAME_CALLABLE` and
`AXES_LOCKOUT_CALLABLE`.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.security.known_devices import device_of
from clinic.address import network_of
from clinic.api.errors import Problem, error_response, is_api_path
from clinic.emails import normal_email
from clinic.security_log import Kind, note_security

NETWORK_KNOWN = timedelta(days=90)  # As long as sign-ins that have ended are kept.


class LockoutBackend(AxesStandaloneBackend):
    """Stands before the password: who is locked out is refused whatever the password."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if request is None:
            return None  # No door: a command, or somebody at the shell.
        plain = getattr(request, "_request", request)  # Axes' middleware looks at Django's own.
        return super().authenticate(plain, username=username, **kwargs)


@dataclass(frozen=True)
class Lock:
    """What has failed too often, and when it last did."""

    of: str  # A word of LIMITS.
    last_failure: datetime


class LockoutHandler(AxesDatabaseHandler):
    """Counts what fails by account and network, and keeps nothing else.

    A stranger's guesses lock an account out only for the network that they come from; so many more
    of one network lock that out for all accounts. Guesses from many networks lock the account for
    whoever signs in from anywhere new. Browsers that know the account (`known_devices`) have a
    count of their own and are not locked out by anybody else's; their key stands in `user_agent`.
    """

    def is_locked(self, request, credentials=None):
        return bool(self.locks(request, credentials))

    def locks(self, request, credentials) -> list[Lock]:
        name, network = get_client_username(request, credentials), request.axes_ip_address
        device = device_of(request, name) if name else ""
        parts = counted_parts(name, network, device)
        sums = {f"{of}_sum": Sum("failures_since_start", filter=part) for of, part in parts.items()}
        lasts = {f"{of}_last": Max("attempt_time", filter=part) for of, part in parts.items()}
        found = recent_failures().filter(Q(username=name) | Q(ip_address=network))
        told = found.aggregate(**sums, **lasts)
        full = [of for of in parts if (told[f"{of}_sum"] or 0) >= limit_of(of)]
        if full == ["anywhere"] and has_signed_in_from(name, network):
            return []
        return [Lock(of, told[f"{of}_last"]) for of in full]

    def seconds_left(self, request, credentials) -> int:
        """How long the lock lasts: from the last failure that counted. Tries don't renew it."""
        lasts = [lock.last_failure for lock in self.locks(request, credentials)]
        ends_at = max(lasts, default=timezone.now()) + settings.LOGIN_LOCK
        return max(1, math.ceil((ends_at - timezone.now()).total_seconds()))

    @transaction.atomic
    def user_login_failed(self, sender, credentials, request=None, **kwargs):
        if request is None:
            return
        if request.axes_locked_out:
            plain = getattr(request, "_request", request)
            plain.axes_credentials = credentials
            return
        threshold = timezone.now() - settings.LOGIN_LOCK
        AccessAttempt.objects.filter(attempt_time__lte=threshold).delete()
        name, network = get_client_username(request, credentials), request.axes_ip_address
        device = device_of(request, name) if name else ""
        attempt, is_new = AccessAttempt.objects.get_or_create(
            username=name,
            ip_address=network,
            user_agent=device,
            defaults={"failures_since_start": 1, "path_info": request.axes_path_info},
        )
        if not is_new:
            AccessAttempt.objects.filter(pk=attempt.pk).update(
                failures_since_start=F("failures_since_start") + 1, attempt_time=timezone.now()
            )
        note_failure(attempt, device)

    def reset_attempts(self, *, ip_address=None, username=None, ip_or_username=False):
        return AccessAttempt.objects.filter(username=username).delete()[0]

    def user_logged_in(self, sender, request, user, **kwargs):
        """Nothing: a sign-in that has begun, by whichever door, forgets the failures itself."""

    def user_logged_out(self, sender, request, user, **kwargs):
        """Nothing: see `accounts.SignIn`."""


def recent_failures() -> QuerySet[AccessAttempt]:
    return AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - settings.LOGIN_LOCK)


def counted_parts(name: str, network: str, device: str) -> dict[str, Q]:
    """What of the failures counts for a try, each with a limit of its own."""
    unknown = Q(user_agent="")
    if device:
        return {"device": Q(username=name, user_agent=device)}
    of_network = {"network": Q(ip_address=network) & unknown}
    if not name:
        return of_network
    of_name = Q(username=name) & unknown
    return {"account": of_name & Q(ip_address=network), "anywhere": of_name, **of_network}


def limit_of(part: str) -> int:
    limits = {
        "network": settings.LOGIN_FAILURES_PER_ADDRESS,
        "anywhere": settings.LOGIN_FAILURES_ANYWHERE,
    }
    return limits.get(part, settings.LOGIN_FAILURES_PER_ACCOUNT)


def has_signed_in_from(name: str, network: str) -> bool:
    """Has the account of this address been signed in to from this network lately?"""
    since = timezone.now() - NETWORK_KNOWN
    users = get_user_model().objects.filter(email=name, sign_ins__started_at__gt=since)
    addresses = users.exclude(sign_ins__address=None).values_list("sign_ins__address", flat=True)
    return network in {network_of(address) for address in addresses.distinct()}


def note_failure(attempt: AccessAttempt, device: str) -> None:
    """Tell the security log, and of a lock that has just begun, the owner."""
    user = get_user_model().objects.filter(email=attempt.username).values_list("pk", flat=True)
    key = user.first() or "unknown"
    note_security(Kind.SIGN_IN_FAILED, user=key, device="known" if device else "unknown")
    parts = counted_parts(attempt.username, attempt.ip_address, device)
    told = AccessAttempt.objects.aggregate(
        **{of: Sum("failures_since_start", filter=part) for of, part in parts.items()}
    )
    begun = [of for of in parts if told[of] == limit_of(of)]
    for of in begun:
        note_security(Kind.LOCKED_OUT, user=None if of == "network" else key, of=of)
    if set(begun) - {"network"}:
        # The job finds out whether there is such an account: here, that would take time.
        app.configure_task("accounts.tell_locked").defer(attempt_id=attempt.pk)


def counted_name(request, credentials) -> str:
    """The account that is tried, in lower case.

    What is no e-mail address names no account, and may be a password in the wrong field: it is
    not kept.
    """
    name = normal_email(str((credentials or {}).get("username") or "").replace("\x00", ""))
    return name[:254] if "@" in name else ""


def locked_out_answer(request: HttpRequest, response: HttpResponse, credentials) -> HttpResponse:
    """What somebody who is locked out gets, in place of the view's own answer."""
    seconds = LockoutHandler().seconds_left(request, credentials)
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    if is_api_path(request.path):
        message = "Too many failed sign-ins. Please wait a while."
        return error_response(request, Problem(429, message=message, headers=headers))
    minutes = math.ceil(seconds / 60)
    page = render(request, "accounts/locked.html", {"minutes": minutes}, status=429)
    for name, value in headers.items():
        page[name] = value
    return page
