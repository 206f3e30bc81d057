"""The order in which people look names up: Börner beside Borner, van den Bosch among the V's,
O'Brien beside Obrien; words in their order, whatever their case and accents.

It is the same on every server: not all have been built with ICU's collations.
"""

from typing import Any

from django.db.models import F, Func, TextField
from django.db.models.functions import Collate


def as_read(field: str) -> Any:
    """A text of a record as it is sorted."""
    return Collate(Func(F(field), function="clinic_sort", output_field=TextField()), "C")


def name_key() -> Any:
    """A person's name as it is sorted: the last name first."""
    return Collate(sort_name(), "C")


def sort_name() -> Func:
    fields = (F("last_name"), F("first_name"))
    return Func(*fields, function="clinic_sort_name", output_field=TextField())
