"""What browsers ask for passkeys by, signing in with one, and patients' pages of their own."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.browser_sign_in import CREDENTIAL, half_in
from accounts.forms.factors import PasskeyNameForm
from accounts.models import User
from accounts.security.devices import device_name
from accounts.services import passkeys, sign_ins, step_up
from accounts.views.destinations import destination
from clinic.errors import StepUpNeeded
from clinic.web.limits import seconds_to_wait
from clinic.web.views import form_page, sent, too_many_requests

UNKNOWN = _("This passkey opens no account here. Please sign in with your password.")


@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser hands to the device, for what the page wants (`for`), as JSON."""
    if seconds := seconds_to_wait(request, "login"):
        return too_many_requests(request, seconds)
    purpose = request.POST.get("for", "")
    if not passkeys.are_possible(request):
        raise PermissionDenied
    try:
        user = asker(request, purpose)
    except StepUpNeeded as error:  # A script asks: the page will, when it is loaded anew.
        raise PermissionDenied from error
    options = passkeys.challenge(request, purpose, user)
    return HttpResponse(options, content_type="application/json")


def asker(request: HttpRequest, purpose: str) -> User | None:
    """Whose passkeys this is about. Raises PermissionDenied and StepUpNeeded."""
    inside = request.user if isinstance(request.user, User) else None
    askers = {
        passkeys.CODE: half_in(request),
        passkeys.ADD: inside or half_in(request),
        passkeys.STEP_UP: inside,
    }
    if purpose == passkeys.SIGN_IN:
        return None
    user = askers.get(purpose)
    if user is None or (purpose == passkeys.ADD and not inside and user.has_factor):
        raise PermissionDenied
    if purpose == passkeys.ADD:
        step_up.check(user)
    return user


@never_cache
@require_POST
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """Sign in, staff and patients alike: the device has asked who is there."""
    if seconds := seconds_to_wait(request, "login"):
        return too_many_requests(request, seconds)
    answer = request.POST.get(CREDENTIAL, "")
    user = passkeys.owner_by(request, answer, passkeys.SIGN_IN)
    if user is None:
        messages.warning(request, UNKNOWN)
        return redirect("accounts:sign_in")
    wanted = destination(request, user)
    sign_ins.begin_by_web(request, user, by_factor=True)
    return redirect(wanted)


@never_cache
@form_page
@login_required
@step_up.recently_proven(step_up.OPENING)
def add_passkey(request: HttpRequest) -> HttpResponse:
    if request.user.is_staff:
        return redirect("admin:add_passkey")
    device = device_name(request.headers.get("User-Agent", ""), "")
    form = PasskeyNameForm(sent(request), initial={"name": device})
    if request.method == "POST" and form.is_valid():
        answer, name = request.POST.get(CREDENTIAL, ""), form.cleaned_data["name"]
        try:
            codes = passkeys.add_passkey(request, request.user, answer, name, request.sign_in)
        except ValidationError as error:
            form.add_faults(error)
        else:
            if codes:
                return render(request, "accounts/recovery_codes.html", {"codes": codes})
            messages.success(request, _("Your new passkey is saved."))
            return redirect("accounts:factors")
    context = {"form": form, "is_possible": passkeys.are_possible(request)}
    return render(request, "accounts/add_passkey.html", context)


@require_POST
@login_required
def change_passkey(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """Rename one of the own passkeys, or remove it."""
    key = get_object_or_404(request.user.passkeys, pk=passkey_id)
    key.user = request.user
    try:
        if "remove" in request.POST:
            passkeys.remove(key)
            messages.success(request, _("The passkey is removed."))
        else:
            passkeys.rename(key, request.POST.get("name", ""))
            messages.success(request, _("The passkey has its new name."))
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    return redirect("accounts:factors")
