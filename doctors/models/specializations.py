"""A field of medicine in a record: as somebody wrote it, and its code where the words are known."""

from typing import Any

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Upper

from doctors.specializations import code_of, codes_of, name_of

# What two spellings of one field have in common. Compared by the database alone: its capital of ß
# is not Python's.
SAME_FIELD = Case(
    When(specialization_code="", then=Upper("specialization")), default=F("specialization_code")
)
CODE_SHAPE = Q(specialization_code__regex="^([0-9]{6,18})?$")


def named_so(text: str) -> Q:
    """The records of the field that somebody names so, by any of its words."""
    codes = codes_of(text)
    return Q(specialization_code__in=codes) if codes else Q(specialization__iexact=text)


class Specialized(models.Model):
    """A record with a `specialization`."""

    specialization_code = models.CharField(
        "code of the specialization",
        max_length=18,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )

    specialization: Any

    class Meta:
        abstract = True

    @property
    def field_name(self) -> str:
        """The field of medicine in the language that is spoken, or as it was written."""
        return name_of(self.specialization_code, self.specialization)

    @property
    def same_field(self) -> Q:
        """The records of the same field."""
        if self.specialization_code:
            return Q(specialization_code=self.specialization_code)
        return Q(specialization_code="", specialization__iexact=self.specialization)

    def is_named(self, text: str) -> bool:
        """Does the text name this field, in whatever language?"""
        if self.specialization_code:
            return self.specialization_code in codes_of(text)
        return self.specialization.casefold() == text.casefold()

    def clean(self):
        super().clean()
        self.specialization_code = code_of(self.specialization or "")
