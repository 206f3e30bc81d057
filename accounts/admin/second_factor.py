"""The console's pages of the second factor."""

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from accounts.browser_sign_in import CREDENTIAL, PENDING, come_in, half_in, shows_factor
from accounts.forms.factors import WRONG_CODE, AppCodeForm, CodeForm
from accounts.models import User
from accounts.services import credentials, factors, passkeys, step_up
from clinic.console.parts import PAGE_METHODS
from clinic.console.qr_codes import qr_squares
from clinic.web.limits import seconds_to_wait
from clinic.web.views import too_many_requests

own_page = [PAGE_METHODS, never_cache, csrf_protect, sensitive_post_parameters("code", CREDENTIAL)]
FEW_CODES = 3


class FactorPages(AdminSite):
    """Part of `accounts.admin.site.StaffSite`."""

    @method_decorator(own_page)
    def log_in_code(self, request: HttpRequest) -> HttpResponse:
        """The second step of logging in."""
        user = half_in(request)
        if user is None:
            return self.begin_again(request)
        by_passkey = CREDENTIAL in request.POST
        form = CodeForm(None if by_passkey else request.POST or None)
        if request.method == "POST":
            if seconds := seconds_to_wait(request, "login"):
                return too_many_requests(request, seconds)
            if by_passkey or form.is_valid():
                if shows_factor(request, user, "" if by_passkey else form.cleaned_data["code"]):
                    wanted = come_in(request, user)
                    self.warn_of_few_codes(request, user)
                    return redirect(wanted)
                if by_passkey:
                    messages.warning(request, passkeys.NOT_TAKEN)
                else:
                    form.add_error("code", WRONG_CODE)
        return self.show(
            request,
            "log_in_code",
            "One more step",
            form=form,
            email=user.email,
            has_app=factors.app_of(user) is not None,
            has_passkeys=passkeys.are_possible(request) and user.passkeys.exists(),
        )

    def begin_again(self, request: HttpRequest) -> HttpResponse:
        if request.session.pop(PENDING, None):
            messages.info(request, "That took too long. Please log in again.")
        return redirect("admin:login")

    def warn_of_few_codes(self, request: HttpRequest, user: User) -> None:
        left = factors.recovery_codes_left(user)
        if left <= FEW_CODES:
            sentence = (
                f"You have {left or 'no'} recovery codes left. Make new ones under Your sign-in."
            )
            messages.warning(request, sentence)

    @method_decorator(own_page)
    @method_decorator(step_up.recently_proven(step_up.OPENING))
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Set up the second factor: signed in, or half in where the role needs one."""
        inside = self.has_permission(request)
        user = request.user if inside else half_in(request)
        if user is None:
            return self.begin_again(request)
        if factors.app_of(user) or (user.has_factor and not inside):
            return redirect("admin:account" if inside else "admin:log_in_code")
        form = AppCodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                codes = factors.confirm_factor(
                    user, form.cleaned_data["code"], current=request.sign_in
                )
            except ValidationError as error:
                form.add_error("code" if hasattr(error, "error_dict") else None, error.messages)
            else:
                wanted = "" if inside else come_in(request, user)
                if not codes:
                    messages.success(request, "Your authenticator app is set up.")
                    return redirect("admin:account")
                return self.show_codes(request, codes, wanted, is_new=True)
        factor = factors.offer_factor(user)
        size, squares = qr_squares(factors.address_of(factor))
        return self.show(
            request,
            "second_factor",
            "Set up your second factor",
            form=form,
            qr_size=size,
            qr_squares=squares,
            secret=" ".join(in_fours(factor.secret)),
            email=user.email,
            inside=inside,
            has_passkeys=passkeys.are_possible(request),
        )

    @method_decorator(own_page)
    def recovery_codes(self, request: HttpRequest) -> HttpResponse:
        """Make new recovery codes, with a code of the app; who has passkeys alone shows one of
        them, or the password."""
        if not request.user.has_factor:
            return redirect("admin:account")
        if factors.app_of(request.user) is None:
            return self.recovery_codes_by_step_up(request)
        form = CodeForm(request.POST or None)
        if self.is_proven(request, form):
            return self.show_codes(request, factors.new_recovery_codes(request.user))
        return self.show(request, "new_recovery_codes", "New recovery codes", form=form)

    @method_decorator(step_up.recently_proven(step_up.OPENING))
    def recovery_codes_by_step_up(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            return self.show_codes(request, factors.new_recovery_codes(request.user))
        return self.show(request, "new_recovery_codes", "New recovery codes", form=None)

    @method_decorator(own_page)
    def switch_factor_off(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        is_last = user.needs_factor and not user.passkeys.exists()
        if factors.app_of(user) is None or is_last:
            return redirect("admin:account")
        form = CodeForm(request.POST or None)
        if self.is_proven(request, form):
            factors.switch_off(request.user)
            messages.success(request, "Your authenticator app is removed.")
            return redirect("admin:account")
        return self.show(request, "switch_factor_off", "Remove the authenticator app", form=form)

    def is_proven(self, request: HttpRequest, form: CodeForm) -> bool:
        """Was a right code sent? A wrong one is told by the form, and counts."""
        if request.method != "POST" or not form.is_valid():
            return False
        if credentials.check_code(request, request.user, form.cleaned_data["code"]):
            return True
        form.add_error("code", WRONG_CODE)
        return False

    def show_codes(
        self, request: HttpRequest, codes: list[str], wanted: str = "", is_new: bool = False
    ) -> HttpResponse:
        title = "The second factor is on" if is_new else "Your new recovery codes"
        return self.show(
            request, "recovery_codes", title, codes=codes, wanted=wanted, is_new=is_new
        )

    def show(self, request: HttpRequest, page: str, title: str, **context) -> HttpResponse:
        context = self.each_context(request) | {"title": title} | context
        request.current_app = self.name
        return render(request, f"admin/account/{page}.html", context)


def in_fours(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]
