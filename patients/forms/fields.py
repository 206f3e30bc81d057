"""Fields of what patients tell about themselves."""

from datetime import date

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import dates
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from patients.photos import TOO_SMALL

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


def photo_field() -> forms.FileField:
    return forms.FileField(
        label=_("Photo of your ID"),
        widget=forms.FileInput(
            {
                "accept": "image/jpeg,image/png",
                "data-max-bytes": settings.MAX_PHOTO_BYTES,
                "data-least-side": settings.MIN_PHOTO_SIDE,
                # What the page's script says of it.
                "data-no-photo": _("This file is no JPEG or PNG image. Please choose a photo."),
                "data-too-large": TOO_LARGE,
                "data-too-small": TOO_SMALL,
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
