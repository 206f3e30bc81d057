from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.storage import default_storage
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.services import kept_forms
from accounts.services.sign_ins import session_user
from clinic.api.errors import is_api_path
from clinic.forms import ShownAgain, shown_again
from clinic.languages import IN_ENGLISH, spoken


class SignInMiddleware(AuthenticationMiddleware):
    """`request.user` is whose session it is, as long as its sign-in is live.

    In the place of Django's own, which would look at the account alone.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user: Any = SimpleLazyObject(partial(session_user, request))
        request.user = user


class OwnLanguageMiddleware:
    """Answers patients who are signed in in their own language, whatever the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = "" if IN_ENGLISH.match(request.path) else getattr(request.user, "language", "")
        if not language:
            return self.get_response(request)
        with spoken(language):
            return self.get_response(request)


class GivenPasswordMiddleware:
    """Who has a password that somebody else has set changes it before any page opens."""

    OPEN = frozenset(
        {
            "accounts:change_password",
            "accounts:sign_out",
            "patients:choose_language",
            "admin:password_change",
            "admin:logout",
            "admin:jsi18n",
        }
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if is_api_path(request.path) or not getattr(request.user, "must_change_password", False):
            return None
        if request.resolver_match and request.resolver_match.view_name in self.OPEN:
            return None
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        is_staff = getattr(request.user, "is_staff", False)
        return redirect("admin:password_change" if is_staff else "accounts:change_password")


class KeptFormMiddleware:
    """A form that is sent after its session has ended leads to the log-in, which says why, and
    comes back after it with all that was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_page(request):
            return self.get_response(request)
        response = None
        if request.method == "GET" and (typed := kept_forms.take(request)) is not None:
            response = self.show_again(request, typed)
        response = response or self.get_response(request)
        if leads_to_sign_in(request, response):
            tell_of_end(request)
        return response

    def show_again(self, request: HttpRequest, typed: QueryDict) -> HttpResponse | None:
        """The page as if the form were sent, which then refuses to be saved.

        None where no form took part: then nothing of it has happened.
        """
        told, method = request._messages, request.method  # type: ignore[attr-defined]
        again = ShownAgain()
        request._messages = default_storage(request)  # type: ignore[attr-defined]
        request.method = "POST"
        request.POST = typed  # type: ignore[assignment]
        request._files = MultiValueDict()  # type: ignore[attr-defined]
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        with transaction.atomic(), shown_again(again):
            response = self.get_response(request)
            if again.is_refused and response.status_code == 200:
                return response
            transaction.set_rollback(True)
        request._messages = told  # type: ignore[attr-defined]
        request.method, request.POST = method, QueryDict()
        messages.warning(request, _("You were signed out before that was done. Please try again."))
        return None


def is_page(request: HttpRequest) -> bool:
    """Does somebody open a page in a browser that has been here before?"""
    is_program = IN_ENGLISH.match(request.path) and not request.path.startswith("/admin/")
    is_move = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return settings.SESSION_COOKIE_NAME in request.COOKIES and is_move and not is_program


def leads_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    """Is the user sent to sign in, and then back here?"""
    if response.status_code != 302:
        return False
    to = urlsplit(response["Location"])
    is_gate = to.path in (reverse(settings.LOGIN_URL), reverse("admin:login"))
    return is_gate and parse_qs(to.query).get("next") == [request.get_full_path()]


def tell_of_end(request: HttpRequest) -> None:
    """Say why somebody has to sign in again, and keep what they have sent."""
    before = kept_forms.session_before(request)
    if not before:
        return
    page = request.get_full_path()
    if request.method == "POST" and kept_forms.keep(request, before["user"], page):
        way_on = _("Sign in to go on: what you typed is kept for an hour, for your account alone.")
    else:
        way_on = _("Sign in to go on.")
    messages.warning(request, f"{words_for_end(before['why'])} {way_on}")


def words_for_end(why: str) -> str:
    if why == "idle":
        minutes = int(settings.SESSION_IDLE_LIMIT.total_seconds() // 60)
        return ngettext(
            "You were signed out after %(minutes)s minute without use.",
            "You were signed out after %(minutes)s minutes without use.",
            minutes,
        ) % {"minutes": minutes}
    if why == "old":
        hours = int(settings.SESSION_ABSOLUTE_LIMIT.total_seconds() // 3600)
        return ngettext(
            "You were signed out after %(hours)s hour, as everybody is.",
            "You were signed out after %(hours)s hours, as everybody is.",
            hours,
        ) % {"hours": hours}
    return _("Your sign-in was ended.")
