"""Which field each column of a file stands for: guessed by its heading, and decided by a person."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from clinic.files.cells import heading_key
from clinic.files.reading import Refused, Table
from clinic.files.resource import FileResource

LEFT_OUT = "-"
UNKNOWN = ""
# The column that a file of the rows with faults has beside its own.
WHY = "What is wrong"
SAMPLES = 3
ROWS_LOOKED_AT = 200


@dataclass(frozen=True)
class FileColumn:
    """A column of a file as it came, with the first of its values."""

    number: int
    heading: str
    samples: list[str]


def own_columns(resource: FileResource, headings: Sequence[str]) -> list[str] | None:
    """The fields of headings that are all the clinic's own, as in what it exports; else None."""
    names = [LEFT_OUT if heading == WHY else resource.column_of(heading) for heading in headings]
    read = {LEFT_OUT, *resource.read_columns()}
    known = [name if name in read else LEFT_OUT for name in names if name is not None]
    fields = [name for name in known if name != LEFT_OUT]
    is_whole = len(known) == len(headings) and len(set(fields)) == len(fields)
    return known if is_whole and fields else None


def guessed_columns(resource: FileResource, headings: Sequence[str]) -> list[str]:
    """The field that each column likely stands for; UNKNOWN where that is for a person to say.

    Of several columns that may stand for one field the likeliest does: a mobile number rather
    than another.
    """
    keys = [heading_key(re.sub(r"\(.*?\)", "", heading)) for heading in headings]
    columns = [LEFT_OUT if heading == WHY else UNKNOWN for heading in headings]
    for name in resource.read_columns():
        column = resource.columns[name]
        words = dict.fromkeys(map(heading_key, (name, column.heading, *column.also)))
        places = [keys.index(word) for word in words if word in keys]
        free = [place for place in places if columns[place] == UNKNOWN]
        if free:
            columns[free[0]] = LEFT_OUT if column.is_only_told else name
    return columns


def settled_columns(
    resource: FileResource, headings: Sequence[str], leave_out: Collection[str] = ()
) -> list[str]:
    """The columns where nobody can be asked. Raises Refused for one that may mean anything."""
    keys = {heading_key(heading) for heading in leave_out}
    columns = own_columns(resource, headings) or guessed_columns(resource, headings)
    columns = [
        LEFT_OUT if heading_key(heading) in keys else name
        for heading, name in zip(headings, columns, strict=True)
    ]
    if unknown := [place for place, name in enumerate(columns) if name == UNKNOWN]:
        told = ", ".join(column_name(place + 1, headings[place]) for place in unknown)
        known = ", ".join(resource.headings(resource.read_columns()))
        raise Refused(f"The clinic knows no column {told}. It knows these: {known}.")
    if faults := faults_of_columns(resource, columns):
        raise Refused(" ".join(faults))
    return columns


def column_name(number: int, heading: str) -> str:
    return f"“{heading}”" if heading else f"number {number} (it has no heading)"


def faults_of_columns(resource: FileResource, columns: Sequence[str]) -> list[str]:
    """Why a file can't be read so: sentences, none where it can."""
    fields = [name for name in columns if name not in (UNKNOWN, LEFT_OUT)]
    twice = sorted({name for name in fields if fields.count(name) > 1}, key=fields.index)
    sentences = [
        f"Two columns stand for “{heading}”: leave one of them out."
        for heading in resource.headings(twice)
    ]
    return sentences if fields else [*sentences, "Choose what at least one column stands for."]


def columns_of(table: Table) -> list[FileColumn]:
    """The columns of a file with the first different values that each holds."""
    samples: list[list[str]] = [[] for _ in table.headings]
    for count, (_, cells) in enumerate(table.rows, 1):
        for found, cell in zip(samples, cells, strict=False):
            if cell and cell not in found and len(found) < SAMPLES:
                found.append(cell)
        if count >= ROWS_LOOKED_AT or all(len(found) == SAMPLES for found in samples):
            break
    return [
        FileColumn(number, heading, found)
        for number, (heading, found) in enumerate(zip(table.headings, samples, strict=True), 1)
    ]
