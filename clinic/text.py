"""What text may hold and how addresses are written, for every model of the project."""

import unicodedata
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

from clinic.emails import EmailFormField, normal_email, validate_mailbox
from clinic.visible import TURNING, check_visible, invisible


@deconstructible
class PlainText:
    """Refuses control characters, lone surrogates and what turns the direction of writing, and in a
    single line all that can't be seen; every script and emoji passes."""

    def __init__(self, multiline: bool = False):
        self.multiline = multiline

    def __call__(self, value: str) -> None:
        if not self.multiline:
            check_visible(value)
            return
        for character in value:
            if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t":
                raise ValidationError(_("Control characters are not allowed."), code="invalid")
            if character in TURNING:
                raise invisible(character)

    def __eq__(self, other) -> bool:
        return isinstance(other, PlainText) and self.multiline == other.multiline


class LowercaseEmailField(models.EmailField):
    """An e-mail address, stored and compared in its one form."""

    default_validators = [validate_mailbox]

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return normal_email(value) if isinstance(value, str) else value

    def to_python(self, value):
        value = super().to_python(value)
        return normal_email(value) if isinstance(value, str) else value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": EmailFormField, **kwargs})


def as_uuid(text: str) -> UUID | None:
    """The key that a text is, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
