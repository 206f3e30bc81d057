"""Failed sign-ins, counted by account and network over all doors together.

The counting is django-axes' (see `accounts.security.lockouts`); who has failed too often is
locked out for a while, and the request bears `axes_locked_out`, which axes' middleware answers
with 429.
"""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.db.models import Q, QuerySet, Sum, Window
from django.http import HttpRequest

from accounts.models import User
from accounts.security.lockouts import limit_of, recent_failures
from clinic.security_log import Kind, note_security

KINDS = {"account": "username", "address": "ip_address"}  # What is counted, and its column.


def is_locked(request: HttpRequest, user: User) -> bool:
    """Is whoever tries this account from here locked out of it? Marks the request if so."""
    locked = not AxesProxyHandler.is_allowed(request, account_key(user))
    if locked:
        request.axes_locked_out = True  # type: ignore[attr-defined]
        request.axes_credentials = account_key(user)  # type: ignore[attr-defined]
    return locked


def count_failure(request: HttpRequest, user: User) -> None:
    """Count a wrong second factor as a wrong password is counted."""
    AxesProxyHandler.user_login_failed(__name__, account_key(user), request)


def forget_failures(user: User) -> None:
    """Begin to count anew, wherever they were: the owner has read our mail, or an admin says so."""
    AxesProxyHandler.reset_attempts(username=user.email)


def forget_own_failures(user: User, network: str, device: str = "") -> None:
    """Begin to count anew for a network, or a browser that knows the account: the owner has signed
    in there. What others get wrong elsewhere goes on being counted."""
    of_network = Q(ip_address=network, user_agent="")
    own = of_network | Q(user_agent=device) if device else of_network
    AccessAttempt.objects.filter(own, username=user.email).delete()


def account_key(user: User) -> dict[str, str]:
    return {"username": user.email}


def failures_that_count() -> QuerySet[AccessAttempt]:
    """The failures that still count, each row with the sums that it is part of: of the account by
    unknown devices, or by one that is known, and of the network."""
    unknown = Sum("failures_since_start", filter=Q(user_agent=""))
    return recent_failures().annotate(
        account_failures=Window(
            Sum("failures_since_start"), partition_by=["username", "user_agent"]
        ),
        address_failures=Window(unknown, partition_by=["ip_address"]),
    )


def locked_parts(attempt: AccessAttempt) -> list[str]:
    """Whom the row's failures lock out, in words. For rows of `failures_that_count()`."""
    row: Any = attempt
    if row.user_agent:
        is_full = row.account_failures >= limit_of("device")
        return ["the account on a known device"] if is_full else []
    full = {
        "the account from this network": row.username
        and row.failures_since_start >= limit_of("account"),
        "the account from anywhere new": row.username
        and row.account_failures >= limit_of("anywhere"),
        "the network": row.ip_address and row.address_failures >= limit_of("network"),
    }
    return [words for words, is_full in full.items() if is_full]


def value(attempt: AccessAttempt, kind: str) -> str | None:
    return getattr(attempt, KINDS[kind])


def unlock(attempt: AccessAttempt, kind: str, by: User) -> int:
    """Forget all failures of the row's account, or of its address. Returns how many rows."""
    rows = AccessAttempt.objects.filter(**{KINDS[kind]: value(attempt, kind)})
    count, _ = rows.delete()
    note_security(Kind.UNLOCKED, by=by, of=kind)
    return count
