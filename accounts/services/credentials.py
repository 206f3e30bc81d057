"""Checking who signs in, for every door: the password, and after it the second factor."""

from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import SignIn, User
from accounts.services import factors, step_up
from accounts.services.attempts import count_failure, is_locked
from clinic.security_log import Kind, note_security


class Wrong(Exception):
    """Not this password, or not this code, or no such account, or one that is closed."""


class CodeNeeded(Exception):
    """The password is right, and the account wants a second factor as well."""


def check_account(request: HttpRequest | Request, email: str, password: str, code: str) -> User:
    """The account that password and code belong to; the code is needed where it has a factor.

    Raises Wrong, or CodeNeeded with a sentence. A role that needs a second factor gets nowhere
    before it is set up, which is done in the console.
    """
    user = check_password(request, email, password)
    if user is None:
        raise Wrong
    check_second(request, user, code)
    return user


def check_second(request: HttpRequest | Request, user: User, code: str) -> None:
    """The code, where the account whose password was right has a second factor or needs one.

    Raises Wrong, or CodeNeeded with a sentence.
    """
    has_factor = user.has_factor
    if user.needs_factor and not has_factor:
        raise CodeNeeded("This role needs a second factor. Set it up in the staff console first.")
    if has_factor and not code:
        raise CodeNeeded("This account also needs a code: of its app, or a recovery code (otp).")
    if has_factor and not check_code(request, user, code):
        raise Wrong


def check_password(request: HttpRequest | Request, email: str, password: str) -> User | None:
    """The active account with this password. It still has no second factor checked.

    None for anything else, and for whoever is locked out: axes' middleware answers those.
    Asked again after the password was compared, so that of many guesses at once none counts
    that ended after the lock.
    """
    request = plain_request(request)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User) or is_locked(request, user):
        return None
    return user


def check_code(request: HttpRequest | Request, user: User, code: str) -> bool:
    """Use up a code of the second factor. A wrong one counts as a wrong password does."""
    request = plain_request(request)
    if is_locked(request, user):
        return False
    if factors.use(user, code):
        return True
    note_security(Kind.FACTOR_FAILED, user=user)
    count_failure(request, user)
    return False


def prove(request: HttpRequest | Request, sign_in: SignIn, password: str, code: str) -> bool:
    """Take the password, or a code, of who is signed in: what wants it shown lately opens then
    (`accounts.services.step_up`). A wrong one counts as at signing in."""
    user: Any = request.user
    if password:
        is_right = check_password(request, user.email, password) == user
    else:
        is_right = user.has_factor and check_code(request, user, code)
    note_security(Kind.STEP_UP_PASSED if is_right else Kind.STEP_UP_FAILED, user=user)
    if is_right:
        step_up.note_proof(sign_in, user)
    return is_right


def plain_request(request: HttpRequest | Request) -> HttpRequest:
    """Django's own request, also where REST framework has wrapped it."""
    return getattr(request, "_request", request)
