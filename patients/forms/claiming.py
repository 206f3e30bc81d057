"""Forms with which patients on record get their account."""

from collections.abc import Collection

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.accounts import TwicePasswordForm, email_field, new_password_field
from clinic.emails import read_email
from clinic.forms import FaultsForm
from clinic.phones import LONGEST, PhoneFormField, read_phone
from patients.forms.fields import BirthDateField
from patients.models.constraints import CONTACTS

NO_CONTACT = _("Enter the e-mail address or the phone number that we know of you.")
LONGEST_CODE = 40  # Characters as typed, with blanks and hyphens.


def birth_date_field() -> BirthDateField:
    return BirthDateField(
        label=_("Date of birth"),
        error_messages={"required": _("Enter your date of birth: day, month and year.")},
    )


class ClaimForm(TwicePasswordForm):
    """What opens the account of a patient on record: the code, unless a link brought it along."""

    code = forms.CharField(
        label=_("Code from your invitation"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code",
            }
        ),
        error_messages={"required": _("Enter the code from your invitation.")},
        help_text=_("Twelve letters and digits, such as K7QM‑4TXA‑93HF."),  # noqa: RUF001
    )
    date_of_birth = birth_date_field()
    email = email_field("email")
    phone = PhoneFormField(
        max_length=LONGEST,
        label=_("Phone number"),
        error_messages={"required": _("Enter your phone number.")},
        help_text=_("A mobile number is best. From abroad, start with + and the country code."),
    )
    new_password = new_password_field(_("Password"))
    consent = forms.BooleanField(
        error_messages={"required": _("Please agree to the privacy notice to go on.")}
    )

    field_order = ["code", "date_of_birth", "email", "phone"]
    stands_for = {"password": "new_password"}

    def __init__(self, *args, token: str = "", missing: Collection[str] = (), **kwargs):
        """`missing` are those of the contacts that aren't on record: an account needs them."""
        super().__init__(*args, **kwargs)
        self.token, self.missing = token, missing
        known = {name for name in CONTACTS if name not in missing}
        for name in known | ({"code"} if token else set()):
            del self.fields[name]
        if "email" in self.fields:
            self.fields["email"].help_text = _(
                "You sign in with it. We send a link there, which confirms it."
            )

    @property
    def secret(self) -> str:
        return self.token or self.cleaned_data["code"]

    @property
    def contacts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.missing}


class AskForm(FaultsForm):
    """Whoever is on record asks for a link, by what the clinic knows."""

    contact = forms.CharField(
        label=_("E-mail address or phone number"),
        max_length=254,
        widget=forms.TextInput(
            {"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": NO_CONTACT},
        help_text=_("The one that you gave us. The link goes to the e-mail address on record."),
    )
    date_of_birth = birth_date_field()

    def clean_contact(self) -> dict[str, str]:
        """`email` or `phone`, in the form in which it would be stored."""
        typed = self.cleaned_data["contact"]
        if "@" in typed:
            return {"email": read_email(typed)}
        if len(typed) > LONGEST or not any(character.isdigit() for character in typed):
            raise ValidationError(NO_CONTACT)
        return {"phone": read_phone(typed)}
