"""The columns of files: what a cell says of a field, and how a field is written into a cell.

Each kind of cell reads what people type (`read()`, which raises CellFault or ValueError with a
sentence) and writes what it reads again (`write()`). What a whole column may mean in two ways is a
question: `questions()` has its answers, and `mended()` takes a cell as one of them says.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django_countries import countries

from clinic.files.cells import heading_key
from clinic.files.dates import DAY_FIRST, MONTH_FIRST, Unclear, clinic_order, read_day, said
from clinic.phones import AMBIGUOUS, international, valid_number

# Codes of faults that an answer for the whole column mends.
ORDER, LOST_ZEROS = "order", "lost_zeros"
Answers = dict[str, str]  # What is chosen, and what that is called.


class CellFault(ValueError):
    """What a cell says in no known form, with a code by which such faults are grouped."""

    def __init__(self, sentence: str, code: str):
        super().__init__(sentence)
        self.code = code


class Text:
    is_lasting = False  # Does an answer hold for the next file of the same headings, too?

    def read(self, cell: str) -> Any:
        return cell

    def read_for(self, record: Any, cell: str) -> Any:
        """As `read()`, for cells whose meaning hangs on the country of their row."""
        return self.read(cell)

    def write(self, value: Any) -> str:
        return "" if value is None else str(value)

    def questions(self, code: str, cell: str) -> Answers:
        """The answers that would mend a fault of this code in this cell."""
        return {}

    def mended(self, cell: str, answer: str, record: Any) -> str:
        """The cell as this answer takes it; the record has the country of its row already."""
        return cell


class Day(Text):
    """A calendar day, as people write it; written as 1985-03-24."""

    is_lasting = True

    def read(self, cell: str) -> date | None:
        if not cell:
            return None
        try:
            return read_day(cell)
        except Unclear as error:
            raise CellFault(str(error), ORDER) from error

    def write(self, value: Any) -> str:
        return value.isoformat() if value else ""

    def questions(self, code: str, cell: str) -> Answers:
        if code != ORDER:
            return {}
        words = {
            DAY_FIRST: f"The day comes first: {cell} is {said(cell, DAY_FIRST)}",
            MONTH_FIRST: f"The month comes first: {cell} is {said(cell, MONTH_FIRST)}",
        }
        return dict(sorted(words.items(), key=lambda one: one[0] != clinic_order()))

    def mended(self, cell: str, answer: str, record: Any) -> str:
        try:
            return read_day(cell, answer).isoformat() if cell else cell
        except ValueError:
            return cell


class Phone(Text):
    """A phone number, from which a spreadsheet may have taken the plus or the zero before it."""

    PLUS, ZERO, HERE = "plus", "zero", "here"

    def questions(self, code: str, cell: str) -> Answers:
        if code != AMBIGUOUS:
            return {}
        here = settings.CLINIC_PHONE_REGION
        if cell.startswith("0"):
            words = {self.HERE: ("They are dialled as they are here", valid_number(cell, here))}
        else:
            words = {
                self.PLUS: ("Put “+” before them", with_plus(cell)),
                self.ZERO: ("Put the zero before them", valid_number(f"0{cell}", here)),
            }
        return {
            answer: f"{word}: {cell} is {international(number)}"
            for answer, (word, number) in words.items()
            if number
        }

    def mended(self, cell: str, answer: str, record: Any) -> str:
        here = settings.CLINIC_PHONE_REGION
        if answer == self.HERE:
            is_foreign = valid_number(cell, str(getattr(record, "country", "") or here))
            return cell if is_foreign else valid_number(cell, here) or cell
        if not cell or cell.startswith(("+", "0", "(")):
            return cell
        if answer == self.PLUS:
            return with_plus(cell) or cell
        return f"0{cell}" if valid_number(f"0{cell}", here) else cell


def with_plus(cell: str) -> str:
    return valid_number("+" + re.sub(r"\D", "", cell), settings.CLINIC_PHONE_REGION)


class Choice(Text):
    """One of a field's choices, by its label, its value or another word for it, in any case."""

    def __init__(
        self, choices: list[tuple[Any, Any]], words: Mapping[Any, tuple[str, ...]] | None = None
    ):
        self.labels = {key: str(label) for key, label in choices}
        self.words = {
            heading_key(word): key
            for key, label in self.labels.items()
            for word in (str(key), label, *(words or {}).get(key, ()))
        }

    def read(self, cell: str) -> Any:
        if not cell:
            return ""
        word = heading_key(cell)
        if word not in self.words:
            raise ValueError(f"Write one of: {', '.join(map(str, self.labels.values()))}.")
        return self.words[word]

    def write(self, value: Any) -> str:
        return str(self.labels.get(value, value or ""))


class YesNo(Text):
    WORDS = {
        **dict.fromkeys(("yes", "true", "1", "y", "ja", "j", "wahr"), True),
        **dict.fromkeys(("no", "false", "0", "n", "nein", "falsch"), False),
    }

    def read(self, cell: str) -> bool:
        word = heading_key(cell)
        if word not in self.WORDS:
            raise ValueError("Write one of: yes, no.")
        return self.WORDS[word]

    def write(self, value: Any) -> str:
        return "yes" if value else "no"


class WholeNumber(Text):
    def read(self, cell: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", cell, re.ASCII):
            raise ValueError("Write a whole number.")
        return int(cell)


class Country(Text):
    """A country by its two or three letters (ISO 3166), or by its name in a language of ours."""

    def read(self, cell: str) -> str:
        if not cell:
            return ""
        code = countries.alpha2(cell.upper())
        for language, _ in settings.LANGUAGES:
            code = code or countries.by_name(cell, language=language)
        if not code:
            raise ValueError("Write the country as its two letters, such as DE.")
        return code


@dataclass(frozen=True)
class Column:
    """A field of a model under a heading. The key names the record, and is never written; nor is
    what is only told, which follows from other fields.

    `also` are headings by which other programs' files call it, the likeliest first.
    """

    attribute: str
    heading: str
    cell: Text = field(default_factory=Text)
    is_key: bool = False
    is_only_told: bool = False
    also: tuple[str, ...] = ()

    def text_of(self, record: Any) -> str:
        return self.cell.write(getattr(record, self.attribute, None))

    def fill(self, record: Any, cell: str, answers: Sequence[str] = ()) -> None:
        """Let the record say what the cell does, taken as these answers say. Raises ValueError.

        What the cell doesn't change stays: what was exported comes back as it was.
        """
        is_new = record._state.adding
        if self.is_key or self.is_only_told or (is_new and not cell):
            return
        if is_new or not same_text(cell, self.text_of(record)):
            for answer in answers:
                cell = self.cell.mended(cell, answer, record)
            setattr(record, self.attribute, self.cell.read_for(record, cell))


def same_text(one: str, other: str) -> bool:
    return "\n".join(one.strip().splitlines()) == "\n".join(other.strip().splitlines())
