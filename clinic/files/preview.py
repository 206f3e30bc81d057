"""What would become of the rows of a file: the first of each kind, for somebody to look at."""

import json
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import models

from clinic.files.faults import FaultyValue, Group
from clinic.files.resource import FileResource

SHOWN = 100  # Rows of each kind, however many there are.
KINDS = {"new": "New", "changed": "Changed", "unchanged": "As they were"}
NOT_SHOWN = "(not shown)"


@dataclass(frozen=True)
class Value:
    """What stands in a field and what would stand there. Of a secret, neither is kept."""

    heading: str
    before: str = ""
    after: str = ""
    is_secret: bool = False


@dataclass(frozen=True)
class Row:
    """A row of the file by its number in the spreadsheet, with the key and the name of the record
    that it is about; both are empty for a new one. The values are those that would change."""

    number: int
    key: str = ""
    name: str = ""
    values: list[Value] = field(default_factory=list)


@dataclass
class Preview:
    """The first `SHOWN` rows of each kind: a million of them take no more memory. With what is
    wrong with others, by kind, and how the file was read."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    faults: list[Group] = field(default_factory=list)
    form: str = ""

    def note(
        self,
        kind: str,
        number: int,
        resource: FileResource,
        instance: models.Model,
        before: models.Model | None,
    ) -> None:
        """Keep what a row without a fault would do, unless there are enough of its kind."""
        rows = getattr(self, kind)
        if len(rows) >= SHOWN:
            return
        if before is None:
            rows.append(Row(number, values=values_of(resource, instance)))
            return
        key = resource.normal_key(resource.columns[resource.key].text_of(before)) or ""
        changes = values_of(resource, instance, before)
        rows.append(Row(number, key, resource.name_of(before), changes))

    @property
    def keys(self) -> set[str]:
        """Those of the records of which it says anything."""
        return {row.key for row in (*self.changed, *self.unchanged)}

    def without(self, is_hidden: Callable[[Row], bool]) -> "Preview":
        shown = copy(self)
        for kind in KINDS:
            setattr(shown, kind, [row for row in getattr(self, kind) if not is_hidden(row)])
        return shown

    def as_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Preview":
        kept = json.loads(text)
        rows = {kind: [row_from(row) for row in kept[kind]] for kind in KINDS}
        # One that an earlier release kept has neither.
        faults = [group_from(one) for one in kept.get("faults", [])]
        return cls(**rows, faults=faults, form=kept.get("form", ""))


def row_from(kept: dict[str, Any]) -> Row:
    return Row(**kept | {"values": [Value(**value) for value in kept["values"]]})


def group_from(kept: dict[str, Any]) -> Group:
    return Group(**kept | {"values": [FaultyValue(**value) for value in kept["values"]]})


def values_of(
    resource: FileResource, instance: models.Model, before: models.Model | None = None
) -> list[Value]:
    """The fields that are another than before; of a new record, those that hold something."""
    if before is not None:
        return [
            value_of(resource, name, instance, before)
            for name in resource.changed(instance, before)
        ]
    values = [(name, value_of(resource, name, instance)) for name in resource.written_columns()]
    return [value for name, value in values if value.after or resource.holds(instance, name)]


def value_of(
    resource: FileResource, name: str, instance: models.Model, before: models.Model | None = None
) -> Value:
    [heading] = resource.headings([name])
    if resource.is_secret(name):
        return Value(heading, is_secret=True)
    [after] = resource.cells(instance, [name])
    return Value(heading, resource.cells(before, [name])[0] if before else "", after)


def lines_of(preview: Preview, counts: dict[str, int]) -> Iterator[str]:
    """The preview as lines for a terminal; `counts` are those of all rows, by kind."""
    for kind, title in KINDS.items():
        rows: list[Row] = getattr(preview, kind)
        if not rows:
            continue
        more = f" The first {len(rows)}:" if counts[kind] > len(rows) else ""
        yield f"{title}: {counts[kind]:,}.{more}"
        for row in rows:
            yield harmless(f"  Row {row.number} {row.name}")
            for value in row.values:
                yield harmless(
                    f"    {value.heading}: {preview_text(value, is_change=kind == 'changed')}"
                )


def preview_text(value: Value, is_change: bool) -> str:
    if value.is_secret:
        return f"changed {NOT_SHOWN}" if is_change else NOT_SHOWN
    return f"{value.before or '-'} -> {value.after or '-'}" if is_change else value.after


def harmless(line: str) -> str:
    """Without what a terminal would obey."""
    return "".join(character for character in line if character.isprintable()).rstrip()
