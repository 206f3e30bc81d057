"""The way in by a browser: the password first, then the second factor, and only then a session.

In between, the session belongs to nobody: it only notes whose password was right, for a while. A
passkey is both at once.
"""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.services import credentials, passkeys, sign_ins

PENDING = "pending"
PENDING_FOR = timedelta(minutes=10)
CREDENTIAL = "credential"  # The field with a passkey's answer.


def enter(request: HttpRequest, user: User, wanted: str, *, is_proven: bool = True) -> HttpResponse:
    """Go on after the right password: to the page that was asked for, or to the second factor.

    `wanted` is an address of ours; whoever calls this has checked that. `is_proven` is False
    where a link that came by mail stood for the password.
    """
    if user.has_factor:
        note_password(request, user, wanted)
        return redirect("admin:log_in_code" if user.is_staff else "accounts:sign_in_code")
    if user.needs_factor:
        note_password(request, user, wanted)
        return redirect("admin:second_factor")
    sign_ins.begin_by_web(request, user, is_proven=is_proven)
    return redirect(wanted)


def note_password(request: HttpRequest, user: User, wanted: str) -> None:
    if request.user.is_authenticated:
        sign_ins.end_by_web(request)
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "until": (timezone.now() + PENDING_FOR).timestamp(),
        "wanted": wanted,
    }


def half_in(request: HttpRequest) -> User | None:
    """Whose password was right in this session a moment ago, and still is."""
    noted = request.session.get(PENDING)
    if not noted or noted["until"] < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True).first()
    if user is None or not constant_time_compare(noted["hash"], user.get_session_auth_hash()):
        return None
    return user


def shows_factor(request: HttpRequest, user: User, code: str) -> bool:
    """Does somebody half in show a code, or by one of the own passkeys that it is them?"""
    if CREDENTIAL in request.POST:
        answer = request.POST[CREDENTIAL]
        return passkeys.owner_by(request, answer, passkeys.CODE, user) == user
    return credentials.check_code(request, user, code)


def come_in(request: HttpRequest, user: User) -> str:
    """Begin the session of somebody half in. Returns the address of the page asked for."""
    wanted = request.session.pop(PENDING)["wanted"]
    sign_ins.begin_by_web(request, user, by_factor=True)
    return wanted
