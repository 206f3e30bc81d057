from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.utils.translation import gettext_lazy as _

from accounts.services import credentials
from clinic.forms import FaultsForm

WRONG_CODE = _("This code is not right, or was used already.")


class LogInForm(AdminAuthenticationForm):
    username = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    error_messages = {
        "invalid_login": "This e-mail address and password don't open the console.",
        "inactive": "This account is inactive.",
    }

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            request: Any = self.request  # The page always hands it over.
            self.user_cache = credentials.check_password(request, email, password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class CodeForm(FaultsForm):
    """A code of the authenticator app, and where it is taken too, a recovery code."""

    code = forms.CharField(
        max_length=20,
        label=_("Code"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code",
            }
        ),
        error_messages={"required": _("Enter the code.")},
    )


class AppCodeForm(CodeForm):
    """The six digits that the app shows."""

    code = forms.CharField(
        max_length=10,
        label=_("Six-digit code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code"}
        ),
        error_messages={"required": _("Enter the code.")},
    )


class PasskeyNameForm(FaultsForm):
    """What the owner calls a passkey: the device that has it."""

    name = forms.CharField(
        max_length=50,
        label=_("Name of the passkey"),
        help_text=_("Such as the device that keeps it."),
        error_messages={"required": _("Give it a name.")},
    )


class FactorResetForm(forms.Form):
    """Why an administrator removes somebody's second factors."""

    required_css_class = "required"

    reason = forms.CharField(
        max_length=200,
        help_text="Such as: lost the phone, was here with an ID card.",
        error_messages={"required": "Say why, and how you know who asked for it."},
        widget=forms.TextInput({"class": "vTextField"}),
    )
