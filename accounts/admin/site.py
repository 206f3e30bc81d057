"""The staff console's own doors: logging in, the second factor, who is signed in where."""

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.admin.own_sign_ins import SignInPages
from accounts.admin.passkeys import PasskeyPages
from accounts.admin.second_factor import FactorPages
from accounts.browser_sign_in import enter
from accounts.forms.factors import LogInForm
from accounts.services import passkeys, passwords, sign_ins
from clinic.console.parts import ClinicAdminSite
from clinic.web.limits import seconds_to_wait
from clinic.web.views import too_many_requests


class LogIn(LoginView):
    template_name = "admin/login.html"
    authentication_form = LogInForm
    next_page = "admin:index"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if seconds := seconds_to_wait(request, "login"):
            return too_many_requests(request, seconds)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: LogInForm) -> HttpResponse:
        return enter(self.request, form.get_user(), self.get_success_url())


class OwnPassword(PasswordChangeView):
    form_class = AdminPasswordChangeForm

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if seconds := seconds_to_wait(request, "password_change"):
            return too_many_requests(request, seconds)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AdminPasswordChangeForm) -> HttpResponse:
        user, given = form.user, form.cleaned_data
        new = given["new_password1"]
        try:
            passwords.change(user, given["old_password"], new, keep=self.request.sign_in)
        except ValidationError as error:
            form.add_error("new_password1", error.messages)
            return self.form_invalid(form)
        update_session_auth_hash(self.request, user)
        return redirect(self.get_success_url())


class StaffSite(FactorPages, PasskeyPages, SignInPages, ClinicAdminSite):
    """The console, which staff enter by password and, where they have one, second factor."""

    password_change_template = "admin/account/own_password.html"  # noqa: S105

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = self.each_context(request) | {
            "title": "Log in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            "has_passkeys": passkeys.are_possible(request),
        }
        request.current_app = self.name
        return LogIn.as_view(extra_context=context | (extra_context or {}))(request)

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        request.current_app = self.name
        return OwnPassword.as_view(
            template_name=self.password_change_template,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context=self.each_context(request) | (extra_context or {}),
        )(request)

    @method_decorator(never_cache)
    def logout(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if request.method != "POST":
            return super().logout(request, extra_context)  # Answers 405.
        sign_ins.end_by_web(request)
        return super().logout(request, extra_context)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        inside = self.admin_view
        own: list[URLPattern | URLResolver] = [
            path("login/code/", self.log_in_code, name="log_in_code"),
            path("account/", inside(self.account), name="account"),
            path("account/second-factor/", self.second_factor, name="second_factor"),
            path(
                "account/second-factor/recovery-codes/",
                inside(self.recovery_codes),
                name="recovery_codes",
            ),
            path(
                "account/second-factor/off/",
                inside(self.switch_factor_off),
                name="switch_factor_off",
            ),
            path("account/passkeys/add/", self.add_passkey, name="add_passkey"),
            path(
                "account/passkeys/<uuid:passkey_id>/",
                inside(self.change_passkey),
                name="change_passkey",
            ),
            path(
                "account/sign-ins/others/end/",
                inside(self.end_other_sign_ins),
                name="end_other_sign_ins",
            ),
            path("account/sign-ins/<uuid:id>/end/", inside(self.end_sign_in), name="end_sign_in"),
        ]
        return own + super().get_urls()
