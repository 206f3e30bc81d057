"""Faults of REST framework and of Django in one form: (dotted field, sentence, code)."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

NON_FIELD_NAME = "non_field_errors"


def leaves(detail: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """REST framework's nested errors as (dotted field, sentence, code)."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            inner = NON_FIELD_NAME if key == NON_FIELD_ERRORS else str(key)
            if path:
                inner = path if inner == NON_FIELD_NAME else f"{path}.{inner}"
            yield from leaves(value, inner)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            is_nested = isinstance(value, dict | list)
            if not is_nested or value:
                inner = f"{path}.{index}" if path else str(index)
                yield from leaves(value, inner if is_nested else path)
    else:
        yield path or NON_FIELD_NAME, str(detail), getattr(detail, "code", "invalid")


def model_faults(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    """A model's or service's errors as (field, sentence, code)."""
    if hasattr(error, "error_dict"):
        for field, faults in error.error_dict.items():
            name = NON_FIELD_NAME if field == NON_FIELD_ERRORS else field
            for fault in faults:
                yield name, " ".join(fault.messages), fault.code or "invalid"
    else:
        for fault in error.error_list:
            yield NON_FIELD_NAME, " ".join(fault.messages), fault.code or "invalid"


def api_name(name: str, names: dict[str, str]) -> str:
    """What the API calls a model's field, also one of a list: `0.location`."""
    index, dot, field = name.rpartition(".")
    return names.get(name) or f"{index}{dot}{names.get(field, field)}"


def writable(name: str) -> str:
    """The name of a field as it was sent; lone surrogates, which UTF-8 has not, are escaped."""
    return name.encode(errors="backslashreplace").decode()
