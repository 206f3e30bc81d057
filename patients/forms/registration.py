from django import forms
from django.forms.models import construct_instance
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms.accounts import (
    PasswordField,
    PasswordInput,
    confirm_password_field,
    new_password_field,
    report_unequal,
)
from accounts.services.concealment import conceals
from accounts.services.email_changes import PASSWORD_NEEDED
from clinic.errors import UNIQUE
from clinic.forms import FaultsForm, FaultsMixin
from clinic.opened import OpenedMixin
from clinic.phones import LONGEST, PhoneFormField
from patients.forms.fields import BirthDateField, photo_field, text_input
from patients.models import Patient
from patients.photos import CleanPhoto, clean_photo
from patients.postal import STATE_MISSING, needs_postal_code, needs_state
from patients.services.kept_photos import KeptPhoto


class PatientForm(OpenedMixin, FaultsMixin, forms.ModelForm):
    """What patients tell about themselves. It yields an unsaved Patient."""

    phone = PhoneFormField(
        max_length=LONGEST,
        label=_("Phone number"),
        error_messages={"required": _("Enter your phone number.")},
        help_text=_("A mobile number is best. From abroad, start with + and the country code."),
    )
    emergency_contact_phone = PhoneFormField(
        label=_("Their phone number"), required=False, max_length=LONGEST
    )

    class Meta:
        model = Patient
        fields: list[str] = []
        labels = {
            "first_name": _("First name(s)"),
            "last_name": _("Last name"),
            "preferred_name": _("What shall we call you?"),
            "email": _("E-mail address"),
            "street": _("Street and number"),
            "language": _("In which language shall we write to you?"),
            "zip": _("Postal code"),
            "city": _("Town or city"),
            "state": _("State or region"),
            "country": _("Country"),
            "emergency_contact_name": _("Whom shall we call in an emergency?"),
            "emergency_contact_relationship": _("How they are related to you"),
            "insurance_provider": _("Health insurance"),
            "insurance_policy_number": _("Insurance number"),
        }
        help_texts = {
            "first_name": _("As in your ID. If you have one name only, enter it as the last name."),
            "email": _("We send the confirmation there, and you sign in with it."),
        }
        widgets = {
            "first_name": text_input("given-name"),
            "last_name": text_input("family-name"),
            "preferred_name": text_input("nickname"),
            "email": forms.EmailInput(
                {"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
            ),
            "street": text_input("address-line1"),
            "zip": text_input("postal-code", autocapitalize="characters"),
            "city": text_input("address-level2"),
            "state": text_input("address-level1"),
            "language": forms.RadioSelect,
            "country": forms.Select({"autocomplete": "country"}),
            "emergency_contact_name": text_input("off"),
            "emergency_contact_relationship": text_input("off"),
            "insurance_provider": text_input("off"),
            "insurance_policy_number": text_input("off"),
        }
        error_messages = {
            "last_name": {"required": _("Enter your last name.")},
            "email": {
                "required": _("Enter your e-mail address."),
                "invalid": _("Enter an e-mail address such as name@example.com."),
            },
            "street": {"required": _("Enter your street and house number.")},
            "zip": {"required": _("Enter your postal code.")},
            "city": {"required": _("Enter your town or city.")},
            "state": {"required": STATE_MISSING},
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {"email", "street", "city"} & {*self.fields}:  # The desk may leave them open.
            self.fields[name].required = self.fields[name].widget.is_required = True
        country = str(self["country"].value() or "")
        self.fields["zip"].required = needs_postal_code(country)
        self.fields["state"].required = needs_state(country)
        if "phone" in self.fields:
            self.fields["phone"].widget.attrs["autocomplete"] = "tel"
        self.fields["emergency_contact_phone"].widget.attrs["autocomplete"] = "off"
        for field in self.fields.values():
            if field.required and field not in (self.fields["zip"], self.fields["state"]):
                field.widget.attrs["data-required"] = field.error_messages["required"]

    def add_error(self, field, error):
        """What the record says of a field that is faulty in itself isn't said beside it, too."""
        if hasattr(error, "error_dict"):
            self.add_faults(error)
        else:
            super().add_error(field, error)


ADDRESS = ["street", "zip", "city", "state", "country"]
EMERGENCY_CONTACT = [
    "emergency_contact_name",
    "emergency_contact_phone",
    "emergency_contact_relationship",
]
INSURANCE = ["insurance_provider", "insurance_policy_number"]


class RegistrationForm(PatientForm):
    """What a patient fills in to register: also a CleanPhoto and a password."""

    date_of_birth = BirthDateField(
        label=_("Date of birth"),
        error_messages={"required": _("Enter your date of birth: day, month and year.")},
    )
    gender = forms.ChoiceField(
        label=_("Gender"),
        choices=Patient.Gender.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one. “Prefer not to say” is fine.")},
    )
    password = new_password_field(_("Password"))
    confirm_password = confirm_password_field()
    document_photo = photo_field()
    consent = forms.BooleanField(
        error_messages={"required": _("Please agree to the privacy notice to register online.")}
    )

    class Meta(PatientForm.Meta):
        fields = [
            "first_name",
            "last_name",
            "date_of_birth",
            "gender",
            "email",
            "phone",
            "password",
            "confirm_password",
            *ADDRESS,
            *EMERGENCY_CONTACT,
            *INSURANCE,
            "document_photo",
            "consent",
        ]

    kept_photo: KeptPhoto | None = None

    def keep_photo(self, kept: KeptPhoto | None) -> None:
        """Take this photo where no other one is chosen."""
        self.kept_photo = kept
        if kept is not None:
            field = self.fields["document_photo"]
            field.required = field.widget.is_required = False
            field.widget.attrs.pop("data-required", None)

    def clean_document_photo(self) -> CleanPhoto | None:
        if upload := self.cleaned_data["document_photo"]:
            return clean_photo(upload)
        return self.kept_photo and self.kept_photo.photo

    def clean(self):
        report_unequal(self, "password", "confirm_password")

    def _post_clean(self):
        """The service checks the record, and decides who is told that a patient is known."""
        self.instance = construct_instance(self, self.instance, self._meta.fields)

    @property
    def is_known(self) -> bool:
        """Is the address or number somebody's already, and is it told?"""
        faults = self.errors.as_data().values()
        return any(fault.code == UNIQUE for of_field in faults for fault in of_field)

    @property
    def is_unfolded(self) -> bool:
        """Is there something in the fields that are folded away, or wrong with them?"""
        folded = [self[name] for name in (*EMERGENCY_CONTACT, *INSURANCE)]
        return any(field.value() or field.errors for field in folded)

    @classmethod
    def unchecked(cls, data: QueryDict) -> "RegistrationForm":
        """A form that shows what was typed, with nothing checked."""
        typed = {
            name: field.widget.value_from_datadict(data, {}, name)
            for name, field in cls.base_fields.items()
        }
        return cls(initial=typed)


class ContactForm(PatientForm):
    """How the clinic reaches a patient, as the patient changes it."""

    current_password = PasswordField(
        _("Your password"),
        PASSWORD_NEEDED,
        PasswordInput(),
        help_text=_("Needed only if you change the e-mail address."),
    )

    class Meta(PatientForm.Meta):
        fields = ["preferred_name", "email", "phone", "language", *ADDRESS, *EMERGENCY_CONTACT]
        help_texts = {
            "preferred_name": _(
                "If another than in your ID. We use it in mails and when we call you in."
            ),
            "email": _("You sign in with it. A new one counts as soon as it is confirmed."),
            "language": _("These pages are in it, too."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        password = self.fields["current_password"]
        password.required = password.widget.is_required = False
        password.widget.attrs.pop("data-required", None)

    def validate_constraints(self):
        """Whether the address is known, the service says, to whom it may be told."""
        if not conceals():
            super().validate_constraints()


class DependantContactForm(PatientForm):
    """What somebody changes who acts for the patient: neither address nor number, by which an
    account signs in."""

    phone = None  # Not the field of the form that this one extends.

    class Meta(PatientForm.Meta):
        fields = ["preferred_name", *ADDRESS, *EMERGENCY_CONTACT]
        labels = PatientForm.Meta.labels | {
            "preferred_name": _("What shall we call the patient?"),
            "emergency_contact_relationship": _("How they are related to the patient"),
        }
        help_texts = {
            "preferred_name": _(
                "If another than on paper. We use it in mails and when we call the patient in."
            )
        }


class PhotoForm(FaultsForm):
    document_photo = photo_field()

    def clean_document_photo(self) -> CleanPhoto:
        return clean_photo(self.cleaned_data["document_photo"])


class CodeForm(FaultsForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            {
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "code",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Enter the code from the text message.")},
        help_text=_("Six digits. The code works for ten minutes."),
    )

    def clean_code(self) -> str:
        """Without the spaces that some people put between the digits."""
        return "".join(self.cleaned_data["code"].split())
