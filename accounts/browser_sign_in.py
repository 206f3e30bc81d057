"""The way in by a browser: the password first, then the second factor, and only then a session.

In between, the session belongs to nobody: it only notes whose password was right, for a while.
"""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.services import factors, sign_ins

PENDING = "pending"
PENDING_FOR = timedelta(minutes=10)


def enter(request: HttpRequest, user: User, wanted: str) -> HttpResponse:
    """Go on after the right password: to the page that was asked for, or to the second factor.

    `wanted` is an address of ours; whoever calls this has checked that.
    """
    if factors.is_on(user):
        note_password(request, user, wanted)
        return redirect("admin:log_in_code")
    if factors.is_required(user):
        note_password(request, user, wanted)
        return redirect("admin:second_factor")
    sign_ins.begin_by_web(request, user)
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


def come_in(request: HttpRequest, user: User) -> str:
    """Begin the session of somebody half in. Returns the address of the page asked for."""
    wanted = request.session.pop(PENDING)["wanted"]
    sign_ins.begin_by_web(request, user, by_factor=True)
    return wanted
