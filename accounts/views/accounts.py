"""The pages on which people sign in and out, look after their password, and see who is in."""

from uuid import UUID

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.browser_sign_in import enter
from accounts.forms.accounts import (
    ChangePasswordForm,
    ResetRequestForm,
    SignInForm,
    TwicePasswordForm,
)
from accounts.models import SignIn, User
from accounts.security.devices import device_name
from accounts.services import credentials, passwords, sign_ins, verification
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from clinic.web.limits import seconds_to_wait
from clinic.web.views import sent, too_many_requests

page = require_http_methods(["GET", "HEAD", "POST"])
REFUSED = _("This e-mail address and password don't open an account here. Please check both.")


@sensitive_post_parameters("password")
@never_cache
@page
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(destination(request, request.user))
    form = SignInForm(sent(request))
    if request.method == "POST":
        if wait := seconds_to_wait(request, "login"):
            return too_many_requests(request, wait)
        if form.is_valid() and (user := credentials.check_password(request, **form.cleaned_data)):
            return enter(request, user, destination(request, user))
        if not form.errors:
            form.add_error(None, REFUSED)
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return render(request, "accounts/sign_in.html", {"form": form, "next": wanted})


def destination(request: HttpRequest, user: User) -> str:
    """The page that was asked for before signing in, where it is one that this user has."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    console = reverse("admin:index")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    if is_ours and (user.is_staff or not wanted.startswith(console)):
        return wanted
    return console if user.is_staff else reverse(settings.LOGIN_REDIRECT_URL)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_ins.end_by_web(request)
    messages.success(request, _("You are signed out."))
    return redirect("accounts:sign_in")


@never_cache
@page
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
@page
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


@never_cache
@page
def verify_email(request: HttpRequest) -> HttpResponse:
    """Confirm an address by a button: programs that look into mails open the link, too."""
    if way_on := taken_from_address(request):
        return way_on
    token = token_at_hand(request)
    if request.method == "POST" and token:
        if wait := seconds_to_wait(request, "verify"):
            return too_many_requests(request, wait)
        try:
            verification.verify_email(token)
        except ValidationError:
            token = ""
        else:
            messages.success(request, _("Thank you. Your e-mail address is confirmed."))
            return forget_token(request, redirect(settings.LOGIN_REDIRECT_URL))
    if not token:
        answer = render(request, "accounts/dead_verification.html", status=410)
        return forget_token(request, answer)
    return render(request, "accounts/verify_email.html")


@sensitive_post_parameters("current_password", "new_password", "confirm_password")
@never_cache
@page
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


@never_cache
@page
@login_required
def own_sign_ins(request: HttpRequest) -> HttpResponse:
    """Where this account is signed in, and the buttons that end it there."""
    live = sign_ins.live_of(request.user)
    this_one = request.sign_in
    if request.method == "POST":
        if "all" in request.POST:
            sign_ins.end_all(request.user, SignIn.Ended.BY_USER, but=this_one)
            messages.success(request, _("All your other devices are signed out."))
        elif other := live.filter(pk__in=chosen_sign_ins(request)).first():
            sign_ins.end(other, SignIn.Ended.BY_USER)
            messages.success(request, _("This device is signed out."))
        return redirect("accounts:sign_ins")
    for row in (rows := list(live)):
        row.device = device_name(
            row.user_agent, _("A program") if row.door == "api" else _("A browser")
        )
    context = {"sign_ins": rows, "this_one": this_one and this_one.pk}
    return render(request, "accounts/sign_ins.html", context)


def chosen_sign_ins(request: HttpRequest) -> list[UUID]:
    """The sign-in whose button was pressed; none where that is no id."""
    try:
        return [UUID(request.POST.get("sign_in", ""))]
    except ValueError:
        return []
