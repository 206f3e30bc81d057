"""What stands in a cell: headings, and text that a spreadsheet must not take for a formula."""

import re
from datetime import date, datetime
from typing import Any

# A spreadsheet may compute what begins with one of these, in ASCII or full width, even behind
# blanks (OWASP: CSV injection). The apostrophe is what spreadsheets themselves write before text.
SIGN = r"[\s']*[=+\-@＝＋－＠]"  # noqa: RUF001
FORMULA = re.compile(rf"{SIGN}|[\t\r\n]")
# Where another sign parts the cells than the one the file was written with, as in the Excel of
# another country, cells are cut within a text, quoted or not: what follows there is the beginning
# of a cell. Quoting alone can't help, so the apostrophe stands there, too.
PARTED = r"(?<=[;,|\t\r\n])"
WITHIN = re.compile(rf"{PARTED}(?={SIGN})")
DEFUSED_WITHIN = re.compile(rf"{PARTED}'(?={SIGN})")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def defused(text: str) -> str:
    """The text so that no spreadsheet computes it or a part of it, whatever it takes for the sign
    between cells. `undefused()` gives exactly the text back."""
    return marked(WITHIN.sub("'", text))


def undefused(text: str) -> str:
    if text.startswith("'") and FORMULA.match(text[1:]):
        text = text[1:]
    return DEFUSED_WITHIN.sub("", text)


def defused_in_text_cell(text: str) -> str:
    """As `defused()`, for cells that are text by their type and are never parted anew: numbers of
    phones stay as they are, and what `undefused()` would take away is written twice."""
    return text if PHONE.fullmatch(text) else marked(DEFUSED_WITHIN.sub("''", text))


def marked(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text


def heading_key(heading: str) -> str:
    """What two ways of writing the same heading have in common: `E-mail`, `email`, ` EMAIL`."""
    return re.sub(r"[\W_]", "", heading.casefold())


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
