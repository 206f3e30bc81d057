import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandParser

from appointments.services.zones import Shifted, shifted_visits

NONE = "All coming appointments are at the local time for which they were booked."


class Command(BaseCommand):
    help = (
        "Report coming appointments whose local time is another one than when they were booked, "
        "because the rules of the time zone, or the clinic's zone, have changed since. Exits with "
        "1 where there are any. Run it after each update of tzdata."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON array.")

    def handle(self, *args, **options) -> None:
        found = list(shifted_visits())
        if options["json"]:
            rows = [asdict(visit) | {"id": str(visit.id)} for visit in found]
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(map(line, found)) or NONE)
        if found:
            sys.exit(1)


def line(visit: Shifted) -> str:
    return (
        f"{visit.id}  {visit.doctor}  {visit.record_number}  "
        f"was {visit.was} {visit.was_zone}, is {visit.now} {visit.now_zone}"
    )
