"""`manage.py seal_audit`: what the worker does each minute, now."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.sealing import reseal, seal_audit


class Command(BaseCommand):
    help = (
        "Seal what is settled of the access log and the history. The worker does so each minute. "
        "--again seals a table anew from its beginning, after the tables' owner changed its rows "
        "or dropped a column; the chain keeps that, with the reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", metavar="TABLE")
        parser.add_argument("--why", default="", help="The reason, for --again. Name nobody.")

    def handle(self, *args, again: str | None, why: str, **options) -> None:
        if again:
            if not why:
                raise CommandError("--again needs --why: the chain keeps the reason.")
            self.stdout.write(f"{reseal(again, None, why):,} ranges of {again} sealed anew.")
        self.stdout.write(f"{seal_audit():,} ranges sealed.")
