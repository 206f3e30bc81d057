"""Step-up: what could take over an account, or carries much away, wants the password or a second
factor shown lately in the same sign-in. A session alone, or a token, isn't enough for it.

Services call `check()` with who asks; doors that read without a service, `recently_proven()`. Both
raise StepUpNeeded: the API answers it with 403 `step_up_required`, and `StepUpMiddleware` with a
page that asks, and then goes on with what was sent.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts.models import SignIn, User
from clinic.errors import StepUpNeeded

View = Callable[..., HttpResponse]
CHANGING = ("POST",)
OPENING = ("GET", "POST")  # Where what is typed is secret, so that it couldn't be kept.


def recent_sign_in(request: HttpRequest | Request) -> bool:
    """Has whoever sends this shown the password or a second factor lately?"""
    user: Any = request.user
    return getattr(user, "proven_at", None) is not None and user.is_proven


def check(by: User | None) -> None:
    """Raise StepUpNeeded where this user is here by a sign-in in which nothing was shown lately."""
    if by is not None and not by.is_proven:
        raise StepUpNeeded


def recently_proven(methods: tuple[str, ...] = CHANGING) -> Callable[[View], View]:
    """Only who has shown the password or a second factor lately sends this view these methods."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            method = "GET" if request.method == "HEAD" else request.method
            if method in methods and isinstance(request.user, User):
                check(request.user)
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


def note_proof(sign_in: SignIn, user: User) -> None:
    """Something was shown just now, in this sign-in of this user."""
    sign_in.proven_at = user.proven_at = timezone.now()
    sign_in.save(update_fields=["proven_at"])
