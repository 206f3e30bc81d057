"""Phone numbers as people write them: read strictly, stored in E.164, at every door alike."""

import re
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from clinic.visible import check_visible

AMBIGUOUS = "ambiguous"  # The code of a number that is asked about.
LONGEST = 60  # Characters as typed: enough to be told that an extension is too much.
# The dashes and blanks that telephone books and web pages set are taken, other digits are not.
DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")  # noqa: RUF001
BLANKS = dict.fromkeys(map(ord, "\u00a0\u2009\u202f"), " ")
WRITTEN = re.compile(r"\+?[0-9(][0-9 ()/.-]{4,38}", re.ASCII)
EXTENSION = re.compile(
    r"(?i)\d[\s,;/-]*(?:ext(?:ension|n)?|x|durchwahl|dw|app(?:arat)?|nst|#)[\s.:=]*\d{1,7}\s*$"
)
# Set aside by the British regulator for films and examples; the library calls them invalid.
BRITISH_FICTION = re.compile(r"\+447700900[0-9]{3}", re.ASCII)
# What a spreadsheet makes of a long number.
SHORTENED = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]{1,2}", re.ASCII)
IS_SHORTENED = _("A spreadsheet has shortened this number (%(text)s): its last digits are lost.")
NOT_VALID = _("Enter a valid phone number with its area code, such as %(example)s.")
NOT_AN_EXTENSION = _("Leave the extension out: %(extension)s can't be called directly from here.")
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def read_phone(text: str, country: str = "") -> str:
    """The number in E.164, read in this country, or in the clinic's region where none is named.

    Raises ValidationError: `invalid`; `extension`; or `ambiguous` where the number begins with
    some country's code without a plus sign, or is one of the clinic's region alone though another
    country is named; `params["meant"]` then holds the numbers in question.
    """
    check_visible(text)
    region = country or settings.CLINIC_PHONE_REGION
    if found := EXTENSION.search(text):
        extension = re.sub(r"^\d[\s,;/-]*", "", found[0])
        raise ValidationError(NOT_AN_EXTENSION, "extension", {"extension": extension})
    plain = " ".join(text.translate(DASHES | BLANKS).split())
    if SHORTENED.fullmatch(plain):
        raise ValidationError(IS_SHORTENED, "invalid", {"text": plain})
    if not WRITTEN.fullmatch(plain):
        raise ValidationError(NOT_VALID, "invalid", {"example": example_number(region)})
    if meant := questionable(plain, region):
        raise question(meant)
    if number := valid_number(plain, region):
        return number
    # Written as the clinic's neighbours do by somebody whose address is abroad, perhaps.
    if number := valid_number(plain, settings.CLINIC_PHONE_REGION):
        raise question([number])
    raise ValidationError(NOT_VALID, "invalid", {"example": example_number(region)})


def question(numbers: list[str]) -> ValidationError:
    """Asks which of these numbers, in E.164, is meant."""
    meant = [international(number) for number in numbers]
    sentence = gettext("Do you mean %(numbers)s?")
    words = {"numbers": gettext(" or ").join(meant), "meant": meant}
    return ValidationError(sentence, AMBIGUOUS, words)


def questionable(plain: str, region: str) -> list[str]:
    """What a number without a plus sign may be, if it begins with a country's code."""
    digits = re.sub(r"\D", "", plain)
    if plain.startswith("+") or digits.startswith("0"):
        return []
    abroad, home = valid_number(f"+{digits}", region), valid_number(plain, region)
    if home and is_whole_at_home(digits, region):
        return []
    if not abroad:
        own_code = str(phonenumbers.country_code_for_region(region))
        return [home] if home and digits.startswith(own_code) else []
    is_mobile = home and phonenumbers.number_type(phonenumbers.parse(home)) in MOBILE
    # A mobile number may have lost the zero before it; other numbers have no such mark.
    return [abroad, home] if home != abroad and is_mobile else [abroad]


def is_whole_at_home(digits: str, region: str) -> bool:
    """Do people of this region write a valid number so, without a zero before it?"""
    prefix = phonenumbers.ndd_prefix_for_region(region, True) or ""
    if prefix and prefix != "1":
        return False
    national = str(phonenumbers.parse(digits, region).national_number)
    return digits.removeprefix(prefix) == national


def valid_number(text: str, region: str) -> str:
    """E.164; nothing where it isn't valid."""
    if region and text.startswith("00"):  # Abroad this is how one dials, and at most homes, too.
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    is_good = phonenumbers.is_valid_number(number) or BRITISH_FICTION.fullmatch(written)
    return written if is_good else ""


def possible_numbers(text: str) -> list[str]:
    """What is looked for where somebody types this number, or the part of one."""
    plain = " ".join(text.translate(DASHES | BLANKS).split())
    if not WRITTEN.fullmatch(plain):
        return []
    digits = re.sub(r"\D", "", plain)
    readings = [plain, *([] if plain.startswith(("+", "0")) else [f"+{digits}"])]
    found = [valid_number(one, settings.CLINIC_PHONE_REGION) for one in readings]
    return list(dict.fromkeys(filter(None, found)))


def international(number: str) -> str:
    """As people read it: +49 30 901820."""
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)


def example_number(region: str) -> str:
    """One of the region, or of the clinic's, with what is dialled before it."""
    examples = map(phonenumbers.example_number, (region, settings.CLINIC_PHONE_REGION))
    example = next(filter(None, examples), None)
    return phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL) if example else ""


class StoredNumber(PhoneNumber):
    """The number of a record. That it is one needs no check of its validity each time it is asked,
    as the library makes."""

    def __bool__(self) -> bool:
        return True


class PhoneField(PhoneNumberField):
    """A phone number, read as `read_phone()` does in the record's own country."""

    default_validators: list[Any] = []

    def clean(self, value: Any, model_instance: Any) -> Any:
        text = typed(value)
        if text:
            country = str(getattr(model_instance, "country", "") or "")
            value = PhoneNumber.from_string(read_phone(text, country))
        return super().clean(value, model_instance)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        try:
            return StoredNumber.from_string(value) if value else value
        except phonenumbers.NumberParseException:
            return super().from_db_value(value, expression, connection)

    def deconstruct(self):
        """The column is the library's."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "phonenumber_field.modelfields.PhoneNumberField", args, kwargs

    def formfield(self, **kwargs):
        kwargs.pop("region", None)
        return super().formfield(
            **{"form_class": PhoneFormField, "max_length": LONGEST, **kwargs, "region": None}
        )


def typed(value: Any) -> str:
    """The number as it was written."""
    if isinstance(value, PhoneNumber):
        return str(value.raw_input or value)
    return str(value or "").strip()


class PhoneFormField(forms.CharField):
    """A number as it is typed: the record's own field reads it, in the country beside it."""

    def __init__(self, *, region: str | None = None, **kwargs):
        kwargs.setdefault("widget", forms.TextInput)
        super().__init__(**kwargs)
        self.widget.input_type = "tel"

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        check_visible(text)
        return text

    def prepare_value(self, value: Any) -> Any:
        is_number = isinstance(value, PhoneNumber) and value.is_valid()
        return value.as_international if is_number else typed(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def get_bound_field(self, form, field_name):
        return PhoneBoundField(form, self, field_name)


class PhoneBoundField(BoundField):
    """Below a number that is asked about stand the numbers it may be, to be ticked."""

    def as_widget(self, widget=None, attrs=None, only_initial=False):
        field = super().as_widget(widget, attrs, only_initial)
        faults = self.form.errors.get(self.name)
        meant = [
            number
            for fault in (faults.as_data() if faults else ())
            for number in (fault.params or {}).get("meant", ())
        ]
        if not meant:
            return field
        # A ticked box has the name of the field and comes after it, so its value counts.
        choices = format_html_join(
            "\n",
            '<label><input type="checkbox" name="{}" value="{}" data-meant> {}</label>',
            ((self.html_name, one, gettext("Yes, %(number)s") % {"number": one}) for one in meant),
        )
        return format_html('{}\n<div class="meant">{}</div>', field, choices)
