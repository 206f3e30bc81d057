"""Failed sign-ins, counted by account and by address over all doors together.

The counting is django-axes' (see `accounts.lockouts`); who has failed too often is locked out
for a while, and the request bears `axes_locked_out`, which axes' middleware answers with 429.
"""

from axes.handlers.proxy import AxesProxyHandler
from django.http import HttpRequest

from accounts.models import User


def is_locked(request: HttpRequest, user: User) -> bool:
    """Has this account or this address failed too often? Marks the request if so."""
    locked = not AxesProxyHandler.is_allowed(request, named(user))
    if locked:
        request.axes_locked_out = True  # type: ignore[attr-defined]
        request.axes_credentials = named(user)  # type: ignore[attr-defined]
    return locked


def count_failure(request: HttpRequest, user: User) -> None:
    """Count a wrong second factor as a wrong password is counted."""
    AxesProxyHandler.user_login_failed(__name__, named(user), request)


def forget_failures(user: User) -> None:
    """Begin to count anew: the account's owner has signed in, or an admin says so."""
    AxesProxyHandler.reset_attempts(username=user.email)


def named(user: User) -> dict[str, str]:
    return {"username": user.email}
