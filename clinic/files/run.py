"""Checking a file against the rules of the clinic, and writing it: all of it, or nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, reset_queries, transaction

from clinic.files.locking import lock_kind, lock_rows
from clinic.files.preview import Preview
from clinic.files.reading import Refused, Table
from clinic.files.resource import Faults, FileResource

ROWS_A_BATCH = 500


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell; without a column, with the whole row."""

    row: int
    column: str
    sentence: str


@dataclass
class Line:
    """A row of the file on its way to a record."""

    number: int
    before: models.Model | None
    instance: models.Model
    faults: Faults
    is_changed: bool = True

    @property
    def kind(self) -> str:
        if self.before is None:
            return "new"
        return "changed" if self.is_changed else "unchanged"


@dataclass
class Outcome:
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: int = 0
    preview: Preview = field(default_factory=Preview)  # Of a file that is checked.


@dataclass
class Run:
    """One way through a file. `fault` and `progress` are told as it goes on."""

    resource: FileResource
    table: Table
    reopen: Callable[[], AbstractContextManager[Table]]  # The same table, from its start.
    fault: Callable[[Fault], None]
    progress: Callable[[int], None] = lambda rows: None
    max_rows: int | None = None
    outcome: Outcome = field(default_factory=Outcome)

    def check(self) -> Outcome:
        """Find every fault, and count what would be written. Nothing is."""
        with transaction.atomic():
            self.go(write=False)
            transaction.set_rollback(True)
        return self.outcome

    def write(self) -> Outcome:
        """Write every row, or, where one has a fault, none. Call it in a transaction of its own.

        After the first fault the rest is only checked, so that every fault is told.
        """
        with transaction.atomic():
            lock_kind(self.resource)
            with self.reopen() as table:
                lock_rows(self.resource, self.locked_keys(table))
            self.go(write=True)
            if self.outcome.faults:
                transaction.set_rollback(True)
        return self.outcome

    def locked_keys(self, table: Table) -> set[Any]:
        """The keys of the rows that the services will lock."""
        columns, seen, keys = self.columns(), Seen(), set()
        for batch in batches(table.rows):
            known = [row for row in batch if self.key_of(row[1], columns)]
            for line in self.read(batch if self.resource.locks_new else known, columns, seen):
                keys.add(self.resource.locked_key(line.before, line.instance))
        return keys - {None}

    def go(self, write: bool) -> None:
        """Raises Refused where the file can't be read to its end."""
        columns = self.columns()
        seen = Seen()
        for batch in batches(self.table.rows):
            self.outcome.rows += len(batch)
            if self.max_rows is not None and self.outcome.rows > self.max_rows:
                raise Refused(
                    f"The file has more than {self.max_rows:,} rows. Cut it into smaller files, or "
                    f"ask whoever runs the clinic's computer to use "
                    f"“manage.py import_{self.resource.kind}”."
                )
            lines = self.read(batch, columns, seen)
            self.judge(lines, seen)
            if write and not self.outcome.faults:
                self.save(lines)
            self.count(lines)
            if not write and not self.outcome.faults:
                self.preview(lines)
            self.progress(self.outcome.rows)
            forget_statements()
        if not self.outcome.rows:
            raise Refused("There is no row below the headings.")
        if write and not self.outcome.faults:
            self.resource.written()

    def columns(self) -> list[str]:
        """The names of the fields that the file's columns stand for, in its order."""
        names = [self.resource.column_of(heading) for heading in self.table.headings]
        unknown = [
            f"“{heading}”" if heading else f"number {number} (it has no heading)"
            for number, (heading, name) in enumerate(
                zip(self.table.headings, names, strict=True), 1
            )
            if name is None
        ]
        if unknown:
            known = ", ".join(self.resource.headings(list(self.resource.columns)))
            raise Refused(
                f"The clinic knows no column {', '.join(unknown)}. It knows these: {known}."
            )
        columns = [name for name in names if name is not None]
        twice = [name for name in columns if columns.count(name) > 1]
        if twice:
            heading = self.resource.headings(twice)[0]
            raise Refused(f"The column “{heading}” is there twice.")
        return columns

    def read(
        self, batch: list[tuple[int, list[str]]], columns: list[str], seen: "Seen"
    ) -> list[Line]:
        """The rows as records: those that their keys name, and new ones."""
        keys = [self.key_of(cells, columns) for _, cells in batch]
        normal = [self.resource.normal_key(cell) if cell else None for cell in keys]
        found = self.resource.find({one for one in normal if one})
        about = [str(found[one].pk) if one in found else one for one in normal]
        earlier = seen.note("key", [(n, one) for (n, _), one in zip(batch, about, strict=True)])
        lines = []
        for (number, cells), cell, one in zip(batch, keys, normal, strict=True):
            before = found.get(one) if one else None
            row = dict(zip(columns, cells, strict=False))
            instance, faults = self.resource.fill(before or self.resource.model(), row)
            if cell and before is None:
                sentence = "Nobody on record has this. Leave it empty for somebody new."
                faults = {self.resource.key: [ValidationError(sentence)]}
            elif number in earlier:
                sentence = f"Row {earlier[number]} is about the same record."
                faults.setdefault(self.resource.key, []).append(ValidationError(sentence))
            if len(cells) < len(columns) or any(cells[len(columns) :]):
                sentence = f"This row has {len(cells)} cells under {len(columns)} headings."
                faults.setdefault("", []).append(ValidationError(sentence))
            lines.append(Line(number, before, instance, faults))
        return lines

    def key_of(self, cells: list[str], columns: list[str]) -> str:
        if self.resource.key not in columns:
            return ""
        place = columns.index(self.resource.key)
        return cells[place] if place < len(cells) else ""

    def judge(self, lines: list[Line], seen: "Seen") -> None:
        """Let the services find what is wrong, and find what is twice in the file."""
        for line in lines:
            if line.before is not None:
                line.is_changed = bool(self.resource.changed(line.instance, line.before))
        due = [line for line in lines if line.is_changed and self.resource.key not in line.faults]
        told = [set(line.faults) for line in due]
        for line, faults in zip(
            due, self.resource.faults_of([line.instance for line in due], told), strict=True
        ):
            line.faults |= {
                name: found for name, found in faults.items() if name not in line.faults
            }
        for name in self.resource.unique:
            sound = [line for line in due if name not in line.faults]
            values = [(line.number, text_of(line.instance, name)) for line in sound]
            earlier = seen.note(name, values)
            for line in sound:
                if line.number in earlier:
                    sentence = f"Row {earlier[line.number]} has the same."
                    line.faults[name] = [ValidationError(sentence)]
        self.tell(lines)

    def tell(self, lines: list[Line]) -> None:
        place = {name: number for number, name in enumerate(self.resource.columns)}
        for line in lines:
            for name in sorted(line.faults, key=lambda name: place.get(name, len(place))):
                column = self.resource.heading_of(self.attribute(name))
                for fault in line.faults[name]:
                    for sentence in fault.messages:
                        self.outcome.faults += 1
                        self.fault(Fault(line.number, column, sentence))

    def attribute(self, name: str) -> str:
        """Faults are keyed to fields of the model; the key's, to the column."""
        return self.resource.columns[name].attribute if name == self.resource.key else name

    def save(self, lines: list[Line]) -> None:
        """Hand the rows to the services. What they refuse only now is a fault like any other."""
        new = [line for line in lines if line.before is None]
        refused = self.resource.create([line.instance for line in new]) if new else []
        for line, faults in zip(new, refused, strict=False):
            line.faults = faults
        for line in lines:
            if line.before is not None and line.is_changed:
                try:
                    self.resource.change(line.instance)
                except ValidationError as error:
                    line.faults = error.update_error_dict({})
        self.tell(lines)

    def count(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if not line.faults:
                setattr(self.outcome, line.kind, getattr(self.outcome, line.kind) + 1)

    def preview(self, lines: Iterable[Line]) -> None:
        note = self.outcome.preview.note
        for line in lines:
            note(line.kind, line.number, self.resource, line.instance, line.before)


def forget_statements() -> None:
    """With DEBUG on, Django remembers statements by the thousand: let go of them."""
    if not connection.force_debug_cursor:  # Somebody counts them.
        reset_queries()


def text_of(instance: Any, name: str) -> str:
    value = getattr(instance, name)
    return str(value).replace("\x00", "").strip().lower() if value else ""


def batches(rows: Iterator[Any], size: int = ROWS_A_BATCH) -> Iterator[list[Any]]:
    while batch := list(islice(rows, size)):
        yield batch


class Seen:
    """What the rows so far have held, in a temporary table: a million of them take no memory.

    It lives until the transaction ends.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.seen_in_file")
            cursor.execute(
                "CREATE TEMPORARY TABLE seen_in_file (field text, value text, number integer, "
                "PRIMARY KEY (field, value)) ON COMMIT DROP"
            )

    def note(self, field: str, values: Sequence[tuple[int, str | None]]) -> dict[int, int]:
        """Keep the values of these rows, and return which of them an earlier row had: the numbers
        of both rows. Empty values don't count."""
        held = [(number, value) for number, value in values if value]
        if not held:
            return {}
        numbers, texts = map(list, zip(*held, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO seen_in_file SELECT DISTINCT ON (value) %s, value, number "
                "FROM unnest(%s::text[], %s::integer[]) AS row (value, number) "
                "ORDER BY value, number ON CONFLICT DO NOTHING",
                [field, texts, numbers],
            )
            cursor.execute(
                "SELECT value, number FROM seen_in_file WHERE field = %s AND value = ANY(%s)",
                [field, texts],
            )
            first = dict(cursor.fetchall())
        return {number: first[value] for number, value in held if first[value] != number}
