from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm

from accounts.services import credentials

WRONG_CODE = "This code is not right, or was used already."


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


class CodeForm(forms.Form):
    """A code of the authenticator app, and where it is taken too, a recovery code."""

    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code",
            }
        ),
        error_messages={"required": "Enter the code."},
    )


class AppCodeForm(CodeForm):
    """The six digits that the app shows."""

    code = forms.CharField(
        max_length=10,
        label="Six-digit code",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code"}
        ),
        error_messages={"required": "Enter the code."},
    )
