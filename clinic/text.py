"""What text may hold and how addresses are written, for every model of the project."""

import unicodedata

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _


@deconstructible
class PlainText:
    """Refuses control characters and lone surrogates; every script and emoji passes."""

    def __init__(self, multiline: bool = False):
        self.multiline = multiline

    def __call__(self, value: str) -> None:
        allowed = "\n\r\t" if self.multiline else ""
        for character in value:
            if unicodedata.category(character) in ("Cc", "Cs") and character not in allowed:
                raise ValidationError(_("Control characters are not allowed."), code="invalid")

    def __eq__(self, other) -> bool:
        return isinstance(other, PlainText) and self.multiline == other.multiline


class LowercaseEmailField(models.EmailField):
    """An e-mail address, stored and compared in lower case."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value.strip().lower() if isinstance(value, str) else value

    def to_python(self, value):
        value = super().to_python(value)
        return value.strip().lower() if isinstance(value, str) else value
