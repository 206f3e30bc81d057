from datetime import date

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from django.http import QueryDict
from django.utils import dates
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.forms import confirm_password_field, new_password_field, report_unequal
from clinic.forms import FaultsForm, FaultsMixin
from clinic.text import PlainText
from patients.models import Patient
from patients.photos import CleanPhoto, clean_photo

TOO_LARGE = format_lazy(
    _("This photo is larger than {megabytes} MB. Please choose a smaller one."),
    megabytes=settings.MAX_PHOTO_BYTES // 2**20,
)
NOT_A_DATE = _("Enter a real date, such as 24 March 1985.")
MONTHS = [("", ""), *((str(number), name) for number, name in dates.MONTHS.items())]


def text_input(autocomplete: str, **attrs) -> forms.TextInput:
    return forms.TextInput({"autocomplete": autocomplete, "dir": "auto"} | attrs)


class BirthDateWidget(forms.MultiWidget):
    """Day, month and year apart: faster than a calendar for a date that one knows by heart."""

    use_fieldset = True
    template_name = "patients/_birth_date.html"

    def __init__(self):
        super().__init__(
            [
                text_input("bday-day", inputmode="numeric", maxlength=2, title=_("Day")),
                forms.Select({"autocomplete": "bday-month", "title": _("Month")}, MONTHS),
                text_input("bday-year", inputmode="numeric", maxlength=4, title=_("Year")),
            ]
        )

    def decompress(self, value: date | None) -> list:
        return [value.day, value.month, value.year] if value else [None, None, None]


class BirthDateField(forms.MultiValueField):
    widget = BirthDateWidget

    def __init__(self, **kwargs):
        invalid = {"invalid": NOT_A_DATE}
        fields = (
            forms.RegexField(r"\A[0-9]{1,2}\Z", error_messages=invalid),
            forms.RegexField(r"\A[0-9]{1,2}\Z", error_messages=invalid),
            forms.RegexField(r"\A[0-9]{4}\Z", error_messages=invalid),
        )
        super().__init__(fields, **kwargs)

    def compress(self, data_list: list[str]) -> date | None:
        if not data_list:
            return None
        day, month, year = (int(part) for part in data_list)
        try:
            return date(year, month, day)
        except ValueError as error:
            raise ValidationError(NOT_A_DATE, code="invalid") from error


class PhoneField(PhoneNumberField):
    """A phone number in E.164, or a national one read in the clinic's region."""

    def to_python(self, value):
        PlainText()(value or "")  # The parser drops what it can't read.
        return super().to_python(value)


def photo_field() -> forms.FileField:
    return forms.FileField(
        label=_("Photo of your ID"),
        widget=forms.FileInput(
            {
                "accept": "image/jpeg,image/png",
                "data-max-bytes": settings.MAX_PHOTO_BYTES,
                # What the page's script says of it.
                "data-no-photo": _("This file is no JPEG or PNG image. Please choose a photo."),
                "data-too-large": TOO_LARGE,
                "data-unreadable": _("This image can't be read. Please choose another one."),
                "data-look": _("Is all of it in view, sharp and easy to read?"),
            }
        ),
        error_messages={"required": _("Choose a photo of your identity document.")},
        help_text=_(
            "Identity card, passport or residence permit: the side with your picture, all of "
            "it in view and easy to read. JPEG or PNG, up to 5 MB."
        ),
    )


class PatientForm(FaultsMixin, forms.ModelForm):
    """What patients tell about themselves. It yields an unsaved Patient."""

    phone = PhoneField(
        label=_("Phone number"),
        error_messages={"required": _("Enter your phone number.")},
        help_text=_("A mobile number is best. From abroad, start with + and the country code."),
    )
    emergency_contact_phone = PhoneField(label=_("Their phone number"), required=False)

    class Meta:
        model = Patient
        fields: list[str] = []
        labels = {
            "first_name": _("First name(s)"),
            "last_name": _("Last name"),
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
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("street", "zip", "city"):  # The front desk may leave them open, patients not.
            self.fields[name].required = self.fields[name].widget.is_required = True
        self.fields["phone"].widget.attrs["autocomplete"] = "tel"
        self.fields["emergency_contact_phone"].widget.attrs["autocomplete"] = "off"
        for field in self.fields.values():
            if field.required:
                field.widget.attrs["data-required"] = field.error_messages["required"]


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

    def clean_document_photo(self) -> CleanPhoto:
        return clean_photo(self.cleaned_data["document_photo"])

    def clean(self):
        report_unequal(self, "password", "confirm_password")

    def _post_clean(self):
        """The service checks the record, and decides who is told that a patient is known."""
        self.instance = construct_instance(self, self.instance, self._meta.fields)

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

    class Meta(PatientForm.Meta):
        fields = ["email", "phone", "language", *ADDRESS, *EMERGENCY_CONTACT]
        help_texts = {
            "email": _("You sign in with it. A new one must be confirmed again."),
            "language": _("These pages are in it, too."),
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
