"""The pages on which people sign in and out, and see where they are signed in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.browser_sign_in import enter
from accounts.forms.accounts import SignInForm
from accounts.models import SignIn
from accounts.security.devices import device_name
from accounts.services import credentials, passkeys, sign_ins
from accounts.views.destinations import destination
from clinic.web.limits import seconds_to_wait
from clinic.web.views import form_page, sent, too_many_requests

REFUSED = _("This e-mail address and password don't open an account here. Please check both.")


@sensitive_post_parameters("password")
@never_cache
@form_page
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
    context = {
        "form": form,
        "next": wanted,
        "has_passkeys": passkeys.are_possible(request),
        "has_links": settings.SIGN_IN_LINKS,
    }
    return render(request, "accounts/sign_in.html", context)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_ins.end_by_web(request)
    messages.success(request, _("You are signed out."))
    return redirect("accounts:sign_in")


@never_cache
@form_page
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
