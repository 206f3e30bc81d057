"""How a search text finds patients. Names are compared folded (lower case, no accents) and by
trigrams (PostgreSQL's `pg_trgm`), so that typos and the order of the names are forgiven."""

import re
from datetime import date

import phonenumbers
from django.conf import settings
from django.db.models import FloatField, Func, Q, Value


def name_matches(text: str) -> Q:
    """Every word of the text is in the name, or like a word of it."""
    condition = Q()
    for word in text.replace("\x00", "").split():
        folded = Func(Value(word), function="clinic_fold")
        condition &= Q(search_name__contains=folded) | Q(search_name__trigram_word_similar=folded)
    return condition


def likeness(text: str) -> Func:
    """How like the words of the text the name is, from 0 to 1: the best come first."""
    folded = Func(Value(text.replace("\x00", "")), function="clinic_fold")
    return Func(folded, "search_name", function="WORD_SIMILARITY", output_field=FloatField())


def other_matches(text: str) -> Q:
    """The text is a record number, an e-mail address, a phone number or a date of birth."""
    text = text.replace("\x00", "").strip()
    condition = Q(email=text.lower())
    if number := re.fullmatch(r"(?i:p-?)?0*([0-9]{1,12})", text, re.ASCII):
        condition |= Q(number=int(number[1]))
    if phone := as_phone(text):
        condition |= Q(phone=phone)
    if born := as_date(text):
        condition |= Q(date_of_birth=born)
    return condition


def as_phone(text: str) -> str | None:
    """The number in E.164, read in the clinic's region; None where it is none."""
    if not re.fullmatch(r"[+0-9 ()/.-]{6,25}", text, re.ASCII):
        return None
    try:
        number = phonenumbers.parse(text, settings.CLINIC_PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def as_date(text: str) -> date | None:
    """The day that 1985-03-24, 24.03.1985 or 24/03/1985 names; None where it is none."""
    if iso := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", text):
        parts = iso.groups()
    elif common := re.fullmatch(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})", text):
        parts = common.groups()[::-1]
    else:
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None
