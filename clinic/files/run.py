"""Checking a file against the rules of the clinic, and writing it: all of it, or nothing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, reset_queries, transaction

from clinic.files.faults import TWICE, Fault
from clinic.files.locking import lock_kind, lock_rows
from clinic.files.matching import LEFT_OUT
from clinic.files.preview import Preview
from clinic.files.reading import Refused, Table
from clinic.files.resource import Faults, FileResource
from clinic.files.seen import Seen

ROWS_A_BATCH = 500


@dataclass
class Line:
    """A row of the file on its way to a record."""

    number: int
    before: models.Model | None
    instance: models.Model
    faults: Faults
    row: dict[str, str]  # The cells, by the names of their columns.
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
    """One way through a file. `fault` and `progress` are told as it goes on.

    `columns` has the field that each column of the file stands for, `answers` what was said of
    whole columns. A run that `is_partial` writes the rows that have no fault, but for those in
    `left_out`; another one writes all rows or none.
    """

    resource: FileResource
    table: Table
    reopen: Callable[[], AbstractContextManager[Table]]  # The same table, from its start.
    columns: list[str]
    fault: Callable[[Fault], None]
    progress: Callable[[int], None] = lambda rows: None
    max_rows: int | None = None
    answers: Mapping[str, list[str]] = field(default_factory=dict)
    is_partial: bool = False
    left_out: Collection[int] = ()
    outcome: Outcome = field(default_factory=Outcome)

    def check(self) -> Outcome:
        """Find every fault, and count what would be written. Nothing is."""
        with transaction.atomic():
            self.go(write=False)
            transaction.set_rollback(True)
        return self.outcome

    def write(self) -> Outcome:
        """Write every row, or, where one has a fault, none; of a partial run, those without one.
        Call it in a transaction of its own.

        After the first fault the rest is only checked, so that every fault is told.
        """
        with transaction.atomic():
            lock_kind(self.resource)
            self.resource.begin_writing(self.columns)
            with self.reopen() as table:
                lock_rows(self.resource, self.locked_keys(table))
            self.go(write=True)
            if not self.may_write:
                transaction.set_rollback(True)
        return self.outcome

    @property
    def may_write(self) -> bool:
        return self.is_partial or not self.outcome.faults

    def locked_keys(self, table: Table) -> set[Any]:
        """The keys of the rows that the services will lock."""
        seen = Seen()
        keys: set[Any] = set()
        for batch in batches(table.rows):
            due = [row for row in batch if row[0] not in self.left_out]
            known = [row for row in due if self.key_of(row[1])]
            lines = self.read(due if self.resource.locks_new else known, seen)
            keys |= self.resource.locked_keys([(line.before, line.instance) for line in lines])
        return keys

    def go(self, write: bool) -> None:
        """Raises Refused where the file can't be read to its end."""
        seen = Seen()
        for batch in batches(self.table.rows):
            self.outcome.rows += len(batch)
            if self.max_rows is not None and self.outcome.rows > self.max_rows:
                raise Refused(
                    f"The file has more than {self.max_rows:,} rows. Cut it into smaller files, or "
                    f"ask whoever runs the clinic's computer to use "
                    f"“manage.py import_{self.resource.kind}”."
                )
            lines = self.read([row for row in batch if row[0] not in self.left_out], seen)
            self.judge(lines, seen)
            if write and self.may_write:
                self.save([line for line in lines if not line.faults])
            sound = [line for line in lines if not line.faults]
            self.count(sound)
            if not write:
                self.preview(sound)
            self.progress(self.outcome.rows)
            forget_statements()
        if not self.outcome.rows:
            raise Refused("There is no row below the headings.")
        if write and self.may_write:
            self.resource.written()

    def read(self, batch: list[tuple[int, list[str]]], seen: Seen) -> list[Line]:
        """The rows as records: those that their keys name, and new ones."""
        keys = [self.key_of(cells) for _, cells in batch]
        normal = [self.resource.normal_key(cell) if cell else None for cell in keys]
        found = self.resource.find({one for one in normal if one})
        about = [str(found[one].pk) if one in found else one for one in normal]
        earlier = seen.note("key", [(n, one) for (n, _), one in zip(batch, about, strict=True)])
        lines = []
        for (number, cells), cell, one in zip(batch, keys, normal, strict=True):
            before = found.get(one) if one else None
            pairs = zip(self.columns, cells, strict=False)
            row = {name: text for name, text in pairs if name != LEFT_OUT}
            new = before or self.resource.model()
            instance, faults = self.resource.fill(new, row, self.answers)
            if cell and before is None:
                sentence = "Nobody on record has this. Leave it empty for somebody new."
                faults = {self.resource.key: [ValidationError(sentence)]}
            elif number in earlier:
                sentence = f"Row {earlier[number]} is about the same record."
                fault = ValidationError(sentence, code=TWICE)
                faults.setdefault(self.resource.key, []).append(fault)
            width = len(self.columns)
            if len(cells) < width or any(cells[width:]):
                sentence = f"This row has {len(cells)} cells under {width} headings."
                faults.setdefault("", []).append(ValidationError(sentence))
            lines.append(Line(number, before, instance, faults, row))
        return lines

    def key_of(self, cells: list[str]) -> str:
        if self.resource.key not in self.columns:
            return ""
        place = self.columns.index(self.resource.key)
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
            texts = [(line.number, text_of(line.instance, name)) for line in sound]
            values = [(number, text) for number, text in texts if text]
            earlier = seen.note(name, values)
            for line in sound:
                if line.number in earlier:
                    sentence = f"Row {earlier[line.number]} has the same."
                    line.faults[name] = [ValidationError(sentence, code=TWICE)]
        self.tell(lines)

    def tell(self, lines: list[Line]) -> None:
        place = {name: number for number, name in enumerate(self.resource.columns)}
        for line in lines:
            for name in sorted(line.faults, key=lambda name: place.get(name, len(place))):
                for error in line.faults[name]:
                    for sentence in error.messages:
                        self.outcome.faults += 1
                        self.fault(self.fault_of(line, name, error.code or "", sentence))

    def fault_of(self, line: Line, name: str, code: str, sentence: str) -> Fault:
        """Faults are keyed to fields of the model; the key's, to the column."""
        resource = self.resource
        attribute = resource.columns[name].attribute if name == resource.key else name
        column = resource.heading_of(attribute)
        names = (one for one, column in resource.columns.items() if column.attribute == attribute)
        of_column = next(names, "")
        is_hidden = of_column != resource.key and of_column and resource.is_secret(of_column)
        value = "" if is_hidden else line.row.get(of_column, "")
        return Fault(line.number, column, sentence, of_column, code, value)

    def save(self, lines: list[Line]) -> None:
        """Hand the rows to the services. What they refuse only now is a fault like any other."""
        self.create([line for line in lines if line.before is None])
        for line in lines:
            if line.before is not None and line.is_changed:
                try:
                    self.resource.change(line.instance)
                except ValidationError as error:
                    line.faults = error.update_error_dict({})
        self.tell(lines)

    def create(self, lines: list[Line]) -> None:
        """Save new records. Where some are refused a partial run saves the others after all."""
        if not lines:
            return
        with transaction.atomic():
            refused = self.resource.create([line.instance for line in lines])
            again = self.is_partial and any(refused)
            transaction.set_rollback(again)
        for line, faults in zip(lines, refused, strict=False):
            line.faults = faults
        if again:
            for line in lines:
                line.instance._state.adding = True
            self.create([line for line in lines if not line.faults])

    def count(self, lines: Iterable[Line]) -> None:
        for line in lines:
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
