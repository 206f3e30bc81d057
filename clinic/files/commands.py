"""`manage.py import_...` and `export_...`: files of any length, by the rules of the console."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from clinic.emails import normal_email
from clinic.files import exporting, preview, writing
from clinic.files.columns import Day
from clinic.files.dates import DAY_FIRST, MONTH_FIRST
from clinic.files.faults import Fault
from clinic.files.matching import settled_columns
from clinic.files.reading import Refused, Table, open_table
from clinic.files.resource import FileResource
from clinic.files.run import Outcome, Run
from clinic.files.workbooks.process import BY_COMMAND
from clinic.history import at_work
from clinic.models import FileTransfer

State = FileTransfer.State


@contextmanager
def table_in(file: Path) -> Iterator[Table]:
    with file.open("rb") as content, open_table(content, BY_COMMAND) as table:
        yield table


class FileCommand(BaseCommand):
    resource: type[FileResource]
    verb = ""  # import, export
    file_help = "CSV, or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=self.file_help)
        parser.add_argument(
            "--by", required=True, metavar="E-MAIL", help="The administrator who does it."
        )

    def resource_for(self, email: str) -> FileResource:
        """The resource in the hands of the user of this address."""
        user = get_user_model().objects.filter(email=normal_email(email)).first()
        if user is None:
            raise CommandError(f"There is no account with the address '{email}' (--by).")
        resource = self.resource(user)
        if not resource.may(self.verb):
            raise CommandError(
                f"{email} may not {self.verb} {self.resource.kind}: name an active administrator."
            )
        return resource

    def transfer(self, resource: FileResource, file: Path, **fields: Any) -> FileTransfer:
        return FileTransfer(
            user=resource.by,
            direction=self.verb,
            kind=resource.kind,
            file_name=file.name[-200:],
            state=State.WRITING,
            door="command",
            request_id=uuid4().hex,
            **fields,
        )

    def bar(self, verbosity: int) -> tqdm:
        is_shown = verbosity > 0 and sys.stderr.isatty()
        return tqdm(unit=" rows", file=sys.stderr, disable=not is_shown)


class ImportCommand(FileCommand):
    verb = "import"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="HEADING",
            help="A column that the clinic doesn't know, and that is not imported.",
        )
        parser.add_argument(
            "--dates",
            choices=(DAY_FIRST, MONTH_FIRST),
            help="How to read days such as 03/04/1985: the day first, or the month.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=f"Only say what it would do, or every fault: the first {preview.SHOWN} rows that "
            "are new, changed or as they were, each changed field before and after.",
        )

    def note(self, user: Any, command: str, records: list[Any]) -> None:
        """Called before a dry run shows what is on record, where readers are noted."""

    def handle(self, *args: Any, file: Path, by: str, dry_run: bool, **options: Any) -> None:
        resource = self.resource_for(by)
        transfer = self.transfer(resource, file)
        dates: list[str] = [options["dates"]] if options["dates"] else []
        answers = {
            name: dates for name, column in resource.columns.items() if isinstance(column.cell, Day)
        }
        with (
            self.bar(options["verbosity"]) as bar,
            at_work(
                "command",
                f"import_{resource.kind}",
                user=lambda: str(resource.by.pk),
                request_id=transfer.request_id,
            ),
        ):
            advance = lambda rows: bar.update(rows - bar.n)  # noqa: E731
            try:
                with table_in(file) as table:
                    columns = settled_columns(resource, table.headings, options["leave_out"])
                    reopen = partial(table_in, file)
                    run = Run(resource, table, reopen, columns, self.tell, advance, answers=answers)
                    outcome = run.check() if dry_run else self.write(run, transfer)
            except OSError as error:
                raise CommandError(f"{file} can't be read: {error.strerror}.") from error
            except Refused as error:
                raise CommandError(str(error)) from error
        counts = f"{outcome.new} new, {outcome.changed} changed, {outcome.unchanged} as they were"
        if outcome.faults:
            raise CommandError(f"{outcome.faults} faults in {outcome.rows} rows: nothing written.")
        if dry_run:
            self.show(resource, transfer.request_id, outcome)
        self.stdout.write(f"{'Nothing written. It would be' if dry_run else 'Imported'}: {counts}.")

    def show(self, resource: FileResource, command: str, outcome: Outcome) -> None:
        """The rows themselves, as far as a preview goes."""
        found = resource.find(outcome.preview.keys)
        self.note(resource.by, command, list(found.values()))
        counts = {kind: getattr(outcome, kind) for kind in preview.KINDS}
        for line in preview.lines_of(outcome.preview, counts):
            self.stdout.write(line)

    def write(self, run: Run, transfer: FileTransfer) -> Outcome:
        """Write all of it with the row that logs it, or nothing but that row."""
        with transaction.atomic():
            outcome = run.write()
            transfer.state = State.FAULTY if outcome.faults else State.DONE
            transfer.rows, transfer.new = outcome.rows, outcome.new
            transfer.changed, transfer.unchanged = outcome.changed, outcome.unchanged
            transfer.fault_count, transfer.ended_at = outcome.faults, timezone.now()
            transfer.save(force_insert=True)
        return outcome

    def tell(self, fault: Fault) -> None:
        where = f"Row {fault.row}, {fault.column}" if fault.column else f"Row {fault.row}"
        self.stderr.write(f"{where}: {fault.sentence}")


class ExportCommand(FileCommand):
    verb = "export"
    file_help = "A name that ends in .csv (UTF-8) or .xlsx, and isn't there yet."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if self.resource.sensitive:
            parser.add_argument(
                "--with-sensitive",
                action="store_true",
                help="With insurance numbers and medical histories, which are kept encrypted.",
            )

    def note(self, user: Any, command: str, records: list[Any]) -> None:
        """Called before each batch of records is written, where readers are noted."""

    def handle(self, *args: Any, file: Path, by: str, **options: Any) -> None:
        resource = self.resource_for(by)
        sensitive = bool(options.get("with_sensitive"))
        transfer = self.transfer(resource, file, with_sensitive=sensitive)
        records = resource.model.objects.visible_to(resource.by).order_by(*resource.order)
        if (ending := file.suffix.lower()) not in (".csv", ".xlsx"):
            raise CommandError(
                f"{file}: a name must end in .csv or .xlsx, which says what to write."
            )
        is_workbook = ending == ".xlsx"
        if is_workbook and records.count() > settings.EXPORT_XLSX_MAX_ROWS:
            limit = settings.EXPORT_XLSX_MAX_ROWS
            raise CommandError(f"A workbook takes {limit:,} records at most: write a .csv.")
        try:
            content = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        with content, self.bar(options["verbosity"]) as bar:
            transfer.save(force_insert=True)
            note = partial(self.note, resource.by, transfer.request_id)
            self.fill(content, transfer, resource, records, counting(note, bar), is_workbook)
        self.stdout.write(f"Exported {transfer.rows} {resource.kind} to {file}.")

    def fill(
        self,
        content: IO[bytes],
        transfer: FileTransfer,
        resource: FileResource,
        records: Any,
        note: Callable[[list[Any]], None],
        is_workbook: bool,
    ) -> None:
        names = resource.names(transfer.with_sensitive)
        headings = resource.headings(names)
        cells = exporting.cells_of(transfer, resource, records, names, note)
        pieces = (
            writing.workbook(headings, cells)
            if is_workbook
            else writing.csv_stream(headings, cells)
        )
        content.writelines(pieces)


def counting(note: Callable[[list[Any]], None], bar: tqdm) -> Callable[[list[Any]], None]:
    def told(records: list[Any]) -> None:
        note(records)
        bar.update(len(records))

    return told
