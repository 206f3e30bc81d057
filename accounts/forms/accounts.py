from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.emails import EmailFormField
from clinic.forms import FaultsForm

LONGEST_PASSWORD = 4096  # Characters, as in the API.


class PasswordInput(forms.PasswordInput):
    """Can be shown while it is typed, and say how strong it is. It is never sent back."""

    template_name = "accounts/_password.html"

    def __init__(self, autocomplete: str = "current-password", tells_strength: bool = False):
        super().__init__({"autocomplete": autocomplete})
        self.tells_strength = tells_strength

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["tells_strength"] = self.tells_strength
        return context


class PasswordField(forms.CharField):
    """A password as it was typed, spaces and all."""

    def __init__(self, label: str, required: str, widget: forms.Widget, **kwargs):
        super().__init__(
            label=label,
            strip=False,
            max_length=LONGEST_PASSWORD,
            widget=widget,
            error_messages={"required": required},
            **kwargs,
        )


def email_field(autocomplete: str) -> EmailFormField:
    return EmailFormField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(
            {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.com."),
        },
    )


def new_password_field(label: str = _("New password")) -> PasswordField:
    return PasswordField(
        label,
        _("Choose a password."),
        PasswordInput("new-password", tells_strength=True),
        help_text=_(
            "At least 8 characters, among them upper and lower case letters, a digit and "
            "a special character such as ! or #."
        ),
    )


def confirm_password_field() -> PasswordField:
    widget = PasswordInput("new-password")
    return PasswordField(_("The password once more"), _("Enter the password once more."), widget)


def report_unequal(form: forms.BaseForm, first: str, second: str) -> None:
    """Tell who typed two different passwords, beside the second."""
    given = form.cleaned_data
    if {first, second} <= set(given) and given[first] != given[second]:
        form.add_error(second, _("The two passwords are not the same."))


class TwicePasswordForm(FaultsForm):
    """A new password, typed twice."""

    new_password = new_password_field()
    confirm_password = confirm_password_field()

    def clean(self):
        report_unequal(self, "new_password", "confirm_password")


class SignInForm(forms.Form):
    email = email_field("username")
    password = PasswordField(_("Password"), _("Enter your password."), PasswordInput())


class ResetRequestForm(forms.Form):
    email = email_field("username")


class ChangePasswordForm(TwicePasswordForm):
    current_password = PasswordField(
        _("Current password"), _("Enter the password that you use now."), PasswordInput()
    )

    field_order = ["current_password"]
