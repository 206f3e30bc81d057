"""The console's pages of passkeys."""

from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from accounts.browser_sign_in import CREDENTIAL, come_in, half_in
from accounts.forms.factors import PasskeyNameForm
from accounts.security.devices import device_name
from accounts.services import passkeys, step_up
from clinic.console.parts import PAGE_METHODS

entry_page = [PAGE_METHODS, never_cache, csrf_protect]


class PasskeyPages(AdminSite):
    """Part of `accounts.admin.site.StaffSite`."""

    @method_decorator(entry_page)
    @method_decorator(step_up.recently_proven(step_up.OPENING))
    def add_passkey(self, request: HttpRequest) -> HttpResponse:
        """Add a passkey: signed in, or half in where the role needs a second factor."""
        inside = self.has_permission(request)
        user = request.user if inside else half_in(request)
        if user is None or (not inside and user.has_factor):
            return redirect("admin:login")
        device = device_name(request.headers.get("User-Agent", ""), "")
        form = PasskeyNameForm(request.POST or None, initial={"name": device})
        if request.method == "POST" and form.is_valid():
            answer, name = request.POST.get(CREDENTIAL, ""), form.cleaned_data["name"]
            try:
                codes = passkeys.add_passkey(request, user, answer, name, request.sign_in)
            except ValidationError as error:
                form.add_faults(error)
            else:
                wanted = "" if inside else come_in(request, user)
                messages.success(request, "Your new passkey is saved.")
                if codes:
                    return self.show_codes(request, codes, wanted, is_new=True)
                return redirect("admin:account")
        context = self.each_context(request) | {
            "title": "Add a passkey",
            "form": form,
            "inside": inside,
            "is_possible": passkeys.are_possible(request),
        }
        request.current_app = self.name
        return render(request, "admin/account/add_passkey.html", context)

    @method_decorator(require_POST)
    def change_passkey(self, request: HttpRequest, passkey_id: UUID) -> HttpResponse:
        """Rename one of the own passkeys, or remove it."""
        key = get_object_or_404(request.user.passkeys, pk=passkey_id)
        key.user = request.user
        try:
            if "remove" in request.POST:
                passkeys.remove(key)
                messages.success(request, "The passkey is removed.")
            else:
                passkeys.rename(key, request.POST.get("name", ""))
                messages.success(request, "The passkey has its new name.")
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        return redirect("admin:account")
