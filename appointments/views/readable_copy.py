"""An export as a document to read and to print: every key that is in it, in the reader's words."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.views.export_words import label_of, word_for
from clinic.templatetags.dates import written

PHOTO = "content_base64"
EMPTY = "\u2013"


@dataclass
class Block:
    """What stands under one heading, in this order."""

    title: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    picture: str = ""  # A `data:` address.
    table: list[list[tuple[str, str]]] = field(default_factory=list)  # Rows of headings and cells.
    blocks: list["Block"] = field(default_factory=list)
    is_empty: bool = False


def readable_blocks(data: dict[str, Any]) -> list[Block]:
    """What `everything_on()` has collected, in the language that is spoken."""
    return [block_of(name, value) for name, value in data.items()]


def block_of(where: str, value: Any) -> Block:
    block = Block(label_of(where))
    if isinstance(value, dict):
        fill_block(block, where, value)
    elif not value:
        block.is_empty = True
    elif any(isinstance(each, list | dict) for row in value for each in row.values()):
        block.blocks = [titled_block(where, row) for row in value]
    else:
        block.table = [facts_of(where, row) for row in value]
    return block


def titled_block(where: str, row: dict[str, Any]) -> Block:
    """One of several of a kind, under the first time in it."""
    first = next((text for text in row.values() if isinstance(text, datetime)), None)
    block = Block(text_of(where, first))
    fill_block(block, where, row)
    return block


def fill_block(block: Block, where: str, data: dict[str, Any]) -> None:
    for name, value in data.items():
        place = f"{where}.{name}"
        if name == PHOTO:
            block.picture = f"data:{data['content_type']};base64,{value}"
        elif isinstance(value, dict) or (isinstance(value, list) and is_table(value)):
            block.blocks.append(block_of(place, value))
        else:
            block.facts.append((label_of(place), text_of(place, value)))


def facts_of(where: str, row: dict[str, Any]) -> list[tuple[str, str]]:
    places = {f"{where}.{name}": value for name, value in row.items()}
    return [(label_of(place), text_of(place, value)) for place, value in places.items()]


def is_table(rows: list) -> bool:
    return any(isinstance(row, dict) for row in rows)


def text_of(where: str, value: Any) -> str:
    """A value as people write it in this language; times in the clinic's zone."""
    if value is None or value == "" or value == []:
        return EMPTY
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return written(timezone.localtime(value), "j F Y, H:i")
    if isinstance(value, date):
        return written(value, "j F Y")
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return word_for(where, str(value))
