"""Workbooks that were made to cost much, or to lead somewhere."""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable

from clinic.tests.files import workbook

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
STRINGS, BOOK, TYPES = "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"
STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ROWS = [["Name", "City"], ["Ada", "London"]]


def changed(part: str, change: Callable[[str], str], **more: str) -> bytes:
    """A workbook of two rows with one of its parts changed, and some more parts."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(*ROWS))) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, change(text) if name == part else text)
        for name, text in more.items():
            new.writestr(name, text)
    return made.getvalue()


def with_rows(*rows: str) -> bytes:
    """The rows of the sheet as XML, behind the headings."""
    return changed(SHEET, lambda text: text.replace("</sheetData>", "".join(rows) + "</sheetData>"))


def row(number: int | str, cells: str = '<c t="inlineStr"><is><t>Bob</t></is></c>') -> str:
    return f'<row r="{number}">{cells}</row>'


def with_strings(count: int, text: Callable[[int], str]) -> bytes:
    strings = "".join(f"<si><t>{text(number)}</t></si>" for number in range(count))
    named = f'<Override PartName="/{STRINGS}" ContentType="{STRINGS_TYPE}"/></Types>'
    part = {STRINGS: f"<sst {MAIN}>{strings}</sst>"}
    return changed(TYPES, lambda text: text.replace("</Types>", named), **part)


def noise(number: int) -> str:
    return random.Random(number).randbytes(6).hex()


def with_styles(count: int, style: str = '<xf numFmtId="0"/>') -> bytes:
    return changed(
        STYLES, lambda text: re.sub(r"(<cellXfs[^>]*>)", rf"\1{style * count}", text, count=1)
    )


def with_entities() -> bytes:
    """A billion laughs."""
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    sheet = (
        f'<worksheet {MAIN}><sheetData><row r="1"><c t="inlineStr"><is><t>&j;</t></is></c></row>'
    )
    return changed(SHEET, lambda _: f"<!DOCTYPE x [{entities}]>{sheet}</sheetData></worksheet>")


def reading_a_file() -> bytes:
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    return changed(SHEET, lambda text: doctype + text.replace("Ada", "&e;"))


def with_lying_size() -> bytes:
    """The directory says that the sheet unpacks to ten bytes."""
    content = bytearray(workbook(*ROWS))
    at = content.rfind(b"PK\x01\x02")
    while SHEET.encode() not in content[at : at + 46 + len(SHEET)]:
        at = content.rfind(b"PK\x01\x02", 0, at)
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


def of_many_parts() -> bytes:
    made = io.BytesIO(workbook(*ROWS))
    with zipfile.ZipFile(made, "a") as archive:
        for number in range(2_001):
            archive.writestr(f"../../etc/{number}", "")
    return made.getvalue()


LARGE, BROKEN = "too large", "can't be read as an XLSX"
# What it is: how it is made, and the sentence that it is refused with.
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "row 10^9": (lambda: with_rows(row(10**9)), LARGE),
    "row 10^300": (lambda: with_rows(row("1" + "0" * 300)), LARGE),
    "rows that go back": (lambda: with_rows(row(5), row(4)), BROKEN),
    "row of no number": (lambda: with_rows(row("x")), BROKEN),
    "a cell of column XFD": (lambda: with_rows(row(3, '<c r="XFD3"><v>1</v></c>')), LARGE),
    "a cell of no column": (lambda: with_rows(row(3, '<c r="3"><v>1</v></c>')), BROKEN),
    "a text of 40,000": (
        lambda: with_rows(row(3, f'<c t="inlineStr"><is><t>{"x" * 40_000}</t></is></c>')),
        LARGE,
    ),
    "27 KB of styles": (lambda: with_styles(500_000), LARGE),
    "styles that pack badly": (
        lambda: with_styles(1, "".join(f'<xf numFmtId="{noise(n)}"/>' for n in range(100_001))),
        LARGE,
    ),
    "70 KB of shared strings": (lambda: with_strings(1_500_000, lambda _: ""), LARGE),
    "a string that is not there": (lambda: with_rows(row(3, '<c t="s"><v>99</v></c>')), BROKEN),
    "a billion laughs": (with_entities, BROKEN),
    "a file of the machine": (reading_a_file, BROKEN),
    "a size that is a lie": (with_lying_size, BROKEN),
    "2,001 parts": (of_many_parts, LARGE),
    "a megabyte of zeros a kilobyte": (
        lambda: changed(SHEET, lambda text: text, **{"xl/media/a.xml": "\0" * 50_000_000}),
        LARGE,
    ),
    "no sheet": (
        lambda: changed(BOOK, lambda text: re.sub(r"<sheets>.*</sheets>", "<sheets/>", text)),
        "no sheet with a table",
    ),
    "cut off": (lambda: workbook(*ROWS)[:-200], BROKEN),
}
