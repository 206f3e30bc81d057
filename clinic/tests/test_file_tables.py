"""Tables in files: what is read, what is refused, and what a spreadsheet may not compute."""

import csv
import io
import re
import time
import zipfile
from datetime import date, datetime

import pytest
from django.conf import settings

from clinic.files import writing
from clinic.files.cells import defused, undefused
from clinic.files.reading import Refused, open_table
from clinic.tests.files import csv_rows, table, workbook, xlsx_cells

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "'=1", "''+1"]  # noqa: RUF001
# Formulas only where something else parts the cells than what the file was written with.
WITHIN = ["a;=1", "a,+1", "a\t-1", "a|@x", "a\n=b", "a; ' =1", "a;'=1", "a,;=1;'\n'+2", ";=1"]
WITHIN += ['a;"=1', "a\n \n'=b", "'a;\"'=1"]
HARMLESS = ["", "Ada", "O'Neil", "'s-Gravenhage", "1=1", "'", "a;b", "a; b-c", "x@y.example, z"]


def read(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with open_table(io.BytesIO(content)) as found:
        return found.headings, list(found.rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_csv_file_is_read_whatever_parts_its_cells(delimiter, start):
    content = table(
        ["Name", "City"], ["Müller, J; x\ty", "Köln"], [], ["Ж", ""], delimiter=delimiter
    )

    headings, rows = read(start + content)

    assert headings == ["Name", "City"]
    assert rows == [(2, ["Müller, J; x\ty", "Köln"]), (4, ["Ж", ""])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_file_is_read_in_whatever_it_is_written(encoding):
    content = "Straße;Größe\r\nÄgidienweg;10 €\r\n".encode(encoding)

    assert read(content) == (["Straße", "Größe"], [(2, ["Ägidienweg", "10 €"])])


def test_a_line_that_names_the_sign_between_the_cells_is_none_of_the_table():
    assert read(b"sep=;\r\nName;City\r\nAda;Berlin\r\n") == (
        ["Name", "City"], [(3, ["Ada", "Berlin"])]
    )  # fmt: skip


def test_quoted_headings_are_not_counted_for_what_parts_the_cells():
    assert read(b'"Name, first, last";City\nAda;Berlin\n')[0] == ["Name, first, last", "City"]


def test_a_workbook_is_read_as_one_would_type_it():
    rows = [
        ["Name", "Day", "Number", "Active"],
        ["Ада", date(1985, 3, 24), 30.0, True],
        [None] * 4,
        [" Bob ", datetime(2001, 2, 3, 4, 5)],  # noqa: DTZ001  # As workbooks hold them.
    ]

    headings, found = read(workbook(*rows))

    assert headings == ["Name", "Day", "Number", "Active"]
    assert found == [
        (2, ["Ада", "1985-03-24", "30", "yes"]),
        (4, ["Bob", "2001-02-03", "", ""]),
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "headings"),
        (b"\n\n", "headings"),
        (b"Name\nM\x81ller", "can't be made out"),
        (b"Name\nM\xfcller\x00", "can't be made out"),
        ("Name".encode("utf-16")[:-1], "can't be made out"),
        (b'Name\n"Ada', "quotation mark"),
        (b"Name\n" + b"x" * 200_000, "Row 2"),
        (b"\xd0\xcf\x11\xe0old", "XLS"),
        (b"PK\x03\x04broken", "XLSX"),
        (workbook(["Name"])[:-300], "XLSX"),
        (b",".join(b"a%d" % number for number in range(201)), "200 columns"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(content, word):
    with pytest.raises(Refused, match=word):
        read(content)


def test_a_zip_file_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")

    with pytest.raises(Refused, match="XLSX"):
        read(file.getvalue())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_spreadsheet_computes_what_a_cell_says(text):
    assert defused(text).startswith("'")
    assert undefused(defused(text)) == text


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("written", [",", ";", "\t"])
def test_no_spreadsheet_computes_a_part_of_a_cell_whatever_parts_the_cells(sign, written):
    content = b"".join(writing.csv_stream(["Text"], [[["1", one]] for one in WITHIN], written))
    text = io.StringIO(content.decode("utf-8-sig"), newline="")

    cells = [cell for row in csv.reader(text, delimiter=sign) for cell in row]

    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_a_long_text_is_gone_through_once():
    texts = ["x" + "\n" * 30_000 + "=1", "x" + "\n;'" * 10_000 + "x", "=\n" * 15_000]
    begun = time.thread_time()

    assert [undefused(defused(text)) for text in texts] == texts
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text):
    assert defused(text) == undefused(text) == text


def written(*rows: list[str]) -> bytes:
    with writing.workbook(rows[0], [list(rows[1:])]) as file:
        return file.read()


@pytest.mark.parametrize("text", HOSTILE + WITHIN + HARMLESS[1:])
def test_both_kinds_of_file_give_back_what_was_written(text):
    """But for blanks around it, which no record has."""
    kinds = [
        b"".join(writing.csv_stream(["Text", "End"], [[[text, "x"]]])),
        written(["Text", "End"], [text, "x"]),
    ]

    for content in kinds:
        [(number, cells)] = read(content)[1]
        assert number == 2
        assert cells[0].strip() == text.strip()


def test_cells_of_a_workbook_are_text_and_phones_stay_as_they_are():
    content = written(["Phone", "Name"], ["+4930901820", "=1+1"])

    phone, name = xlsx_cells(content)[1]

    assert (phone.value, phone.data_type, phone.number_format) == ("+4930901820", "s", "@")
    assert (name.value, name.data_type) == ("'=1+1", "s")
    assert phone.quotePrefix


def test_the_csv_file_bears_its_encoding():
    content = b"".join(writing.csv_stream(["Name"], [[["Жанна"]], [["+4930901820"]]]))

    assert csv_rows(content) == [["Name"], ["Жанна"], ["'+4930901820"]]


def test_every_csv_file_is_written_in_the_one_place_that_guards_its_cells():
    apps = ("clinic", "accounts", "doctors", "patients", "appointments")
    modules = [path for app in apps for path in (settings.BASE_DIR / app).rglob("*.py")]
    writers = {
        path.relative_to(settings.BASE_DIR).as_posix()
        for path in modules
        if "tests" not in path.parts and re.search(r"csv\.(writer|DictWriter)", path.read_text())
    }

    assert writers == {"clinic/files/writing.py"}
