"""How django-axes counts failed sign-ins here, and how being locked out is answered.

Named by the settings `AXES_HANDLER`, `AUTHENTICATION_BACKENDS`, `AXES_USERNAME_CALLABLE` and
`AXES_LOCKOUT_CALLABLE`.
"""

import math

from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from procrastinate.contrib.django import app

from clinic.api.errors import Problem, error_response, is_api_path
from clinic.emails import normal_email


class LockoutBackend(AxesStandaloneBackend):
    """Stands before the password: who is locked out is refused whatever the password."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if request is None:
            return None  # No door: a command, or somebody at the shell.
        plain = getattr(request, "_request", request)  # Axes' middleware looks at Django's own.
        return super().authenticate(plain, username=username, **kwargs)


class LockoutHandler(AxesDatabaseHandler):
    """Counts by account and by address, each with its own limit, and keeps nothing else.

    Axes' own handler has one limit for both, and stores what was sent.
    """

    def is_locked(self, request, credentials=None):
        return bool(self.full(request, credentials))

    def full(self, request, credentials) -> list[QuerySet]:
        """The failures that lock: of the account, of the address, or of both."""
        recent = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - settings.LOGIN_LOCK)
        counted = [
            (
                recent.filter(username=get_client_username(request, credentials)),
                settings.LOGIN_FAILURES_PER_ACCOUNT,
            ),
            (
                recent.filter(ip_address=request.axes_ip_address),
                settings.LOGIN_FAILURES_PER_ADDRESS,
            ),
        ]
        return [
            attempts
            for attempts, limit in counted
            if (attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0) >= limit
        ]

    def seconds_left(self, request, credentials) -> int:
        """How long the lock lasts: from the last failure that counted. Tries don't renew it."""
        lasts = [
            attempts.aggregate(last=Max("attempt_time"))["last"]
            for attempts in self.full(request, credentials)
        ]
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
        attempt, is_new = AccessAttempt.objects.get_or_create(
            username=get_client_username(request, credentials),
            ip_address=request.axes_ip_address,
            user_agent="",
            defaults={"failures_since_start": 1, "path_info": request.axes_path_info},
        )
        if not is_new:
            AccessAttempt.objects.filter(pk=attempt.pk).update(
                failures_since_start=F("failures_since_start") + 1, attempt_time=timezone.now()
            )
        if self.has_just_locked(attempt.username):
            # The job finds out whether there is such an account: here, that would take time.
            app.configure_task("accounts.tell_locked").defer(email=attempt.username)

    def has_just_locked(self, username: str) -> bool:
        """Is it this failure that locks the account? Those after it are refused uncounted."""
        failures = AccessAttempt.objects.filter(username=username).exclude(username="")
        counted = failures.aggregate(sum=Sum("failures_since_start"))["sum"]
        return counted == settings.LOGIN_FAILURES_PER_ACCOUNT

    def reset_attempts(self, *, ip_address=None, username=None, ip_or_username=False):
        return AccessAttempt.objects.filter(username=username).delete()[0]

    def user_logged_in(self, sender, request, user, **kwargs):
        """Nothing: a sign-in that has begun, by whichever door, forgets the failures itself."""

    def user_logged_out(self, sender, request, user, **kwargs):
        """Nothing: see `accounts.SignIn`."""


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
