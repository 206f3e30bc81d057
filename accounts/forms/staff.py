"""The console's forms of staff accounts."""

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm

from accounts.models import User
from accounts.roles import STAFF_ROLES, Role
from accounts.services import passwords
from clinic.console.parts import RefusableForm

FIELDS = ("email", "first_name", "last_name", "phone", "role")


class StaffAccountForm(RefusableForm):
    """Patients make their own accounts: the console gives the roles of staff."""

    role = forms.ChoiceField(choices=STAFF_ROLES)

    class Meta:
        model = User
        fields = (*FIELDS, "is_active")


class NewStaffAccountForm(RefusableForm, BaseUserCreationForm):
    """Opens an account. Whoever is to have it gets a link to choose a password by mail, or one
    that is typed here and changed at the first sign-in."""

    role = forms.ChoiceField(choices=STAFF_ROLES, initial=Role.RECEPTIONIST)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False
        self.fields["password1"].help_text = (
            "Left empty: a link to choose one is sent by mail. One that you set is changed at the "
            "first sign-in."
        )

    def validate_passwords(self, *args, **kwargs):
        super().validate_passwords(*args, **kwargs)
        given = [bool(self.cleaned_data.get(name)) for name in ("password1", "password2")]
        if any(given) and not all(given) and not self.errors.keys() & {"password1", "password2"}:
            self.add_error("password2", "Enter the password twice, or leave both empty.")

    def set_password_and_save(self, user, password_field_name="password1", commit=True):  # noqa: S107  # nosec B107
        if self.cleaned_data.get(password_field_name):
            user.must_change_password = True
            return super().set_password_and_save(user, password_field_name, commit)
        user.set_unusable_password()
        if commit:
            user.save()
        return user

    class Meta:
        model = User
        fields = FIELDS


class NewPasswordForm(AdminPasswordChangeForm):
    """Sets another person's password, which is changed at the next sign-in."""

    def __init__(self, user, *args, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit=True):
        new = self.cleaned_data["password1"]
        passwords.set_password(self.user, new, keep=None, by_other=True)
        return self.user
