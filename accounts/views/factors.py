"""Patients' pages of what they have beside the password: an app, passkeys, recovery codes."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.browser_sign_in import CREDENTIAL, PENDING, come_in, half_in, shows_factor
from accounts.forms.factors import WRONG_CODE, AppCodeForm, CodeForm
from accounts.services import factors, passkeys, step_up
from clinic.console.qr_codes import qr_squares
from clinic.web.limits import seconds_to_wait
from clinic.web.views import form_page, sent, too_many_requests

FEW_CODES = 3
TOO_LONG = _("That took too long. Please sign in again.")


@sensitive_post_parameters("code", CREDENTIAL)
@never_cache
@form_page
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in."""
    user = half_in(request)
    if user is None or user.is_staff:
        if user is None and request.session.pop(PENDING, None):
            messages.info(request, TOO_LONG)
        return redirect("admin:log_in_code" if user else "accounts:sign_in")
    by_passkey = CREDENTIAL in request.POST
    form = CodeForm(None if by_passkey else sent(request))
    if request.method == "POST":
        if seconds := seconds_to_wait(request, "login"):
            return too_many_requests(request, seconds)
        if by_passkey or form.is_valid():
            code = "" if by_passkey else form.cleaned_data["code"]
            if shows_factor(request, user, code):
                wanted = come_in(request, user)
                warn_of_few_codes(request)
                return redirect(wanted)
            if by_passkey:
                messages.warning(request, passkeys.NOT_TAKEN)
            else:
                form.add_error("code", WRONG_CODE)
    context = {
        "form": form,
        "email": user.email,
        "has_app": factors.app_of(user) is not None,
        "has_passkeys": passkeys.are_possible(request) and user.passkeys.exists(),
    }
    return render(request, "accounts/sign_in_code.html", context)


def warn_of_few_codes(request: HttpRequest) -> None:
    left = factors.recovery_codes_left(request.user)
    if left <= FEW_CODES:
        words = ngettext(
            "You have %(left)s recovery code left. Make new ones under Second factor.",
            "You have %(left)s recovery codes left. Make new ones under Second factor.",
            left,
        )
        messages.warning(request, words % {"left": left})


@never_cache
@require_safe
@login_required
def own_factors(request: HttpRequest) -> HttpResponse:
    if request.user.is_staff:
        return redirect("admin:account")
    context = {
        "app": factors.app_of(request.user),
        "passkeys": request.user.passkeys.all(),
        "codes_left": factors.recovery_codes_left(request.user),
        "has_factor": request.user.has_factor,
    }
    return render(request, "accounts/factors.html", context)


@sensitive_post_parameters("code")
@never_cache
@form_page
@login_required
@step_up.recently_proven(step_up.OPENING)
def set_up_app(request: HttpRequest) -> HttpResponse:
    """Set the authenticator app up, with the secret that it is to keep."""
    if request.user.is_staff:
        return redirect("admin:second_factor")
    if factors.app_of(request.user):
        return redirect("accounts:factors")
    form = AppCodeForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            codes = factors.confirm_factor(request.user, form.cleaned_data["code"], request.sign_in)
        except ValidationError as error:
            form.add_faults(error)
        else:
            if codes:
                return render(request, "accounts/recovery_codes.html", {"codes": codes})
            messages.success(request, _("Your authenticator app is set up."))
            return redirect("accounts:factors")
    factor = factors.offer_factor(request.user)
    size, squares = qr_squares(factors.address_of(factor))
    context = {"form": form, "qr_size": size, "qr_squares": squares, "secret": factor.secret}
    return render(request, "accounts/set_up_app.html", context)


@never_cache
@require_POST
@login_required
@step_up.recently_proven()
def new_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes: the old ones are dead."""
    if not request.user.has_factor:
        return redirect("accounts:factors")
    codes = factors.new_recovery_codes(request.user)
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


@never_cache
@form_page
@login_required
def remove_app(request: HttpRequest) -> HttpResponse:
    """Remove the authenticator app, with a code of it or a recovery code."""
    if request.user.is_staff or factors.app_of(request.user) is None:
        return redirect("accounts:factors")
    form = CodeForm(sent(request))
    if request.method == "POST" and form.is_valid():
        if seconds := seconds_to_wait(request, "password_change"):
            return too_many_requests(request, seconds)
        if shows_factor(request, request.user, form.cleaned_data["code"]):
            factors.switch_off(request.user)
            messages.success(request, _("Your authenticator app is removed."))
            return redirect("accounts:factors")
        form.add_error("code", WRONG_CODE)
    return render(request, "accounts/remove_app.html", {"form": form})
