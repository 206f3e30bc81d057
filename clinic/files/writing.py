"""Tables into files: CSV as a stream, XLSX for what a spreadsheet can hold."""

import csv
import io
from collections.abc import Generator, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from clinic.files.cells import defused, defused_in_text_cell

BOM = "\ufeff"  # Spreadsheets take a CSV file for UTF-8 by it.
IN_MEMORY_BYTES = 8 * 1024 * 1024


def csv_text(rows: Iterable[list[str]], delimiter: str = ",") -> str:
    """Every cell is quoted, so that blanks and other signs that part cells stay in it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return text.getvalue()


def csv_stream(
    headings: list[str], batches: Iterable[list[list[str]]], delimiter: str = ","
) -> Iterator[bytes]:
    """The file in pieces, one for each batch of rows. Who stops taking ends the batches, too."""
    try:
        yield (BOM + csv_text([headings], delimiter)).encode()
        for batch in batches:
            yield csv_text(batch, delimiter).encode()
    finally:
        if isinstance(batches, Generator):
            batches.close()


def workbook(headings: list[str], batches: Iterable[list[list[str]]]) -> IO[bytes]:
    """An XLSX file, at its beginning. Every cell is text, by type and by format."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Records")
    sheet.freeze_panes = "A2"
    sheet.append([text_cell(sheet, heading, is_heading=True) for heading in headings])
    for batch in batches:
        for row in batch:
            sheet.append([text_cell(sheet, cell) for cell in row])
    file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  # The answer closes it.
    book.save(file)
    file.seek(0)
    return file


def text_cell(sheet, text: str, is_heading: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", defused_in_text_cell(text))
    cell.data_type = "s"
    cell.quotePrefix = True  # Text, too, for whoever types into the cell again.
    cell.number_format = "@"
    if is_heading:
        cell.font = Font(bold=True)
    return cell
