"""The form that asks once more who is there, and bears along what was sent."""

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms.accounts import PasswordField, PasswordInput
from accounts.services.kept_forms import SECRET

ASKED, OPENS = "step_up", "step_up_opens"
PASSKEY = "step_up_passkey"  # What a device answers in place of the form.
OWN = frozenset({ASKED, OPENS, PASSKEY, "step_up_password", "step_up_otp", "csrfmiddlewaretoken"})
# What stands in the page that asks when a secret or a file was left out of what it bears along.
INCOMPLETE = "step_up_incomplete"


class StepUpForm(forms.Form):
    """The password, or a code of the second factor."""

    step_up_password = PasswordField(_("Your password"), _("Enter your password."), PasswordInput())
    step_up_otp = forms.CharField(
        label=_("Or a code of your authenticator app"),
        max_length=20,
        required=False,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "spellcheck": "false", "class": "code"}
        ),
    )

    def __init__(self, *args, has_app: bool, **kwargs):
        super().__init__(*args, **kwargs)
        password = self.fields["step_up_password"]
        password.required = password.widget.is_required = False
        password.widget.attrs |= {"autofocus": True}
        if not has_app:
            del self.fields["step_up_otp"]

    def clean(self):
        if not any(self.cleaned_data.values()) and not self.errors:
            self.add_error("step_up_password", _("Enter your password."))


def borne_along(request: HttpRequest) -> list[tuple[str, str]]:
    """What the page that asks sends again when it is answered: all that was sent, but for secrets
    and files, which no page may hold."""
    if request.method != "POST" or OPENS in request.POST:
        return [(OPENS, "1")]
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in OWN and not (SECRET.search(name) and value)
    ]
    is_complete = not request.FILES and not any(
        SECRET.search(name) and value for name, value in request.POST.items() if name not in OWN
    )
    return sent if is_complete or INCOMPLETE in request.POST else [*sent, (INCOMPLETE, "1")]


def without_step_up(sent: QueryDict) -> QueryDict:
    """What was sent at first."""
    rest = sent.copy()
    for name in (OWN | {INCOMPLETE}) - {"csrfmiddlewaretoken"}:
        rest.pop(name, None)
    return rest
