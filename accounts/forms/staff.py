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
    role = forms.ChoiceField(choices=STAFF_ROLES, initial=Role.RECEPTIONIST)

    class Meta:
        model = User
        fields = FIELDS


class NewPasswordForm(AdminPasswordChangeForm):
    """Sets another person's password. There is no account without one."""

    def __init__(self, user, *args, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit=True):
        passwords.set_password(self.user, self.cleaned_data["password1"], keep=None)
        return self.user
