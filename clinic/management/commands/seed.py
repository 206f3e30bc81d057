"""`manage.py seed`: an empty database becomes a demo clinic that one can look around in."""

import math
import re
import sys
from argparse import ArgumentTypeError
from dataclasses import replace
from datetime import date

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from tqdm import tqdm

from clinic.database.owner import AsOwner
from clinic.management.seeding.fill import Counts, NoRoom, NotEmpty, fill
from clinic.management.seeding.medicine import SPECIALIZATIONS
from clinic.management.seeding.people import DEMO_LOG_INS
from clinic.management.seeding.plan import DAYS_AHEAD, Plan
from clinic.management.seeding.rota import Shift, capacity, week_of

YEARS = (2000, 2100)
MOST_DAYS = 3650


class Command(AsOwner):
    help = (
        "Fill an empty database with a made-up clinic: doctors, patients with ID photos, and a "
        "calendar of visits. The same --seed and --today make the same clinic. All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=count, default=300, help="Default: 300.")
        parser.add_argument("--doctors", type=count, default=12, help="Default: 12.")
        parser.add_argument(
            "--days",
            type=days,
            help="How many days ahead the calendar reaches; it also reaches half as many back. "
            f"Default: {DAYS_AHEAD}, so {DAYS_AHEAD // 2} back; or what --appointments need.",
        )
        parser.add_argument(
            "--appointments",
            type=count,
            help="Make exactly as many. Default: as many as a likely calendar of those days has.",
        )
        parser.add_argument("--seed", type=int, default=1, help="Any whole number. Default: 1.")
        parser.add_argument(
            "--today",
            type=day,
            metavar="YYYY-MM-DD",
            help="The day around which the calendar lies; things have happened up to 11:00, the "
            "clinic's local time. Default: the clinic's current day.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Do it even on a production database (DEBUG off)."
        )

    def handle(self, *args, **options) -> None:
        if not settings.DEBUG and not options["force"]:
            raise CommandError(
                "This is a production database (DEBUG is off). The demo clinic's log-ins are known "
                "to everybody: use --force only where nobody keeps real records."
            )
        check_migrated()
        plan = plan_from(options)
        with self.progress(plan, options["verbosity"]) as bar:
            try:
                counts = fill(plan, lambda visits: advance_bar(bar, visits))
            except NotEmpty as error:
                raise CommandError(
                    f"{error} The demo clinic fills an empty one only: `manage.py reset_db` "
                    "empties it, and everything in it is lost."
                ) from error
            except NoRoom as error:
                raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.report(plan, counts)

    def progress(self, plan: Plan, verbosity: int) -> tqdm:
        """A bar on stderr, for a terminal or a high verbosity, that counts days."""
        is_shown = verbosity > 0 and (sys.stderr.isatty() or verbosity > 1)
        total = sum(1 for _ in plan.calendar())
        return tqdm(total=total, unit=" days", file=sys.stderr, disable=not is_shown)

    def report(self, plan: Plan, counts: Counts) -> None:
        self.stdout.write(
            f"{counts.doctors:,} doctors, {counts.patients:,} patients and "
            f"{counts.appointments:,} appointments from {plan.first_day} to {plan.last_day}."
        )
        if settings.DEBUG:
            self.stdout.write(f"Sign in with the password {settings.DEMO_PASSWORD} as")
            for email in DEMO_LOG_INS:
                self.stdout.write(f"  {email}")
        else:
            self.stderr.write(
                self.style.WARNING("Anybody who knows DEMO_PASSWORD can now sign in as an admin.")
            )


def advance_bar(bar: tqdm, visits: int) -> None:
    bar.set_postfix_str(f"{visits} visits a day", refresh=False)
    bar.update()


def check_migrated() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The tables are not up to date. Run `manage.py migrate` first.")


def plan_from(options: dict) -> Plan:
    plan = Plan(
        today=options["today"] or timezone.localdate(),
        patients=options["patients"],
        doctors=options["doctors"],
        days=options["days"] or DAYS_AHEAD,
        seed=options["seed"],
        appointments=options["appointments"],
    )
    if plan.appointments is not None and options["days"] is None:
        plan = replace(plan, days=days_for(plan, plan.appointments))
    return plan


def days_for(plan: Plan, appointments: int) -> int:
    """So many days ahead that four fifths of the calendar's times are enough."""
    shifts = [
        Shift(index, SPECIALIZATIONS[index % len(SPECIALIZATIONS)], week_of(index, plan), None)
        for index in range(plan.doctors)
    ]
    a_day = capacity(shifts, replace(plan, days=DAYS_AHEAD)) / (DAYS_AHEAD * 1.5 + 1)
    return max(DAYS_AHEAD, math.ceil(appointments / 0.8 / a_day / 1.5))


def count(text: str) -> int:
    """A whole number from 1 up, in ASCII digits."""
    if not re.fullmatch(r"0*[1-9][0-9]{0,6}", text):
        raise ArgumentTypeError("must be a whole number, 1 or more, of seven digits at most")
    return int(text)


def days(text: str) -> int:
    if (number := count(text)) > MOST_DAYS:
        raise ArgumentTypeError(f"must be {MOST_DAYS} at most, which are ten years")
    return number


def day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("must be a day such as 2030-01-31") from error
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise ArgumentTypeError("must be a day of the years {} to {}".format(*YEARS))
    return found
