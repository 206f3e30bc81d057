from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.html import format_html

from accounts.forms import NewPasswordForm, NewStaffAccountForm, StaffAccountForm
from accounts.models import User
from accounts.roles import Role
from clinic.console import ServiceAdmin
from clinic.errors import constraint_errors

admin.site.unregister(Group)  # What an account may do is its role: see accounts.roles.


@admin.register(User)
class UserAdmin(ServiceAdmin, DjangoUserAdmin):
    menu_name = "Accounts"
    add_title = "Add an account"
    form = StaffAccountForm
    add_form = NewStaffAccountForm
    add_form_template = None
    change_password_form = NewPasswordForm
    list_display = ("email", "full_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "first_name", "last_name")
    search_help_text = "E-mail or name"
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("password_link", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", ("first_name", "last_name"), "password_link")}),
        ("Access", {"fields": ("role", "is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", ("first_name", "last_name"), "role")}),
        ("Password", {"fields": ("password1", "password2")}),
    )

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return f"{user.first_name} {user.last_name}".strip()

    @admin.display(description="password")
    def password_link(self, user: User) -> str:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">Set a new password</a>', url)

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

    def save_model(self, request, obj, form, change):
        with constraint_errors(obj):
            super().save_model(request, obj, form, change)
