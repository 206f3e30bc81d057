"""The order in which people look names up: Börner beside Borner, van den Bosch among the V's,
O'Brien beside Obrien; words in their order, whatever their case and accents.

It is the same on every server: not all have been built with ICU's collations.
"""

from typing import Any

from django.db.models import F, Func, OrderBy, TextField
from django.db.models.functions import Collate

# What a name is read by: a last name, then the first names, then the key.
NAMES = ("last_name", "first_name")


def as_read(field: str) -> Any:
    """A text of a record, or of one that it belongs to, as it is sorted."""
    key: Any = Collate(Func(F(field), function="clinic_sort", output_field=TextField()), "C")
    key.read_field = field
    return key


def by_name(owner: str = "", *, reverse: bool = False) -> list[OrderBy]:
    """The order of people by name, a total one. `owner` leads to them, such as `patient__`."""
    parts = [*(as_read(f"{owner}{name}") for name in NAMES), F(f"{owner}id")]
    return [part.desc() if reverse else part.asc() for part in parts]


def with_first_names(ordering: list[Any]) -> list[Any]:
    """The same order, but those of one last name by their first names."""
    order: list[Any] = []
    for part in ordering:
        order.append(part)
        field = getattr(getattr(part, "expression", None), "read_field", "")
        if field.endswith("last_name"):
            first = as_read(field.replace("last_name", "first_name"))
            order.append(first.desc() if part.descending else first.asc())
    return order
