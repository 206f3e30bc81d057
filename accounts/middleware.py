from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.storage import default_storage
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.datastructures import MultiValueDict
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.forms import step_up as step_up_forms
from accounts.security.known_devices import tell_browser
from accounts.services import credentials, factors, kept_forms, passkeys, step_up
from accounts.services.sign_ins import session_user
from clinic.api.errors import is_api_path
from clinic.errors import StepUpNeeded
from clinic.forms import ShownAgain, shown_again
from clinic.languages import IN_ENGLISH, spoken
from clinic.web.limits import seconds_to_wait
from clinic.web.views import too_many_requests

# What a browser forgets when somebody signs out. Not its cookies: one says that it is known.
LEFT_BEHIND = '"cache", "storage"'


class SignInMiddleware(AuthenticationMiddleware):
    """`request.user` is whose session it is, as long as its sign-in is live.

    In the place of Django's own, which would look at the account alone. A browser in which somebody
    has just signed in is told that it is known from now on.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user: Any = SimpleLazyObject(partial(session_user, request))
        request.user = user

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        tell_browser(request, response)
        if getattr(request, "has_signed_out", False) and not request.user.is_authenticated:
            response["Clear-Site-Data"] = LEFT_BEHIND
        return response


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
        if is_of_programs(request) or not getattr(request.user, "must_change_password", False):
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


class StepUpMiddleware:
    """Where a page asks for what wants a password shown lately, it is asked for in its place, and
    what was sent goes on when it is shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, StepUpNeeded) or is_api_path(request.path):
            return None
        return ask_who_is_there(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        """Take the answer to that question. None: it is right, and the view gets what was sent."""
        if request.method != "POST" or is_api_path(request.path):
            return None
        if step_up_forms.ASKED not in request.POST or not request.user.is_authenticated:
            return None
        if seconds := seconds_to_wait(request, "password_change"):
            return too_many_requests(request, seconds)
        if step_up_forms.PASSKEY in request.POST:
            is_right, form = is_own_passkey(request), None
        else:
            form = step_up_form(request, request.POST)
            is_right = form.is_valid() and is_known(request, form)
        return go_on(request) if is_right else ask_who_is_there(request, form)


def is_known(request: Any, form: step_up_forms.StepUpForm) -> bool:
    """Is the password or code of the form the user's own? It says so where it isn't."""
    password = form.cleaned_data["step_up_password"]
    code = form.cleaned_data.get("step_up_otp", "")
    if credentials.prove(request, request.sign_in, password, code):
        return True
    form.add_error("step_up_password" if password else "step_up_otp", _("This isn't right."))
    return False


def is_own_passkey(request: Any) -> bool:
    answer, user = request.POST[step_up_forms.PASSKEY], request.user
    if passkeys.owner_by(request, answer, passkeys.STEP_UP, user) is None:
        messages.warning(request, passkeys.NOT_TAKEN)
        return False
    step_up.note_proof(request.sign_in, user)
    return True


def step_up_form(request: HttpRequest, sent: QueryDict | None) -> step_up_forms.StepUpForm:
    user: Any = request.user
    return step_up_forms.StepUpForm(sent, has_app=factors.app_of(user) is not None)


def ask_who_is_there(
    request: HttpRequest, form: step_up_forms.StepUpForm | None = None
) -> HttpResponse:
    user: Any = request.user
    is_console = request.path.startswith(reverse("admin:index"))
    context = {
        "form": form or step_up_form(request, None),
        "borne_along": step_up_forms.borne_along(request),
        "has_passkeys": passkeys.are_possible(request) and user.passkeys.exists(),
        "minutes": int(settings.STEP_UP_TIME.total_seconds() // 60),
    }
    if is_console:
        context |= admin.site.each_context(request) | {"title": "Is it you?"}
    template = "admin/account/step_up.html" if is_console else "accounts/step_up.html"
    answer = render(request, template, context)
    add_never_cache_headers(answer)
    return answer


def go_on(request: HttpRequest) -> HttpResponse | None:
    """Let the view do what was asked for at first; where a page was to be opened, or a secret or
    a file would have to be sent once more, open the page, with all else that was typed."""
    sent, page = request.POST, request.get_full_path()
    request.POST = step_up_forms.without_step_up(sent)  # type: ignore[assignment]
    if step_up_forms.INCOMPLETE in sent:
        kept_forms.keep(request, str(request.user.pk), page)
        return redirect(page)
    return redirect(page) if step_up_forms.OPENS in sent else None


def is_of_programs(request: HttpRequest) -> bool:
    """The API, its document, and what monitors ask: of them, no session is read."""
    return bool(IN_ENGLISH.match(request.path)) and not request.path.startswith("/admin/")


def is_page(request: HttpRequest) -> bool:
    """Does somebody open a page in a browser that has been here before?"""
    is_move = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES and is_move and not is_of_programs(request)
    )


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
