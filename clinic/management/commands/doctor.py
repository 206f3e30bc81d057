"""`manage.py doctor`: what is wrong with this clinic, and what to do about it."""

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from clinic.command_line import fault_sentence
from clinic.database import timeouts
from clinic.management.doctoring import around, database, work
from clinic.management.doctoring.findings import Check, Examined, Level, examine, fault_of

AROUND: tuple[tuple[str, Check], ...] = (
    ("settings", around.check_configuration),
    ("maintenance", around.check_maintenance),
    ("address", around.check_address),
    ("keys", around.check_keys),
    ("disk", around.check_disks),
    ("static files", around.check_static_files),
    ("cache", around.check_cache),
    ("mail server", around.check_mail_server),
    ("backups", work.check_backups),
)
INSIDE: tuple[tuple[str, Check], ...] = (
    ("database", database.check_server),
    ("database", database.check_pooler),
    ("database", database.check_limits),
    ("tables", database.check_migrations),
    ("transactions", database.check_open_transactions),
)
# Only of tables that are those of this version.
OF_TABLES: tuple[tuple[str, Check], ...] = (
    ("role", database.check_role),
    ("job worker", work.check_worker),
    ("mails", work.check_mails),
    ("audit", work.check_audit),
    ("photos", work.check_photos),
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
        yield Examined(
            "database", fault_of(fault_sentence(error), "Is it started? See DATABASE_URL.")
        )
        return
    is_current = True
    for subject, check in INSIDE:
        for found in examine(subject, check):
            is_current &= subject != "tables" or found.finding.level != Level.FAULT
            yield found
    for subject, check in OF_TABLES if is_current else ():
        yield from examine(subject, check)
