"""Days as people write them into tables: 21.03.1985, 21.3.85, 03/21/1985, 1985-03-21."""

import re
from datetime import date

from django.conf import settings
from django.utils import timezone

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
# Where people write the month before the day (CLDR); elsewhere the day comes first.
MONTH_FIRST_COUNTRIES = frozenset({"AS", "FM", "GU", "MH", "MP", "PH", "PR", "PW", "US", "VI"})
YEAR_FIRST = re.compile(r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})(?:[ T]00:00(?::00)?)?", re.A)
YEAR_LAST = re.compile(r"([0-9]{1,2})([-./]) ?([0-9]{1,2})\2 ?([0-9]{4}|[0-9]{2})", re.A)
NO_DAY = "There is no such day."
NOT_A_DAY = "Write the day such as 24.03.1985 or 1985-03-24."


class Unclear(ValueError):
    """Day and month may be meant either way; the text is the sentence that says so."""


def clinic_order() -> str:
    return MONTH_FIRST if settings.CLINIC_COUNTRY in MONTH_FIRST_COUNTRIES else DAY_FIRST


def read_day(text: str, order: str = "") -> date:
    """The day, with day and month in this order where they are parted by a slash or a dash.

    With dots the day comes first wherever people write so. Of two digits, the year is the latest
    one that isn't ahead. Raises Unclear where no order is named and both make a day, ValueError
    with a sentence where there is no such day.
    """
    if found := YEAR_FIRST.fullmatch(text):
        year, _, month, day = found.groups()
        return real_day(year, month, day)
    found = YEAR_LAST.fullmatch(text)
    if found is None:
        raise ValueError(NOT_A_DAY)
    one, sign, other, year = found.groups()
    if sign == ".":
        return real_day(year, other, one)
    if order:
        day, month = (one, other) if order == DAY_FIRST else (other, one)
        return real_day(year, month, day)
    if int(one) <= 12 and int(other) <= 12 and int(one) != int(other):
        raise Unclear(f"{text} may be {said(text, DAY_FIRST)} or {said(text, MONTH_FIRST)}.")
    day, month = (one, other) if int(one) > 12 else (other, one)
    return real_day(year, month, day)


def real_day(year: str, month: str, day: str) -> date:
    try:
        return date(whole_year(year), int(month), int(day))
    except ValueError as error:
        raise ValueError(NO_DAY) from error


def whole_year(year: str) -> int:
    """Of two digits, the latest year that isn't ahead: 85 is 1985, the year of today this one."""
    if len(year) == 4:
        return int(year)
    this_year = timezone.localdate().year
    return this_year - (this_year - int(year)) % 100


def said(text: str, order: str) -> str:
    """The day as it is said, such as 3 April 1985."""
    day = read_day(text, order)
    return f"{day.day} {day:%B %Y}"
