"""`manage.py export_audit`: who did what in a time, into a file."""

import os
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from accounts.services import audit_export
from clinic.days import day_bounds
from clinic.emails import normal_email
from clinic.files.writing import csv_stream


class Command(BaseCommand):
    help = (
        "Write the access log and the history of some days into a new file, readable by you "
        "alone: who did what, when and from where, without values of records. It is noted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="A new one that ends in .csv or .jsonl.")
        parser.add_argument("--by", required=True, help="Your account's e-mail: an administrator.")
        parser.add_argument("--since", type=date.fromisoformat, required=True, metavar="DAY")
        parser.add_argument(
            "--until", type=date.fromisoformat, metavar="DAY", help="The last day; today."
        )

    def handle(
        self, *args, file: Path, by: str, since: date, until: date | None, **options
    ) -> None:
        user = User.objects.filter(email=normal_email(by), is_active=True).first()
        if user is None or not user.has_perm("accounts.view_accesslog"):
            raise CommandError(f"{by} is no administrator's account.")
        if file.suffix not in (".csv", ".jsonl"):
            raise CommandError(f"{file}: a name must end in .csv or .jsonl.")
        start, end = day_bounds(since)[0], day_bounds(until or timezone.localdate())[1]
        try:
            content = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        with content:
            audit_export.note_export(user, start, end, "command", "export_audit")
            rows = audit_export.audit_rows(start, end)
            if file.suffix == ".csv":
                cells = audit_export.as_cells(rows)
                content.writelines(csv_stream(list(audit_export.COLUMNS), cells))
            else:
                content.writelines(audit_export.as_json_lines(rows))
        self.stdout.write(f"Exported to {file}.")
