"""The pages of a password: forgotten, chosen anew, changed."""

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts.forms.accounts import (
    ChangePasswordForm,
    ResetRequestForm,
    TwicePasswordForm,
)
from accounts.services import passwords
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from clinic.web.limits import seconds_to_wait
from clinic.web.views import form_page, sent, too_many_requests


@never_cache
@form_page
def request_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password. Every address gets the same answer."""
    form = ResetRequestForm(sent(request))
    if request.method == "POST":
        if wait := seconds_to_wait(request, "reset"):
            return too_many_requests(request, wait)
        if form.is_valid():
            passwords.owe_reset(form.cleaned_data["email"])
            return redirect("accounts:reset_requested")
    return render(request, "accounts/request_reset.html", {"form": form})


@require_safe
def reset_requested(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_requested.html")


@sensitive_post_parameters("new_password", "confirm_password")
@never_cache
@form_page
def reset(request: HttpRequest) -> HttpResponse:
    """Choose a new password, with the token of a mail. Opening the page changes nothing."""
    if way_on := taken_from_address(request):
        return way_on
    token = token_at_hand(request)
    if not token:
        return render(request, "accounts/dead_link.html", status=410)
    form = TwicePasswordForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            passwords.reset(token, form.cleaned_data["new_password"])
        except ValidationError as error:
            if "token" in error.error_dict:
                answer = render(request, "accounts/dead_link.html", status=410)
                return forget_token(request, answer)
            form.add_faults(error)
        else:
            messages.success(request, _("Your new password is saved. Please sign in with it."))
            return forget_token(request, redirect("accounts:sign_in"))
    return render(request, "accounts/reset.html", {"form": form})


@sensitive_post_parameters("current_password", "new_password", "confirm_password")
@never_cache
@form_page
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    form = ChangePasswordForm(sent(request))
    if request.method == "POST" and (wait := seconds_to_wait(request, "password_change")):
        return too_many_requests(request, wait)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            passwords.change(
                request.user,
                given["current_password"],
                given["new_password"],
                keep=request.sign_in,
            )
        except ValidationError as error:
            form.add_faults(error)
        else:
            auth.update_session_auth_hash(request, request.user)
            messages.success(request, _("Your password is changed."))
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/change_password.html", {"form": form})
