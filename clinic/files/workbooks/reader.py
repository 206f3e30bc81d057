"""Reading a workbook in a process of its own (`clinic.confined`), with the file as its input.

A workbook is a packed bundle of XML that may unpack into anything, so all that is done with one is
done here: the process has nothing of the clinic's, and the kernel holds it to its share of memory
and time. Nothing here imports Django.

It says lines of JSON: the sheet's title, each row that has a cell as its number and its texts, and
null at the end. `{"refused": ...}` in place of any of them ends it; no end at all means the same.
"""

import json
import os
import sys
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from clinic.confined import hold_to_bounds

MB = 1024 * 1024
MOST_PARTS = 2_000
MOST_UNPACKED = 400 * MB
# Text of tables packs to a tenth or a fiftieth; what packs better than this was made for it.
MOST_RATIO, RATIO_FROM = 200, MB
# What is read whole before the first row, by how its name ends: bytes, and elements in it.
STRINGS = "sharedstrings.xml"
WHOLE = {"styles.xml": (8 * MB, 100_000), "": (4 * MB, 50_000)}
STRING_BYTES = 64 * MB
LAST_ROW, LAST_COLUMN = 1_048_576, 1_000  # Excel ends at the same row, and later.
LONGEST_TEXT = 32_767  # As in Excel.
PIECE = 256 * 1024


class Refused(Exception):
    """`too_large`, `no_sheet`, `uncomputed` or `broken`."""


def check_parts(archive: zipfile.ZipFile, most_strings: int) -> None:
    """Raise Refused for a bundle that holds more than a table of ours takes, before any of it is
    unpacked but what has to be counted."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused("too_large")
    for part in parts:
        packed = max(1, part.compress_size)
        if part.file_size > RATIO_FROM and part.file_size / packed > MOST_RATIO:
            raise Refused("too_large")
        name = part.filename.lower()
        if not name.endswith((".xml", ".rels")) or "/worksheets/sheet" in name:
            continue
        if name.endswith(STRINGS):
            most_bytes, most_elements = STRING_BYTES, most_strings
        else:
            most_bytes, most_elements = WHOLE.get(name.rpartition("/")[2], WHOLE[""])
        if part.file_size > most_bytes or elements_in(archive, part) > most_elements:
            raise Refused("too_large")


def elements_in(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many elements begin in it, those of an attribute at most too many."""
    count = 0
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            count += piece.count(b"<") - piece.count(b"</")
    return count


class Parser(WorkSheetParser):
    """Knows a formula that nothing has computed yet from a cell that is empty."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell = super().parse_cell(element)
        is_empty_text = element.get("t") == "str"  # So a formula's result may be, too.
        if cell["value"] is None and not is_empty_text and element.find(FORMULA_TAG) is not None:
            raise Refused("uncomputed")
        return cell


def sheet_rows(book: Any, sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows as they stand in the file: those that aren't there are not made up."""
    last = 0
    with sheet._get_source() as source:
        parser = Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            parser.row_dimensions.clear()
            if not last < number:
                raise Refused("broken")
            if number > LAST_ROW:
                raise Refused("too_large")
            last = number
            yield number, texts_of(cells)


def texts_of(cells: list[dict[str, Any]]) -> list[str]:
    texts: list[str] = []
    for cell in cells:
        text = as_text(cell["value"])
        place = cell["column"]
        if not text:
            continue
        if place > LAST_COLUMN or len(text) > LONGEST_TEXT:
            raise Refused("too_large")
        texts += [""] * (place - len(texts))
        texts[place - 1] = text
    return texts


def as_text(value: Any) -> str:
    """The value of a spreadsheet's cell as one would type it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
    return str(value)


def lines_of(content: BytesIO, most_strings: int) -> Iterator[Any]:
    """What is said of the first sheet. Of formulas, what they came to when it was saved."""
    try:
        with zipfile.ZipFile(content) as archive:
            check_parts(archive, most_strings)
        book = load_workbook(content, read_only=True, data_only=True, keep_links=False)
        if not book.worksheets:
            raise Refused("no_sheet")
        sheet = book.worksheets[0]
        yield {"title": sheet.title}
        yield from sheet_rows(book, sheet)
        yield None
    except Refused as error:
        yield {"refused": str(error)}
    except (MemoryError, SystemError):  # Written in C, some of it has no word for that.
        yield {"refused": "too_large"}
    except Exception as error:  # Whatever the library meets in a broken or hostile file.
        # The parser of XML says it in words that it has no memory left.
        yield {"refused": "too_large" if "memory" in str(error) else "broken"}


def read_from_input() -> None:
    warnings.simplefilter("ignore")
    limits = json.loads(sys.argv[1])
    hold_to_bounds(limits["cpu_seconds"], limits["memory"])
    content = BytesIO(sys.stdin.buffer.read())
    answers = sys.stdout.buffer
    with suppress(BrokenPipeError):
        for line in lines_of(content, limits["strings"]):
            answers.write(json.dumps(line).encode() + b"\n")
        answers.flush()
    os._exit(0)  # Nothing is left to say, and much might be left to clear away.


if __name__ == "__main__":
    read_from_input()
