"""`manage.py resend_mails`: after a mail server's bad day, what was given up is sent again."""

import re
import sys
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from clinic.operations.resending import failed_since, send_all_again

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = (
        "Send all mails and text messages again that were given up since a time. What is about "
        "something that has changed meanwhile, such as a visit that was moved, is left out as ever."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            type=moment_named,
            default="24h",
            help="A time of the clinic's clocks (2027-03-01T14:00), a day, or so long ago: 90m, "
            "36h, 7d (default: 24h).",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say how many there are.")

    def handle(self, *args, since: datetime, dry_run: bool, **options) -> None:
        count = failed_since(since).count()
        told = f"{count} given up since {timezone.localtime(since):%Y-%m-%d %H:%M}."
        if dry_run or not count:
            self.stdout.write(told)
            return
        with tqdm(total=count, file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
            done = send_all_again(since, tell=bar.update)
        self.stdout.write(f"{told} {done.queued} on the way again.")
        if done.left:
            raise CommandError(f"{done.left} can't be: nothing is left of the jobs that send them.")


def moment_named(text: str) -> datetime:
    """The instant that an operator means. Raises CommandError."""
    if ago := re.fullmatch(r"([0-9]{1,5})([mhd])", text):
        return timezone.now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        named = parse_datetime(text)
        if named is None and (day := parse_date(text)) is not None:
            named = datetime.combine(day, datetime.min.time())
    except ValueError:
        named = None
    if named is None:
        raise CommandError(f"{text!r} is no time such as 2027-03-01T14:00, 2027-03-01 or 36h.")
    return named if timezone.is_aware(named) else timezone.make_aware(named)
