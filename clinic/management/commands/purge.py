"""`manage.py purge`: what the clinic does each night, now; or what it would do."""

from django.core.management.base import BaseCommand, CommandParser

from clinic.history import at_work
from clinic.management.retention.purging import Purged, purge


class Command(BaseCommand):
    help = (
        "Delete what has been kept for as long as RETENTION_DAYS says, as the job does each night. "
        "Patients without a visit for long are counted only: --list names their record numbers, "
        "for manage.py erase_patient."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Delete nothing, only count.")
        parser.add_argument(
            "--list", action="store_true", help="The record numbers of patients without a visit."
        )

    def handle(self, *args, dry_run: bool, list: bool, **options) -> None:
        with at_work("command", "purge"):
            for purged in purge(is_dry=dry_run):
                self.stdout.write(told_of(purged, dry_run))
                if list and purged.kind.remove is None and purged.before:
                    for patient in purged.kind.over(purged.before)[0].order_by("number"):
                        self.stdout.write(f"  {patient.record_number}")


def told_of(purged: Purged, is_dry: bool) -> str:
    if not purged.days:
        return f"{purged.kind.what}: kept for ever."
    did = "to look at" if purged.kind.remove is None else "to delete" if is_dry else "deleted"
    days = "a day" if purged.days == 1 else f"{purged.days:,} days"
    return f"{purged.kind.what}: {purged.rows:,} {did} (kept for {days})."
