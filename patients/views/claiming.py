"""The pages on which patients on record, who have no account yet, get one."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.browser_sign_in import enter
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from clinic.web.limits import seconds_to_wait
from clinic.web.views import sent, too_many_requests
from patients import services
from patients.forms.claiming import AskForm, ClaimForm
from patients.one_time import invitation_of

page = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters()
@never_cache
@page
def claim_account(request: HttpRequest) -> HttpResponse:
    """Open one's account with the link or the code of an invitation, and be signed in."""
    if way_on := taken_from_address(request):
        return way_on
    token = token_at_hand(request)
    if (token or request.method == "POST") and (wait := seconds_to_wait(request, "claim")):
        return too_many_requests(request, wait)
    invitation = invitation_of(token or request.POST.get("code", ""))
    if token and invitation is None:
        return forget_token(request, render(request, "patients/dead_invitation.html", status=410))
    missing = services.missing_contacts(invitation.patient) if invitation else ()
    form = ClaimForm(sent(request), token=token, missing=missing)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            account = services.claim(
                form.secret,
                given["date_of_birth"],
                given["new_password"],
                consents=True,
                contacts=form.contacts,
            )
        except ValidationError as error:
            form.add_faults(error)
        else:
            messages.success(request, _("Your account is open, and you are signed in."))
            home = resolve_url(settings.LOGIN_REDIRECT_URL)
            return forget_token(request, enter(request, account, home))
    return render(request, "patients/claim.html", {"form": form})


@never_cache
@page
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link to open one's account. Everybody gets the same answer."""
    form = AskForm(sent(request))
    if request.method == "POST" and (wait := seconds_to_wait(request, "claim")):
        return too_many_requests(request, wait)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        services.ask_for_account(given["date_of_birth"], **given["contact"])
        return redirect("patients:asked")
    return render(request, "patients/ask.html", {"form": form})


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "patients/asked.html")
