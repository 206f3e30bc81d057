"""`manage.py reset_db`: a development database back to empty tables."""

import sys

from django.conf import settings
from django.core.files.storage import Storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction
from psycopg import errors as pg

from clinic.storage import SMALL
from patients.models import documents_storage

LOCK_TIMEOUT_SECONDS = 3
# What a new database has: everybody who can connect may look into the schema, not write to it.
ANEW = (
    "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA public",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
)
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


class Command(BaseCommand):
    help = (
        "Delete every table and every stored ID photo of a development database, and make the "
        "tables anew. Refuses on a production database (DEBUG off)."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Don't ask first.")
        parser.add_argument(
            "--seed", action="store_true", help="Fill the new tables with the demo clinic."
        )

    def handle(self, *args, **options) -> None:
        if not settings.DEBUG:
            raise CommandError("This is a production database (DEBUG is off): it is never reset.")
        name = str(connection.settings_dict["NAME"])
        if not options["yes"]:
            self.ask(name)
        drop_everything()
        files = delete_files(documents_storage())
        call_command("migrate", interactive=False, verbosity=0)
        if options["verbosity"]:
            self.stdout.write(f"The database {name} is empty; stored photos deleted: {files}.")
        if options["seed"]:
            call_command("seed", verbosity=options["verbosity"])

    def ask(self, name: str) -> None:
        """Raise CommandError unless somebody at a terminal types the database's name."""
        if not sys.stdin.isatty():
            raise CommandError(
                "Nobody is here to be asked: use --yes if everything may be deleted."
            )
        self.stdout.write(
            f"Every record in the database {name} and every ID photo will be deleted."
        )
        if input("Type the database's name to go on: ").strip() != name:
            raise CommandError("That isn't its name: nothing was deleted.")


def drop_everything() -> None:
    """Drop all tables, types and functions, in one transaction. No other right is needed for
    that than to own the database.

    Raises CommandError where somebody else holds on to a table, or the right is missing.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
            for statement in ANEW:
                cursor.execute(statement)
    except DatabaseError as error:
        raise reset_refusal(error) from error
    # Nothing that was prepared for the old tables is used for the new ones.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it.


def reset_refusal(error: DatabaseError) -> Exception:
    """The sentence for what PostgreSQL refused; the error itself where there is none for it."""
    if isinstance(error.__cause__, pg.LockNotAvailable | pg.DeadlockDetected):
        with connection.cursor() as cursor:
            cursor.execute(OTHERS)
            (others,) = cursor.fetchone()
        return CommandError(
            f"Something still uses the database ({others} open transactions): stop the web "
            "server, the job worker and shells, and try again. Nothing was deleted."
        )
    if isinstance(error.__cause__, pg.InsufficientPrivilege):
        user = connection.settings_dict["USER"]
        return CommandError(f"The user {user} doesn't own this database. Nothing was deleted.")
    return error


def delete_files(storage: Storage, folder: str = "") -> int:
    """Delete what the storage holds in that folder and below. Returns the number of files, less
    the small copies of photos."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return 0
    count = sum(not name.endswith(SMALL) for name in files)
    for name in files:
        storage.delete(f"{folder}/{name}" if folder else name)
    for name in folders:
        path = f"{folder}/{name}" if folder else name
        count += delete_files(storage, path)
        storage.delete(path)
    return count
