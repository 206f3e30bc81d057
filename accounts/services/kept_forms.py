"""What somebody typed into a form that could not be taken: kept in the session, for that account.

A form is sent after its session has ended, or with a token of the session before. Its fields are
then kept encrypted in the session of the browser, for an hour, and shown again to whoever typed
them, once signed in, and to nobody else. Nothing is saved by it. Files and secrets are never kept.
"""

import json
import re
from collections.abc import Mapping
from copy import copy
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from rest_framework.authentication import CSRFCheck

from accounts.models import SignIn, User
from clinic.encryption import Unreadable, decrypt, encrypt

# Keys of the session: the forms; whose session it was before; the token that its pages bore.
FORMS, BEFORE, TOKEN_BEFORE = "kept_forms", "session_before", "token_before"
KEPT_FOR = timedelta(hours=1)
MOST_FORMS, MOST_CHARACTERS = 3, 64 * 1024
SECRET = re.compile(r"password|token|secret|otp|\Acode\Z", re.IGNORECASE)


def note_end(request: HttpRequest, sign_in: SignIn | None) -> None:
    """Empty the session, but for whose it was and why it ended."""
    before = {
        "user": request.session.get(SESSION_KEY, ""),
        "why": reason_of_end(sign_in),
        "token": request.META.get("CSRF_COOKIE", ""),
    }
    request.session.flush()
    request.session[BEFORE] = before


def reason_of_end(sign_in: SignIn | None) -> str:
    """`idle`, `old` or `ended`."""
    if sign_in is None or sign_in.ended_at is not None:
        return "ended"
    now = timezone.now()
    if sign_in.expires_at <= now:
        return "old"
    return "idle" if sign_in.last_used_at <= now - settings.SESSION_IDLE_LIMIT else "ended"


def session_before(request: HttpRequest) -> dict[str, str]:
    """The `user` whose session it was, and `why` it ended; empty where there was none."""
    return request.session.get(BEFORE, {})


def carry_over(request: HttpRequest, user: User) -> None:
    """Somebody signs in: what was kept for anybody else is forgotten."""
    before = request.session.pop(BEFORE, {})
    if before.get("user") == str(user.pk):
        request.session[TOKEN_BEFORE] = before["token"]
    if FORMS in request.session:
        own = [form for form in request.session[FORMS] if form["user"] == str(user.pk)]
        request.session[FORMS] = own


def keep(request: HttpRequest, user: str, path: str) -> bool:
    """Keep the fields that were sent, for this account and page. False where there is nothing
    to keep, or too much."""
    fields = {name: values for name, values in request.POST.lists() if not SECRET.search(name)}
    content = json.dumps({"path": path, "fields": fields})
    if not fields or len(content) > MOST_CHARACTERS:
        return False
    form = {
        "user": user,
        "until": (timezone.now() + KEPT_FOR).timestamp(),
        "content": encrypt(content.encode()).decode(),
    }
    request.session[FORMS] = [*request.session.get(FORMS, []), form][-MOST_FORMS:]
    return True


def take(request: HttpRequest) -> QueryDict | None:
    """What the user who is signed in had typed on this page; it is kept no longer then."""
    if not request.session.get(FORMS) or not request.user.is_authenticated:
        return None
    found, rest = None, []
    for form in request.session[FORMS]:
        content = content_of(form, str(request.user.pk))
        if content.get("path") == request.get_full_path():
            found = content["fields"]
        elif content:
            rest.append(form)
    request.session[FORMS] = rest
    return None if found is None else filled_in(found)


def content_of(form: Mapping[str, Any], user: str) -> dict[str, Any]:
    """Path and fields of a kept form; empty where it is somebody else's, or too old."""
    if form["user"] != user or form["until"] < timezone.now().timestamp():
        return {}
    try:
        return json.loads(decrypt(form["content"].encode()))
    except Unreadable:  # The key was taken away.
        return {}


def filled_in(fields: Mapping[str, list[str]]) -> QueryDict:
    typed = QueryDict(mutable=True)
    for name, values in fields.items():
        typed.setlist(name, values)
    return typed


def is_own_form(request: HttpRequest) -> bool:
    """Does this form, whose token is refused, come from a page of this same user's session before?

    So what another site sends, or what somebody else left open in this browser, is never kept.
    """
    before = session_before(request)
    token = before.get("token") or request.session.get(TOKEN_BEFORE)
    if not token:
        return False
    probe = copy(request)
    probe.COOKIES = request.COOKIES | {settings.CSRF_COOKIE_NAME: token}
    check = CSRFCheck(lambda request: None)  # type: ignore[arg-type]
    check.process_request(probe)
    return check.process_view(probe, None, (), {}) is None  # type: ignore[arg-type]
