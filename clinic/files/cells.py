"""What stands in a cell: headings, and text that a spreadsheet must not take for a formula."""

import re

# A spreadsheet may compute what begins with one of these, in ASCII or full width, even behind
# blanks or a quotation mark (OWASP: CSV injection). The apostrophe is what spreadsheets themselves
# write before text.
SIGN = re.compile(r"[=+\-@＝＋－＠]")  # noqa: RUF001
MARKS = "'\""
FORMULA = re.compile(rf"[\s{MARKS}]*{SIGN.pattern}|[\t\r\n]")
# Where another sign parts the cells than the one the file was written with, as in the Excel of
# another country, cells are cut within a text, quoted or not: what follows there is the beginning
# of a cell. Quoting alone can't help, so the apostrophe stands there, too.
PARTING = ";,|\t\r\n"
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def defused(text: str) -> str:
    """The text so that no spreadsheet computes it or a part of it, whatever it takes for the sign
    between cells. `undefused()` gives exactly the text back."""
    return marked(with_marks(text, starts(text)))


def undefused(text: str) -> str:
    if text.startswith("'") and FORMULA.match(text[1:]):
        text = text[1:]
    taken = {place for place in starts(text) if text[place] == "'"}
    return "".join(sign for place, sign in enumerate(text) if place not in taken) if taken else text


def defused_in_text_cell(text: str) -> str:
    """As `defused()`, for cells that are text by their type and are never parted anew: numbers of
    phones stay as they are, and what `undefused()` would take away is written twice."""
    if PHONE.fullmatch(text):
        return text
    return marked(with_marks(text, [place for place in starts(text) if text[place] == "'"]))


def starts(text: str) -> list[int]:
    """Where within the text a cell may begin that is computed: behind a sign that may part cells,
    with only blanks and marks up to the sign of a formula. Each character is looked at once."""
    found = []
    for sign in SIGN.finditer(text):
        place = sign.start()
        while place > 0:
            before = text[place - 1]
            if before in PARTING:
                found.append(place)
            if not before.isspace() and before not in MARKS:
                break
            place -= 1
    return sorted(found)


def with_marks(text: str, places: list[int]) -> str:
    """The text with an apostrophe at each of these places, which are in their order."""
    ends = [*places, len(text)]
    parts = [text[begin:end] for begin, end in zip([0, *places], ends, strict=True)]
    return "'".join(parts)


def marked(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text


def heading_key(heading: str) -> str:
    """What two ways of writing the same heading have in common: `E-mail`, `email`, ` EMAIL`."""
    return re.sub(r"[\W_]", "", heading.casefold())
