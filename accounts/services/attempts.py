"""Failed sign-ins, counted by account and by address over all doors together.

The counting is django-axes' (see `accounts.security.lockouts`); who has failed too often is
locked out for a while, and the request bears `axes_locked_out`, which axes' middleware answers
with 429.
"""

import logging

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet, Sum, Window
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

logger = logging.getLogger(__name__)
KINDS = {"account": "username", "address": "ip_address"}  # What is counted, and its column.


def is_locked(request: HttpRequest, user: User) -> bool:
    """Has this account or this address failed too often? Marks the request if so."""
    locked = not AxesProxyHandler.is_allowed(request, account_key(user))
    if locked:
        request.axes_locked_out = True  # type: ignore[attr-defined]
        request.axes_credentials = account_key(user)  # type: ignore[attr-defined]
    return locked


def count_failure(request: HttpRequest, user: User) -> None:
    """Count a wrong second factor as a wrong password is counted."""
    AxesProxyHandler.user_login_failed(__name__, account_key(user), request)


def forget_failures(user: User) -> None:
    """Begin to count anew: the account's owner has signed in, or an admin says so."""
    AxesProxyHandler.reset_attempts(username=user.email)


def account_key(user: User) -> dict[str, str]:
    return {"username": user.email}


def failures_that_count() -> QuerySet[AccessAttempt]:
    """The failures that still count, each row with the sums of its account and its address."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - settings.LOGIN_LOCK)
    sums = {
        f"{kind}_failures": Window(Sum("failures_since_start"), partition_by=[column])
        for kind, column in KINDS.items()
    }
    return recent.annotate(**sums)


def is_full(attempt: AccessAttempt, kind: str) -> bool:
    """Is the row's account, or address, locked out? For rows of `counted()`."""
    limits = {
        "account": settings.LOGIN_FAILURES_PER_ACCOUNT,
        "address": settings.LOGIN_FAILURES_PER_ADDRESS,
    }
    return bool(value(attempt, kind)) and getattr(attempt, f"{kind}_failures") >= limits[kind]


def value(attempt: AccessAttempt, kind: str) -> str | None:
    return getattr(attempt, KINDS[kind])


def unlock(attempt: AccessAttempt, kind: str, by: User) -> int:
    """Forget all failures of the row's account, or of its address. Returns how many rows."""
    rows = AccessAttempt.objects.filter(**{KINDS[kind]: value(attempt, kind)})
    count, _ = rows.delete()
    logger.info("Failed sign-ins of one %s are forgotten, by user %s", kind, by.pk)
    return count
