"""What a search text may mean: dates of birth, years, phone numbers, e-mail addresses and record
numbers as people write them, and the words of a name that are left."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils import dates, timezone, translation

from clinic.phones import possible_numbers

LAST_DIGITS = 4  # The fewest by which a phone number is found.
SHORTEST_MAIL = 3
LONGEST = 200  # Characters: the longest text that is searched.
EARLIEST_YEAR = 1900
RECORD = re.compile(r"(?i:p-?)?0*([0-9]{1,12})", re.ASCII)
PHONE = re.compile(r"[+0-9 ()/.-]{4,25}", re.ASCII)
MAIL = re.compile(r"[a-z0-9@._+-]*[@._+0-9][a-z0-9@._+-]*", re.ASCII)
GAP = r"\s*[./\- ]\s*"
YEAR_FIRST = re.compile(rf"(?<!\S)([0-9]{{4}}){GAP}([0-9]{{1,2}}){GAP}([0-9]{{1,2}})(?!\S)")
DAY_FIRST = re.compile(
    rf"(?<!\S)([0-9]{{1,2}}){GAP}([0-9]{{1,2}}){GAP}([0-9]{{4}}|[0-9]{{2}})(?!\S)"
)
MONTH = r"([^\W\d_]{3,})\.?"
DAY = r"([0-9]{1,2})(?:\.|st|nd|rd|th)?"
YEAR = r"([0-9]{4}|[0-9]{2})"
DAY_AND_WORD = re.compile(rf"(?<!\S){DAY}\s*(?:of\s+)?{MONTH},?\s+{YEAR}(?!\S)")
WORD_AND_DAY = re.compile(rf"(?<!\S){MONTH}\s+{DAY},?\s+{YEAR}(?!\S)")
COMPACT = re.compile(r"(?<!\S)([0-9]{2})([0-9]{2})([0-9]{4})(?!\S)")


@dataclass
class Sought:
    """One reading of a text. All of it must fit; of each list, one will do."""

    words: str = ""
    days: list[date] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)  # Whole ones, in E.164.
    endings: list[str] = field(default_factory=list)  # The last digits of phones.
    mail: str = ""  # A part of an address.

    @property
    def is_key(self) -> bool:
        """Is it a number, phone or address alone, as records that were merged have, too?"""
        keys = self.numbers or self.phones or self.endings or self.mail
        return bool(keys) and not (self.words or self.days)


def word_readings(text: str) -> Iterator[Sought]:
    """What the text may mean: as a whole, then taken apart."""
    text = " ".join(text.replace("\x00", "").split()).lower()
    if not 0 < len(text) <= LONGEST:
        return
    if number := RECORD.fullmatch(text):
        yield Sought(numbers=[int(number[1])])
    if phones := possible_numbers(text):
        yield Sought(phones=phones)
    if ending := as_ending(text):
        yield Sought(endings=[ending])
    if len(text) >= SHORTEST_MAIL and MAIL.fullmatch(text) and re.search(r"[a-z@]", text):
        yield Sought(mail=text)
    if (compact := COMPACT.fullmatch(text)) and (days := days_of(compact.groups()[::-1])):
        yield Sought(days=days)
    if parts := taken_apart(text):
        yield parts


def taken_apart(text: str) -> Sought | None:
    """Days, years and numbers out of the text, and the words that are left."""
    found = Sought()
    text = take_days(text, found)
    words = []
    for word in text.split():
        if "@" in word:
            found.mail = word
        elif (word.isdecimal() and word.isascii()) or re.fullmatch(r"p-?[0-9]{1,12}", word):
            take_number(word, found)
        else:
            words.append(word)
    found.words = " ".join(words)
    return found if found != Sought() else None


def take_days(text: str, found: Sought) -> str:
    """The text without the first day in it, which goes into `found`."""
    for pattern, order in (
        (YEAR_FIRST, (0, 1, 2)),
        (DAY_FIRST, (2, 1, 0)),
        (DAY_AND_WORD, (2, 1, 0)),
        (WORD_AND_DAY, (2, 0, 1)),
    ):
        for match in pattern.finditer(text):
            groups = match.groups()
            year, month, day = (groups[place] for place in order)
            either = pattern is DAY_FIRST and ("/" in match[0] or int(month) > 12)
            days = days_of((year, month, day), either=either)
            if days:
                found.days = days
                return f"{text[: match.start()]} {text[match.end() :]}"
    return text


def take_number(word: str, found: Sought) -> None:
    """Digits beside other words: a year, the end of a phone number or a record number."""
    found.numbers.append(int(word.removeprefix("p").removeprefix("-")[:12]))
    if len(word) == 4 and word.isdecimal() and EARLIEST_YEAR <= int(word) <= this_year():
        found.years.append(int(word))
    if ending := as_ending(word):
        found.endings.append(ending)


def as_ending(text: str) -> str | None:
    """The digits that a phone number may end with, less the zeros dialled before it."""
    digits = re.sub(r"\D", "", text) if PHONE.fullmatch(text) else ""
    return digits.lstrip("0") or None if len(digits) >= LAST_DIGITS else None


def days_of(parts: tuple[str, ...], *, either: bool = False) -> list[date]:
    """The days that year, month and day may name. Of a year in two digits the century is open;
    with `either`, so is the order of day and month."""
    year, month, day = parts
    number = int(month) if month.isdecimal() else month_of(month)
    years = [int(year)] if len(year) == 4 else [1900 + int(year), 2000 + int(year)]
    months_and_days = [(number, int(day))] + ([(int(day), number)] if either else [])
    found = {
        real
        for one in years
        for pair in months_and_days
        if (real := day_or_none(one, *pair)) and real <= timezone.localdate()
    }
    return sorted(found)


def day_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_of(word: str) -> int:
    """1 to 12, by its name or at least three letters of it, in English and in the language of
    the page; 0 where it is no month."""
    wanted = plain(word)
    for language in ("en", translation.get_language() or "en"):
        with translation.override(language):
            for number, name in dates.MONTHS.items():
                if plain(str(name)).startswith(wanted):
                    return number
    return 0


def plain(word: str) -> str:
    """In lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if c.isalpha())


def this_year() -> int:
    return timezone.localdate().year
