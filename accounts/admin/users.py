from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods

from accounts.forms.factors import FactorResetForm
from accounts.forms.staff import NewPasswordForm, NewStaffAccountForm, StaffAccountForm
from accounts.models import SignIn, User
from accounts.roles import Role
from accounts.services import attempts, factors, passwords, sign_ins, step_up, users
from clinic.console.parts import ServiceAdmin, sentence
from clinic.console.small_forms import small_form
from clinic.errors import constraint_errors
from clinic.sorting import name_key

admin.site.unregister(Group)  # What an account may do is its role: see accounts.roles.


@admin.register(User)
class UserAdmin(ServiceAdmin, DjangoUserAdmin):
    menu_name = "Accounts"
    counted = ("account", "accounts")
    add_title = "Add an account"
    form = StaffAccountForm
    add_form = NewStaffAccountForm
    add_form_template = None
    change_password_form = NewPasswordForm
    list_display = ("e_mail", "full_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "first_name", "last_name")
    search_help_text = "E-mail or name"
    ordering = ("email",)
    filter_horizontal = ()
    actions = ("sign_out_everywhere", "unlock")
    readonly_fields = ("password_link", "second_factor_state", "last_login", "date_joined")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "email",
                    ("first_name", "last_name"),
                    "phone",
                    "password_link",
                    "second_factor_state",
                )
            },
        ),
        ("Access", {"fields": ("role", "is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", ("first_name", "last_name"), "phone", "role")}),
        ("Password", {"fields": ("password1", "password2")}),
    )

    @admin.display(description="E-mail", ordering="email")
    def e_mail(self, user: User) -> str:
        return user.email

    @admin.display(description="name", ordering=name_key())
    def full_name(self, user: User) -> str:
        return f"{user.first_name} {user.last_name}".strip()

    @admin.display(description="password")
    def password_link(self, user: User) -> str:
        names = ("accounts_user_send_link", "auth_user_password_change")
        send, choose = (reverse(f"admin:{name}", args=[user.pk]) for name in names)
        return format_html(
            # What Enter in a field presses is the form's first button.
            '<button type="submit" name="_save" class="visually-hidden" tabindex="-1" '
            'aria-hidden="true">Save</button>'
            '<button type="submit" class="button" formaction="{}" formnovalidate>Send a link to '
            'choose one</button> <a href="{}">Set a new password</a>{}',
            send,
            choose,
            " It is changed at the next sign-in." if user.must_change_password else "",
        )

    def get_urls(self):
        send = self.admin_site.admin_view(require_http_methods(["POST"])(self.send_link))
        reset = self.admin_site.admin_view(self.reset_factors)
        return [
            path("<uuid:user_id>/password/link/", send, name="accounts_user_send_link"),
            path("<uuid:user_id>/second-factor/", reset, name="accounts_user_reset_factors"),
            *super().get_urls(),
        ]

    def send_link(self, request, user_id) -> HttpResponse:
        """Mail the owner a link to choose a password: nobody else knows it then."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        step_up.check(request.user)
        user = get_object_or_404(User, pk=user_id)
        try:
            passwords.send_link(user)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            self.message_user(request, f"A link is on its way to {user.email}.", messages.SUCCESS)
        return redirect("admin:accounts_user_change", user.pk)

    @method_decorator(step_up.recently_proven(step_up.OPENING))
    def user_change_password(self, request, id, form_url=""):
        """One's own is changed where one's own is asked for."""
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        return super().user_change_password(request, id, form_url)

    @admin.display(description="second factor")
    def second_factor_state(self, user: User) -> str:
        app, keys = factors.app_of(user), user.passkeys.count()
        kinds = ["an authenticator app"] if app else []
        kinds += [f"{keys} passkey{'' if keys == 1 else 's'}"] if keys else []
        if not kinds:
            return "Needed, not set up yet" if user.needs_factor else "Off"
        address = reverse("admin:accounts_user_reset_factors", args=[user.pk])
        words = " and ".join(kinds)
        return format_html('{} <a href="{}">Remove what is lost</a>', capfirst(words), address)

    def reset_factors(self, request, user_id) -> HttpResponse:
        """Remove somebody's lost second factors, with the reason."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        user = get_object_or_404(User, pk=user_id)
        form = FactorResetForm(request.POST or None)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": "Remove lost second factors",
            "headline": user.email,
            "submit": "Remove them",
            "done": f"{user.email} is signed out, told by mail, and signs in with the password.",
            "back": reverse("admin:accounts_user_change", args=[user.pk]),
        }

        def save() -> None:
            factors.reset(user, by=request.user, reason=form.cleaned_data["reason"])

        return small_form(request, form, save, context)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request, queryset):
        ended = sum(
            sign_ins.end_all(user, SignIn.Ended.DEACTIVATED, but=request.sign_in)
            for user in queryset
        )
        self.message_user(request, f"Sign-ins ended: {ended}.", messages.SUCCESS)

    @admin.action(description="Unlock after failed sign-ins", permissions=["change"])
    def unlock(self, request, queryset):
        for user in queryset:
            attempts.forget_failures(user)
        self.message_user(request, "The failed sign-ins are forgotten.", messages.SUCCESS)

    def get_queryset(self, request):
        return admin.ModelAdmin.get_queryset(self, request)  # Only admins come this far.

    def get_readonly_fields(self, request, obj=None):
        """Nobody locks themselves out, and a person's own record keeps the role it needs."""
        fixed: tuple[str, ...] = ()
        if obj == request.user:
            fixed = ("role", "is_active")
        elif obj and (obj.role == Role.PATIENT or hasattr(obj, "doctor")):
            fixed = ("role",)
        return (*super().get_readonly_fields(request, obj), *fixed)

    def change_account(self, account: User, by: User) -> None:
        """Save a changed account. The apps above know what else hangs on it."""
        users.change(account, by)

    def save_model(self, request, obj, form, change):
        if change:
            self.change_account(obj, request.user)
            return
        step_up.check(request.user)
        with constraint_errors(obj):
            super().save_model(request, obj, form, change)
        if not obj.has_usable_password():
            passwords.send_link(obj)
            told = f"A link to choose a password is on its way to {obj.email}."
            self.message_user(request, told, messages.INFO)
