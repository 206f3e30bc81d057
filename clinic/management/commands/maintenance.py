"""`manage.py maintenance on|off|status`: the clinic says that it is closed for a while."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic.cache import shared_cache
from clinic.operations.maintenance import Lookout, begin_maintenance, end_maintenance, local_clock


def minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 10_080):
        raise ArgumentTypeError("a whole number of minutes, at most those of a week")
    return int(text)


class Command(BaseCommand):
    help = (
        "Close the clinic for maintenance: pages and API answer 503 with Retry-After, and the job "
        "worker rests. Works without the database. It stays closed until `maintenance off`."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("on", "off", "status"))
        parser.add_argument(
            "--minutes", type=minutes, help="How long it will likely take, which visitors are told."
        )

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        try:
            if what == "on":
                places = begin_maintenance(options["minutes"])
                self.stdout.write(f"Closed, by {' and '.join(places)}.")
                if shared_cache() is None:
                    self.stdout.write(
                        "Web servers that don't share this folder are told on their own machines."
                    )
            elif what == "off":
                end_maintenance()
                self.stdout.write("Open.")
            else:
                self.stdout.write(in_words())
        except OSError as error:
            raise CommandError(
                f"{settings.VAR_DIR} can't be written ({error.strerror}): nothing has changed."
            ) from error


def in_words() -> str:
    found = Lookout().now()
    if found is None:
        return "Open."
    since = local_clock(found.since)
    if found.until is None:
        return f"Closed since {since}."
    late = ", which is over" if found.until < time.time() else ""
    return f"Closed since {since}, until about {local_clock(found.until)}{late}."
