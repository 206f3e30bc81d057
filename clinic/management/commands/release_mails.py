"""`manage.py release_mails`: what was restored from a backup is the clinic, and may write."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic.operations.holding import held_messages, release_mails


class Command(BaseCommand):
    help = "Send mails and text messages again after a restore, those that were held meanwhile too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Say how many are held, and send none."
        )

    def handle(self, *args: Any, dry_run: bool, verbosity: int, **options: Any) -> None:
        if dry_run:
            self.stdout.write(f"{held_messages().count()} messages are held.")
            return
        count = release_mails()
        if verbosity:
            self.stdout.write(f"Messages are sent again; {count} were held.")
