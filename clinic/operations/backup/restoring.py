"""The way back: an empty database and an empty storage become what a backup holds.

Documents come first, then the database in one transaction: until that is committed the clinic is
as empty as before, and the same backup can be restored again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import FileField

from clinic.encryption import Unreadable
from clinic.models import MailHold
from clinic.operations.backup.documents import stored_names, unpack
from clinic.operations.backup.making import Meters, row_counts
from clinic.operations.backup.manifest import DATABASE, DOCUMENTS, Manifest
from clinic.operations.backup.programs import feed_as_text, feed_program, program, reached
from clinic.operations.backup.sealing import Damaged, UnsealingFile, key_fingerprint
from clinic.operations.reencryption import fields, stored_values

BEGUN = "restoring"  # A note in VAR_DIR: whose documents are in the storage already.
# Rows of these are written by `migrate` alone, or by nobody who was ever here.
BY_MIGRATE = frozenset({"django_migrations", "django_content_type", "auth_permission"})
ANEW = (
    "SET LOCAL lock_timeout = '3s'",
    "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA public",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
)
ROWS_AT_ONCE = 500


class NotRestored(Exception):
    """Why a backup can't be restored here; nothing was changed."""


@dataclass
class Unread:
    """What `read_everything()` could not read, by field."""

    seen: int = 0
    unreadable: int = 0


def refuse_unfit(manifest: Manifest, without_keys: bool) -> None:
    """Raises NotRestored where this version, these keys, this server or what is here already don't
    allow it."""
    known = known_migrations()
    newer = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known
    ]
    if newer:
        here = settings.SPECTACULAR_SETTINGS["VERSION"]
        raise NotRestored(
            f"The backup is of version {manifest.version}, and this is {here}, which doesn't know "
            f"{', '.join(newer[:3])}. Restore it with that version or a newer one."
        )
    keys = {key_fingerprint(key) for key in settings.DOCUMENT_KEYS}
    lacking = [key for key in manifest.keys if key not in keys]
    if lacking and not without_keys:
        raise NotRestored(
            f"DOCUMENT_KEYS lacks the keys {', '.join(lacking)} that the clinic had when the "
            "backup was made: what is under them could never be read."
        )
    if connection_major() < manifest.postgresql:
        raise NotRestored(
            f"The backup is of PostgreSQL {manifest.postgresql}, and this server is "
            f"{connection_major()}: take that version or a newer one."
        )
    if not owns_schema():
        raise NotRestored(
            f"The role {connection.settings_dict['USER']} doesn't own this database: name its "
            "owner in DATABASE_OWNER_URL."
        )
    if used := tables_in_use():
        raise NotRestored(
            f"This database isn't empty (there are rows in {', '.join(used[:3])}): a backup is "
            "restored into an empty one."
        )
    if not is_begun(manifest) and next(stored_names(), None):
        raise NotRestored("The storage of documents isn't empty: move what is there away first.")


def connection_major() -> int:
    connection.ensure_connection()
    return connection.pg_version // 10_000  # type: ignore[attr-defined]


def owns_schema() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(pg_has_role(nspowner, 'USAGE')) FROM pg_namespace "
            "WHERE nspname = 'public'"
        )
        return bool(cursor.fetchone()[0])


def known_migrations() -> set[tuple[str, str]]:
    """Those of this version, and those that they stand for."""
    own = MigrationLoader(None).disk_migrations
    replaced = (names for migration in own.values() for names in migration.replaces)
    return {*own, *((app, name) for app, name in replaced)}


def tables_in_use() -> list[str]:
    return [table for table, rows in row_counts().items() if rows and table not in BY_MIGRATE]


def is_begun(manifest: Manifest) -> bool:
    with suppress(FileNotFoundError):
        return Path(settings.VAR_DIR, BEGUN).read_text() == manifest.id
    return False


def restore_backup(folder: Path, manifest: Manifest, key: str, meters: Meters) -> None:
    """Raises Damaged, ProgramFailed, NotRestored, OSError."""
    note = Path(settings.VAR_DIR, BEGUN)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(manifest.id)
    with (
        opened_file(folder, manifest, key, DOCUMENTS) as sealed,
        meters("documents", "file") as meter,
    ):
        unpack(sealed, meter)
    restore_database(folder, manifest, key, meters)
    if wrong := differing(manifest.counts, row_counts()):
        raise NotRestored(f"Other numbers of rows than in the backup: {', '.join(wrong[:5])}.")
    note.unlink()


@contextmanager
def opened_file(folder: Path, manifest: Manifest, key: str, name: str) -> Iterator[UnsealingFile]:
    with closing(UnsealingFile(folder / name, key, manifest.purpose(name))) as sealed:
        yield sealed


def restore_database(folder: Path, manifest: Manifest, key: str, meters: Meters) -> None:
    """In one transaction. What is here is what `migrate` made of an empty database, or nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in ANEW:
            cursor.execute(statement)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    where, environment = reached(connection)
    server = connection_major()
    least = max(server, manifest.postgresql)
    command = [program("pg_restore", least), "--no-owner", "--no-privileges", "--exit-on-error"]
    with opened_file(folder, manifest, key, DATABASE) as sealed, meters("database", "B") as meter:
        blocks = metered(sealed, meter)
        if server >= 17:
            feed_program(
                [*command, "--single-transaction", "--no-password", *where], environment, blocks
            )
        else:
            psql = [program("psql", least), "--no-psqlrc", "--quiet", "--single-transaction"]
            psql += ["--set=ON_ERROR_STOP=1", "--no-password", *where]
            feed_as_text([*command, "--file=-"], psql, environment, blocks)


def metered(blocks: Iterable[bytes], meter: Callable[[int], object]) -> Iterator[bytes]:
    for block in blocks:
        meter(len(block))
        yield block


def differing(wanted: dict[str, int], found: dict[str, int]) -> list[str]:
    tables = sorted({*wanted, *found})
    return [
        f"{table} {found.get(table, 0)} for {wanted.get(table, 0)}"
        for table in tables
        if wanted.get(table, 0) != found.get(table, 0)
    ]


def bring_up_to_date(hold_mails: bool) -> None:
    """Migrate what was restored to the version of now, and let it mail nobody until somebody says
    that it may."""
    call_command("migrate", interactive=False, verbosity=0)
    if hold_mails:
        MailHold.begin("restored from a backup")


def try_backup(folder: Path, manifest: Manifest, key: str, meters: Meters) -> None:
    """Read all of a backup and write none of it. Raises Damaged, ProgramFailed."""
    for name, file in manifest.files.items():
        with opened_file(folder, manifest, key, name) as sealed, meters(name, "B") as meter:
            if name == DATABASE:
                listing = [program("pg_restore", manifest.postgresql), "--list"]
                feed_program(listing, {}, metered(sealed, meter))
            for piece in sealed:
                meter(len(piece))
            if sealed.digest.hexdigest() != file.sha256:
                raise Damaged(f"{name} isn't what the manifest names.")


def read_everything(meter: Callable[[int], object]) -> dict[str, Unread]:
    """Open every document and decrypt every encrypted column, those of the history's copies too."""
    found = {}
    for field in fields():
        own = found[f"{field.model._meta.label}.{field.name}"] = Unread()
        for value in values_of(field):
            own.seen += 1
            own.unreadable += not can_be_read(field, value)
            meter(1)
    return found


def values_of(field: models.Field) -> Iterator[str]:
    with transaction.atomic():  # A cursor of the server, also behind a pooler.
        for _, value in stored_values(field).iterator(chunk_size=ROWS_AT_ONCE):
            yield value


def can_be_read(field: models.Field, value: str) -> bool:
    try:
        if isinstance(field, FileField):
            storage: Any = field.storage
            with storage.open(value) as file:
                file.read()
            with suppress(FileNotFoundError):
                storage.read_small(value)
        else:
            field.from_db_value(value, None, None)  # type: ignore[attr-defined]
    except (Unreadable, FileNotFoundError):
        return False
    return True
