"""Whether people can see what a text holds."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Letters and marks that show nothing, beside the format characters (category Cf).
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
JOINERS = "\u200c\u200d"  # Persian, the scripts of India and emoji are written with them.
NAMES = {
    "\u00ad": _("a soft hyphen"),
    "\u200b": _("a zero-width space"),
    "\u200c": _("a zero-width non-joiner"),
    "\u200d": _("a zero-width joiner"),
    "\u2060": _("a word joiner"),
    "\ufeff": _("a byte order mark"),
}
# They turn the order of what follows: a text reads otherwise than it is stored. Marks (LRM, RLM,
# ALM) say of which direction their place is, and are part of Arabic and Hebrew texts.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_visible(text: str) -> None:
    """Raise ValidationError for the first character that can't be seen, by its name."""
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category in ("Cc", "Cs"):
            raise ValidationError(_("Control characters are not allowed."), code="invalid")
        if category == "Cf" or character in BLANK_LETTERS:
            if character in JOINERS and joins(text, place):
                continue
            raise invisible(character)


def invisible(character: str) -> ValidationError:
    return ValidationError(
        _("There is an invisible character in it (%(name)s). Please type it anew."),
        code="invisible",
        params={"name": name_of_invisible(character)},
    )


def joins(text: str, place: int) -> bool:
    """Does the character stand between two that are not of the Latin script or its signs?"""
    return all(
        neighbour and ord(neighbour) > 0x52F and not neighbour.isspace()
        for neighbour in (text[place - 1 : place], text[place + 1 : place + 2])
    )


def name_of_invisible(character: str) -> str:
    if character in DIRECTIONS:
        return gettext("a mark for the direction of writing")
    return str(NAMES.get(character, f"U+{ord(character):04X}"))
