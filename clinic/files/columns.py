"""The columns of files: what a cell says of a field, and how a field is written into a cell.

Each kind of cell reads what people type (`read()`, which raises ValueError with a sentence) and
writes what it reads again (`write()`).
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django_countries import countries

from clinic.files.cells import heading_key


class Text:
    def read(self, cell: str) -> Any:
        return cell

    def write(self, value: Any) -> str:
        return "" if value is None else str(value)


class Day(Text):
    """A calendar day, written as 1985-03-24 and in no other way: 03/04/1985 is two days."""

    def read(self, cell: str) -> date | None:
        if not cell:
            return None
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell, re.ASCII):
                return date.fromisoformat(cell)
        except ValueError as error:
            raise ValueError("There is no such day.") from error
        raise ValueError("Write the day as year-month-day, such as 1985-03-24.")

    def write(self, value: Any) -> str:
        return value.isoformat() if value else ""


class Choice(Text):
    """One of a field's choices, by its label or its value, in any case."""

    def __init__(self, choices: list[tuple[Any, Any]]):
        self.labels = {key: str(label) for key, label in choices}

    def read(self, cell: str) -> Any:
        for key, label in self.labels.items():
            if heading_key(cell) in (heading_key(str(key)), heading_key(label)):
                return key
        if cell:
            raise ValueError(f"Write one of: {', '.join(map(str, self.labels.values()))}.")
        return ""

    def write(self, value: Any) -> str:
        return str(self.labels.get(value, value or ""))


class YesNo(Text):
    WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

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
    """A country by its two letters (ISO 3166), or by its English name."""

    def read(self, cell: str) -> str:
        code = countries.alpha2(cell.upper()) or countries.by_name(cell) if cell else ""
        if cell and not code:
            raise ValueError("Write the country as its two letters, such as DE.")
        return code


@dataclass(frozen=True)
class Column:
    """A field of a model under a heading. The key names the record, and is never written; nor is
    what is only told, which follows from other fields."""

    attribute: str
    heading: str
    cell: Text = field(default_factory=Text)
    is_key: bool = False
    is_only_told: bool = False

    def text_of(self, record: Any) -> str:
        return self.cell.write(getattr(record, self.attribute, None))

    def fill(self, record: Any, cell: str) -> None:
        """Let the record say what the cell does. Raises ValueError.

        What the cell doesn't change stays: what was exported comes back as it was.
        """
        is_new = record._state.adding
        if self.is_key or self.is_only_told or (is_new and not cell):
            return
        if is_new or not same_text(cell, self.text_of(record)):
            setattr(record, self.attribute, self.cell.read(cell))


def same_text(one: str, other: str) -> bool:
    return "\n".join(one.strip().splitlines()) == "\n".join(other.strip().splitlines())
