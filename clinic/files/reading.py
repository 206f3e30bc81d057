"""Tables out of files: CSV as programs write it and XLSX, row by row, never whole in memory."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from clinic.files.cells import undefused
from clinic.files.workbooks.process import (
    WHILE_ASKED,
    Bounds,
    WorkbookRefused,
    workbook_rows,
)

XLSX = b"PK\x03\x04"
OLD_XLS = b"\xd0\xcf\x11\xe0"
MAX_COLUMNS = 200
LONGEST_CELL = 32_767  # Characters, as in Excel.
csv.field_size_limit(LONGEST_CELL)
PIECE_BYTES = 256 * 1024
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
NAMES_THE_SIGN = "sep="  # The first line of some files says in this way what parts the cells.
NOT_TEXT = (
    "The letters of this file can't be made out. Save it as “CSV UTF-8” or as XLSX and try again."
)


class Refused(Exception):
    """The file can't be imported at all; the text is the sentence that says why."""


@dataclass
class Table:
    """The headings of a file, and its rows by their number in the spreadsheet (the headings are
    row 1). Rows without any text are left out. Reading on may raise Refused. `form` says how it
    was read: "UTF-8, parted by semicolons"."""

    headings: list[str]
    rows: Iterator[tuple[int, list[str]]]
    form: str
    delimiter: str  # Of a CSV file; empty for a workbook.


@contextmanager
def open_table(file: BinaryIO, bounds: Bounds = WHILE_ASKED) -> Iterator[Table]:
    """Read a file as what its content says it is, a workbook within these bounds. Raises
    Refused."""
    start = file.read(8)
    file.seek(0)
    if start.startswith(OLD_XLS):
        raise Refused("This is a workbook of the old kind (XLS). Save it as XLSX and try again.")
    is_workbook = start.startswith(XLSX)
    opened = workbook_records(file, bounds) if is_workbook else csv_records(file)
    with opened as (form, delimiter, records):
        headings = headings_of(records, 1)
        if headings == [NAMES_THE_SIGN]:
            headings = headings_of(records, 2)
        if not headings:
            raise Refused("The first row of the file must be the headings of its columns.")
        if len(headings) > MAX_COLUMNS:
            raise Refused(f"The file has more than {MAX_COLUMNS} columns.")
        yield Table(headings, rows_of(records), form, delimiter)


Records = Iterator[tuple[int, list[str]]]  # By the number of their rows.


def headings_of(records: Records, row: int) -> list[str]:
    """What stands in this row, if that is the next one."""
    number, cells = next(records, (row, []))
    headings = [cell.strip() for cell in cells] if number == row else []
    while headings and not headings[-1]:
        headings.pop()
    return headings


def rows_of(records: Records) -> Records:
    for number, record in records:
        cells = [undefused(cell.strip()) for cell in record]
        if any(cells):
            yield number, cells


Opened = tuple[str, str, Records]  # How it is read, what parts its cells, its rows.


@contextmanager
def csv_records(file: BinaryIO) -> Iterator[Opened]:
    """Comma, semicolon or tab, whichever parts the headings; in UTF-8, or as Windows writes."""
    name, encoding = encoding_of(file)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        first = text.readline(64 * 1024)
        text.seek(0)
        delimiter = max(DELIMITERS, key=lambda sign: cells_parted_by(sign, first))
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        yield f"{name}, parted by {DELIMITERS[delimiter]}", delimiter, checked(reader)
    finally:
        text.detach()  # The file is the caller's to close.


def encoding_of(file: BinaryIO) -> tuple[str, str]:
    """What the file's text is written in, for people and for Python. Raises Refused."""
    start = file.read(2)
    file.seek(0)
    is_wide = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    kinds = {"UTF-16": "utf-16"} if is_wide else {"UTF-8": "utf-8-sig", "Windows-1252": "cp1252"}
    for name, encoding in kinds.items():
        if is_text(file, encoding):
            return name, encoding
    raise Refused(NOT_TEXT)


def is_text(file: BinaryIO, encoding: str) -> bool:
    """Can the file be read so to its end? Bytes of zero are in no text of Windows."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(PIECE_BYTES):
            decoder.decode(piece)
            if encoding == "cp1252" and b"\x00" in piece:
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True


def cells_parted_by(sign: str, line: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=sign), []))
    except csv.Error:
        return 0


def checked(reader) -> Records:
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(
                f"Row {number} can't be read: a quotation mark is missing or out of place, or "
                "a cell is too long."
            ) from error
        yield number, record


@contextmanager
def workbook_records(file: BinaryIO, bounds: Bounds) -> Iterator[Opened]:
    """The first sheet of the workbook. Empty cells at the end of a row are not in the file: each
    row is as long as the first."""
    try:
        with workbook_rows(file, bounds) as (title, rows):
            yield f"the sheet “{title}”", "", padded(rows)
    except WorkbookRefused as error:
        raise Refused(str(error)) from error


def padded(rows: Records) -> Records:
    width = 0
    for number, cells in rows:
        width = width or len(cells)
        yield number, cells + [""] * (width - len(cells))
