"""The console's page of one's own sign-ins."""

from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SignIn
from accounts.security.devices import device_name
from accounts.services import factors, sign_ins


class SignInPages(AdminSite):
    """Part of `accounts.admin.site.StaffSite`."""

    @method_decorator(require_safe)
    def account(self, request: HttpRequest) -> HttpResponse:
        """How the user signs in: the second factor, and where the user is signed in."""
        rows = list(sign_ins.live_of(request.user))
        rows.sort(key=lambda row: row != request.sign_in)  # This one first.
        for row in rows:
            row.device = device_name(
                row.user_agent, "A program" if row.door == "api" else "A browser"
            )
        passkeys = list(request.user.passkeys.all())
        context = self.each_context(request) | {
            "title": "Your sign-in",
            "factor": factors.app_of(request.user),
            "passkeys": passkeys,
            "codes_left": factors.recovery_codes_left(request.user),
            "is_required": request.user.needs_factor and not passkeys,
            "sign_ins": rows,
        }
        request.current_app = self.name
        return render(request, "admin/account/index.html", context)

    @method_decorator(require_POST)
    def end_sign_in(self, request: HttpRequest, id: UUID) -> HttpResponse:
        sign_in = get_object_or_404(sign_ins.live_of(request.user), pk=id)
        if sign_in == request.sign_in:
            return self.logout(request)
        sign_ins.end(sign_in, SignIn.Ended.BY_USER)
        messages.success(request, "That device is signed out.")
        return redirect("admin:account")

    @method_decorator(require_POST)
    def end_other_sign_ins(self, request: HttpRequest) -> HttpResponse:
        count = sign_ins.end_all(request.user, SignIn.Ended.BY_USER, but=request.sign_in)
        messages.success(request, f"{count} other sign-in{'' if count == 1 else 's'} ended.")
        return redirect("admin:account")
