"""The rows of a file that have a fault, to be put right and sent again."""

from collections.abc import Iterator

from clinic.files.matching import WHY
from clinic.files.run import batches
from clinic.files.transfers import kept_table
from clinic.files.workbooks.process import IN_A_JOB
from clinic.models import FileTransfer


def rest_of(transfer: FileTransfer) -> tuple[list[str], str, Iterator[list[list[str]]]]:
    """Headings as they came, with one more for what is wrong; the sign that parted the cells (a
    comma for a workbook's); and the rows in batches, read from the file as they are taken."""
    with kept_table(transfer) as table:
        headings, delimiter = table.headings, table.delimiter or ","
    old = headings.index(WHY) if WHY in headings else None
    return [*without(headings, old), WHY], delimiter, rows_with_faults(transfer, len(headings), old)


def rows_with_faults(
    transfer: FileTransfer, width: int, old: int | None
) -> Iterator[list[list[str]]]:
    told: dict[int, list[str]] = {}
    for row, column, sentence in transfer.faults:
        told.setdefault(row, []).append(f"{column}: {sentence}" if column else sentence)
    with kept_table(transfer, IN_A_JOB) as table:  # As slowly as they are taken.
        rows = (
            [*without([*cells, *[""] * (width - len(cells))], old), " ".join(told[number])]
            for number, cells in table.rows
            if number in told
        )
        yield from batches(rows)


def without(cells: list[str], place: int | None) -> list[str]:
    """Without what an earlier file of this kind said of its rows."""
    return cells if place is None else [*cells[:place], *cells[place + 1 :]]
