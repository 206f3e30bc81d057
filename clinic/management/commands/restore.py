"""`manage.py restore`: docs/operations.md has the order of things."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.database.owner import become_owner
from clinic.management.meters import meters_for
from clinic.operations.backup.manifest import MANIFEST, Manifest, backups_in, read_manifest
from clinic.operations.backup.programs import ProgramFailed
from clinic.operations.backup.restoring import (
    NotRestored,
    bring_up_to_date,
    read_everything,
    refuse_unfit,
    restore_backup,
    try_backup,
)
from clinic.operations.backup.sealing import Damaged


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty database and an empty storage of documents, and migrate "
        "it to this version. Mails are held until `manage.py release_mails`, so that a copy "
        "writes to nobody."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "backup", help="The folder of a backup, or one with several, of which the newest."
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Read and check all of the backup, and restore none of it.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Afterwards open every document and every encrypted column.",
        )
        mails = parser.add_mutually_exclusive_group()
        mails.add_argument("--hold-mails", action="store_true", help="As it is done anyway.")
        mails.add_argument(
            "--send-mails",
            action="store_true",
            help="This is the clinic from now on: send what is owed, though some of it may have "
            "been sent between the backup and now.",
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="Restore though DOCUMENT_KEYS lacks keys that the clinic had.",
        )

    def handle(self, *args: Any, backup: str, verbosity: int, **options: Any) -> None:
        become_owner()
        folder = found_folder(Path(backup).resolve())
        meters = meters_for(verbosity)
        try:
            manifest, key = read_manifest(folder)
            self.say(verbosity, f"{folder.name}: made {manifest.made_at} by {manifest.version}.")
            if options["dry_run"]:
                try_backup(folder, manifest, key, meters)
                self.say(verbosity, "All of it can be read. Nothing was restored.")
                return
            refuse_unfit(manifest, options["without_keys"])
            restore_backup(folder, manifest, key, meters)
        except (Damaged, ProgramFailed, NotRestored) as error:
            raise CommandError(str(error)) from error
        bring_up_to_date(hold_mails=not options["send_mails"])
        self.say(verbosity, told_of(manifest, is_held=not options["send_mails"]))
        if options["check"]:
            self.open_everything(meters, verbosity)

    def open_everything(self, meters: Any, verbosity: int) -> None:
        with meters("encrypted values", "value") as meter:
            found = read_everything(meter)
        for name, one in found.items():
            told = (
                f"{name}: {one.seen} read"
                if not one.unreadable
                else (f"{name}: {one.unreadable} of {one.seen} unreadable")
            )
            self.say(verbosity, f"{told}.")
        if lost := sum(one.unreadable for one in found.values()):
            raise CommandError(
                f"Restored, but {lost} values can't be read with any of DOCUMENT_KEYS, or their "
                "files are gone."
            )

    def say(self, verbosity: int, sentence: str) -> None:
        if verbosity:
            self.stdout.write(sentence)
            self.stdout.flush()


def found_folder(path: Path) -> Path:
    if (path / MANIFEST).exists():
        return path
    if found := backups_in(path):
        return found[0]
    raise CommandError(f"There is no backup in {path}.")


def told_of(manifest: Manifest, is_held: bool) -> str:
    rows, documents = sum(manifest.counts.values()), manifest.documents["named"]
    told = f"Restored {rows:,} rows and {documents:,} documents, and brought them up to date."
    if is_held:
        told += " No mails are sent from here until `manage.py release_mails`."
    return told
