"""What one request may ask for: how much its body may hold, and how much is said of its faults.

Each bound is far above what a client of the clinic needs, and keeps what a request costs the
processor to some hundredths of a second.
"""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError

DEEPEST = 32
LONGEST_NAME = 100
# Names in objects and entries of lists, all together: of anybody, and of those signed in.
MOST_MEMBERS, MOST_MEMBERS_SIGNED_IN = 1_000, 5_000
MOST_PARAMETERS = 50
MOST_FAULTS = 20  # That one answer tells.


def most_bytes(is_signed_in: bool) -> int:
    """How large a body without files may be."""
    return settings.MAX_JSON_BYTES if is_signed_in else settings.MAX_ANONYMOUS_BYTES


def check_shape(data: Any, is_signed_in: bool) -> None:
    """Raise ParseError for JSON that is too deep, has too much in it, or names too long."""
    most = MOST_MEMBERS_SIGNED_IN if is_signed_in else MOST_MEMBERS
    members, layer = 0, [data]
    for _ in range(DEEPEST + 1):
        inner: list[Any] = []
        for value in layer:
            if isinstance(value, dict):
                check_names(value)
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            if members + len(inner) > most:
                raise ParseError(f"The body has more than {most:,} names and entries of lists.")
        members, layer = members + len(inner), inner
        if not layer:
            return
    raise ParseError(f"The body is nested more than {DEEPEST} levels deep.")


def check_names(names: Any) -> None:
    if any(len(name) > LONGEST_NAME for name in names):
        raise ParseError(f"A name in the body has more than {LONGEST_NAME} characters.")


def check_parameters(query: str) -> None:
    """Raise ParseError for a query of too many parameters, before any of them is read."""
    if query.count("&") >= MOST_PARAMETERS:
        raise ParseError(f"The query has more than {MOST_PARAMETERS} parameters.")
