"""What is wrong with the rows of a file: one by one, and what is alike together."""

from collections.abc import Callable
from dataclasses import dataclass, field

from clinic.errors import UNIQUE
from clinic.files.columns import LOST_ZEROS, ORDER, Answers
from clinic.phones import AMBIGUOUS

TWICE = "twice"
VALUES_SHOWN = 30  # Of each kind of fault, however many there are.
ROWS_SHOWN = 5  # Of each value.
GROUPS_SHOWN = 100
# What faults have in common whose sentences name a row, an owner or a number.
TITLES = {
    TWICE: "Another row of the file has the same.",
    UNIQUE: "Somebody on record has this already.",
    AMBIGUOUS: "This may be another number than it seems.",
    LOST_ZEROS: "A spreadsheet may have taken the zeros from the beginning.",
    ORDER: "Day and month may be meant either way.",
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell; without a column, with the whole row. `value` is what stands in
    the cell, and empty where that is a secret."""

    row: int
    column: str
    sentence: str
    name: str = ""
    code: str = ""
    value: str = ""


@dataclass
class FaultyValue:
    """What stands in some cells with the same fault."""

    text: str
    sentence: str
    count: int = 0
    rows: list[int] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass
class Group:
    """Faults of one kind in one column, with the answers that would mend them."""

    name: str
    column: str
    sentence: str
    count: int = 0
    values: list[FaultyValue] = field(default_factory=list)
    answers: Answers = field(default_factory=dict)

    @property
    def not_shown(self) -> int:
        return self.count - sum(value.count for value in self.values)


@dataclass
class Groups:
    """The faults of a file by kind, the most frequent first; a million take no more memory."""

    # The answers to what is wrong in a column, by its name, the fault's code and a cell.
    questions: Callable[[str, str, str], Answers]
    found: dict[tuple[str, str], Group] = field(default_factory=dict)

    def note(self, fault: Fault) -> None:
        title = TITLES.get(fault.code, fault.sentence)
        key = fault.column, title
        if key not in self.found and len(self.found) >= GROUPS_SHOWN:
            return
        group = self.found.setdefault(key, Group(fault.name, fault.column, title))
        group.count += 1
        for answer, word in self.questions(fault.name, fault.code, fault.value).items():
            group.answers.setdefault(answer, word)
        own = "" if fault.sentence == title else fault.sentence
        for value in group.values:
            if (value.text, value.sentence) == (fault.value, own):
                break
        else:
            if len(group.values) >= VALUES_SHOWN:
                return
            value = FaultyValue(fault.value, own)
            group.values.append(value)
        value.count += 1
        if len(value.rows) < ROWS_SHOWN:
            value.rows.append(fault.row)

    def ordered(self) -> list[Group]:
        """What is asked first, then what there is most of."""
        return sorted(self.found.values(), key=lambda one: (not one.answers, -one.count))
