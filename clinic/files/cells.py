"""What stands in a cell: headings, and text that a spreadsheet must not take for a formula."""

import re
from datetime import date, datetime
from typing import Any

# A spreadsheet may compute what begins with one of these, in ASCII or full width, even behind
# blanks (OWASP: CSV injection). The apostrophe is what spreadsheets themselves write before text.
FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def defused(text: str) -> str:
    """The text so that no spreadsheet computes it. `undefused()` gives exactly the text back."""
    return f"'{text}" if FORMULA.match(text) else text


def undefused(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


def defused_in_text_cell(text: str) -> str:
    """As `defused()`, for cells that are text by their type: numbers of phones stay as they are."""
    return text if PHONE.fullmatch(text) else defused(text)


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
