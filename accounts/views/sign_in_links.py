"""Signing in by a link that comes by mail, where the clinic has switched that on for patients."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.browser_sign_in import enter
from accounts.forms.accounts import ResetRequestForm
from accounts.services import sign_in_links
from accounts.views.destinations import destination
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from clinic.web.limits import seconds_to_wait
from clinic.web.views import form_page, sent, too_many_requests

View = Callable[[HttpRequest], HttpResponse]


def where_switched_on(view: View) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        if not settings.SIGN_IN_LINKS:
            raise Http404
        return view(request)

    return wrapper


@never_cache
@form_page
@where_switched_on
def request_link(request: HttpRequest) -> HttpResponse:
    """Ask for a link that signs in. Every address gets the same answer."""
    form = ResetRequestForm(sent(request))
    if request.method == "POST":
        if wait := seconds_to_wait(request, "reset"):
            return too_many_requests(request, wait)
        if form.is_valid():
            sign_in_links.owe_sign_in_link(form.cleaned_data["email"])
            return redirect("accounts:link_requested")
    return render(request, "accounts/request_link.html", {"form": form})


@require_safe
@where_switched_on
def link_requested(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/link_requested.html")


@never_cache
@form_page
@where_switched_on
def sign_in_by_link(request: HttpRequest) -> HttpResponse:
    """Sign in by a button: programs that look into mails open the link, too."""
    if way_on := taken_from_address(request):
        return way_on
    token = token_at_hand(request)
    if request.method == "POST" and token:
        if wait := seconds_to_wait(request, "verify"):
            return too_many_requests(request, wait)
        if user := sign_in_links.owner_by_link(token):
            way_on = enter(request, user, destination(request, user), is_proven=False)
            return forget_token(request, way_on)
        token = ""
    if not token:
        answer = render(request, "accounts/dead_sign_in_link.html", status=410)
        return forget_token(request, answer)
    return render(request, "accounts/sign_in_by_link.html")
