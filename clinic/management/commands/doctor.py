"""`manage.py doctor`: what is wrong with this clinic, and what to do about it."""

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from clinic.command_line import fault_sentence
from clinic.database import timeouts
from clinic.management.doctoring import around, database, work
from clinic.management.doctoring.findings import Check, Examined, Level, examine, fault

AROUND: tuple[tuple[str, Check], ...] = (
    ("settings", around.configuration),
    ("maintenance", around.maintenance),
    ("address", around.address),
    ("keys", around.keys),
    ("disk", around.disks),
    ("cache", around.cache),
    ("mail server", around.mail_server),
    ("backups", work.backups),
)
INSIDE: tuple[tuple[str, Check], ...] = (
    ("database", database.server),
    ("database", database.pooler),
    ("database", database.limits),
    ("tables", database.migrations),
    ("transactions", database.open_transactions),
)
# Only of tables that are those of this version.
OF_TABLES: tuple[tuple[str, Check], ...] = (
    ("role", database.role),
    ("job worker", work.worker),
    ("mails", work.mails),
    ("audit", work.audit),
    ("photos", work.photos),
)


class Command(BaseCommand):
    help = (
        "Look at everything that the clinic needs, and say in words what is wrong and what to do. "
        "Changes nothing. Ends with 1 where something is at fault."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        with timeouts.answering_soon(timeouts.CONNECTION_SECONDS):
            for found in everything():
                faults += found.finding.level == Level.FAULT
                self.tell(found)
        if faults:
            self.stdout.write(f"\n{faults} at fault.")
            sys.exit(1)
        self.stdout.write("\nNothing is at fault.")

    def tell(self, found: Examined) -> None:
        level = found.finding.level
        style = {Level.FAULT: self.style.ERROR, Level.WARNING: self.style.WARNING}
        mark = style.get(level, self.style.SUCCESS)(f"{level:<5}")
        self.stdout.write(f"{mark}  {found.subject:<13}{found.finding.told}")
        if found.finding.advice:
            self.stdout.write(f"{'':<20}-> {found.finding.advice}")


def everything() -> Iterator[Examined]:
    for subject, check in AROUND:
        yield from examine(subject, check)
    try:
        connection.ensure_connection()
    except Error as error:
        yield Examined("database", fault(fault_sentence(error), "Is it started? See DATABASE_URL."))
        return
    is_current = True
    for subject, check in INSIDE:
        for found in examine(subject, check):
            is_current &= subject != "tables" or found.finding.level != Level.FAULT
            yield found
    for subject, check in OF_TABLES if is_current else ():
        yield from examine(subject, check)
