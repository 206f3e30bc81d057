"""The clinic's public pages that belong to no app."""

from datetime import UTC, timedelta

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from clinic.forms import is_put_off

SAYS_SO_FOR = timedelta(days=90)  # From today on; RFC 9116 has a year at most.
form_page = require_http_methods(["GET", "HEAD", "POST"])  # One that is read, and sent as a form.


@require_safe
@vary_on_headers("Accept")
def clinic_home(request: HttpRequest) -> HttpResponse:
    """The clinic's first page; programs that prefer JSON get the API's name."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"message": "Patient Registration API"})
    return render(request, "clinic/home.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "clinic/privacy.html")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116)."""
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + SAYS_SO_FOR
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACTS),
        f"Expires: {expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code for code, _ in settings.LANGUAGES)}",
        f"Canonical: {settings.CLINIC_URL}{request.path}",
        *([f"Policy: {settings.SECURITY_POLICY_URL}"] if settings.SECURITY_POLICY_URL else []),
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is made of: nothing yet, unless it was sent."""
    return request.POST if request.method == "POST" else None


def told_to_wait(response: HttpResponse, form: BaseForm) -> HttpResponse:
    """The page of a form, which says so in its headers, too, where the form is to be sent again in
    a moment."""
    if is_put_off(form):
        response.status_code, response["Retry-After"] = 503, "5"
    return response


def too_many_requests(request: HttpRequest, seconds: int, words: str = "") -> HttpResponse:
    """Please wait; `words` say what wasn't done where it isn't the network's limit."""
    response = render(request, "429.html", {"words": words}, status=429)
    response["Retry-After"] = str(seconds)
    return response
