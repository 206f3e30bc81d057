"""`manage.py backup`: docs/operations.md says when, and where to."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.database.owner import become_owner
from clinic.management.meters import meters_for
from clinic.operations.backup.making import AtWork, make_backup
from clinic.operations.backup.programs import ProgramFailed


class Command(BaseCommand):
    help = (
        "Back up the database and all documents, as they are at one moment, while people work. "
        "The backup is encrypted under the first of DOCUMENT_KEYS, which is never in it: keep "
        "the keys elsewhere, or nobody can read it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "directory",
            nargs="?",
            default=settings.BACKUP_DIR,
            help="The backup is a folder of its own in it. Default: BACKUP_DIR.",
        )
        parser.add_argument(
            "--keep",
            type=int,
            default=0,
            help="Remove all but so many of the newest backups in that directory afterwards.",
        )

    def handle(self, *args: Any, directory: str, keep: int, verbosity: int, **options: Any) -> None:
        become_owner()
        if not directory:
            raise CommandError("Name a directory, or set BACKUP_DIR.")
        if keep < 0:
            raise CommandError("--keep takes a number of backups.")
        try:
            made = make_backup(Path(directory).resolve(), keep, meters_for(verbosity))
        except (AtWork, ProgramFailed) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"Nothing was kept of this backup: {error.strerror or error}."
            ) from error
        manifest = made.manifest
        if verbosity:
            size = sum(file.bytes for file in manifest.files.values())
            rows = sum(manifest.counts.values())
            self.stdout.write(
                f"{made.folder}: {rows:,} rows and {manifest.documents['named']:,} documents of "
                f"{manifest.made_at}, {size:,} bytes, in {manifest.seconds} s."
            )
            for old in made.removed:
                self.stdout.write(f"Removed {old.name}.")
        if made.missing:
            raise CommandError(
                f"The backup is whole but for {len(made.missing)} documents whose files are gone "
                f"from the storage, such as {made.missing[0]}."
            )
        sys.stdout.flush()
