"""What a password must be (see `AUTH_PASSWORD_VALIDATORS`).

Every rule takes time that doesn't grow with the password: one that is too long is refused by
its length, and nothing else looks at it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import exceeds_maximum_length_ratio
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.security.leaked import is_leaked
from clinic.text import PlainText

# Characters. All of them count, as bcrypt gets a SHA-256 of the password, not its first 72 bytes.
LONGEST = 1024
SIMILAR_TO = {
    "name": _("This password is too similar to your name."),
    "e-mail address": _("This password is too similar to your e-mail address."),
    "phone number": _("This password is too similar to your phone number."),
    "date of birth": _("This password is too similar to your date of birth."),
    "clinic": _("This password is too similar to the clinic's name."),
}
SIMILAR = 0.7  # Of characters in common, as Django's own validator has it.
KINDS: dict[Any, Callable[[str], bool]] = {
    _("an upper-case letter"): str.isupper,
    _("a lower-case letter"): str.islower,
    _("a digit"): str.isdecimal,
    _("a special character"): lambda character: not character.isalnum(),
}


class LengthValidator:
    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            sentence = _("This password is too long. It may have %(most)s characters at most.")
            most = {"most": f"{LONGEST:,}"}
            raise ValidationError(sentence, code="password_too_long", params=most)

    def get_help_text(self) -> str:
        return f"Your password may have {LONGEST:,} characters at most."


class CharactersValidator:
    """Upper and lower case, a digit and a special character, which may be a space or an emoji."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            return
        PlainText()(password)
        missing = [name for name, test in KINDS.items() if not any(map(test, password))]
        if missing:
            sentence = _("This password lacks %(missing)s.")
            params = {"missing": listed(missing)}
            raise ValidationError(sentence, code="password_lacks_characters", params=params)

    def get_help_text(self) -> str:
        return f"Your password must contain {listed(list(KINDS))}."


class LeakedValidator:
    def validate(self, password: str, user: Any = None) -> None:
        if len(password) <= LONGEST and is_leaked(password):
            sentence = _("This password is too common: it is known from data leaks.")
            raise ValidationError(sentence, code="password_too_common")

    def get_help_text(self) -> str:
        return "Your password can't be one that is known from data leaks."


class PersonalDataValidator:
    """Refuses passwords like the data of the account, or of its patient or doctor."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or len(password) > LONGEST:
            return
        refuse_similar(password, personal_data(user))

    def get_help_text(self) -> str:
        return "Your password can't be like your name, addresses, number or date of birth."


class ClinicNameValidator:
    """Refuses passwords like what everybody here would think of first."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) <= LONGEST:
            name, host = settings.CLINIC_NAME.lower(), urlsplit(settings.CLINIC_URL).hostname or ""
            words = (name, re.sub(r"[\W_]", "", name), host)
            refuse_similar(password, (("clinic", word) for word in words))

    def get_help_text(self) -> str:
        return "Your password can't be like the clinic's name."


def refuse_similar(password: str, data: Iterable[tuple[str, str]]) -> None:
    forms = {password.lower(), re.sub(r"[\W_]", "", password.lower())}
    for name, value in data:
        if any(is_similar(form, value) for form in forms):
            raise ValidationError(SIMILAR_TO[name], code="password_too_similar")


def listed(parts: list[Any]) -> str:
    first, last = ", ".join(map(str, parts[:-1])), str(parts[-1])
    return _("%(first)s and %(last)s") % {"first": first, "last": last} if first else last


def is_similar(password: str, value: str) -> bool:
    """Does the password hold nearly the same characters as the value?"""
    if not value or exceeds_maximum_length_ratio(password, SIMILAR, value):
        return False
    return SequenceMatcher(a=password, b=value).quick_ratio() >= SIMILAR


def personal_data(user: Any) -> Iterator[tuple[str, str]]:
    """What is known of the person behind an account, as (name of the datum, text)."""
    for record in (user, getattr(user, "patient", None), getattr(user, "doctor", None)):
        first, last = (getattr(record, f"{part}_name", "").lower() for part in ("first", "last"))
        yield from (("name", text) for text in (first, last, f"{first}{last}", f"{last}{first}"))
        email = getattr(record, "email", "").lower()
        yield from (("e-mail address", text) for text in (email, *re.split(r"[\W_]+", email)))
        phone = str(getattr(record, "phone", "") or "").lstrip("+")
        yield from (("phone number", text) for text in (phone, phone[2:], f"0{phone[2:]}"))
        born = getattr(record, "date_of_birth", None)
        if isinstance(born, date):
            forms = ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%d%m%y", "%y%m%d", "%m%d%y")
            yield from (("date of birth", born.strftime(form)) for form in forms)
