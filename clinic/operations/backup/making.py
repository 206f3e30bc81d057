"""A backup is made while people work: nothing waits for it, and what it holds is of one moment.

The documents come first, as the storage has them. Then a snapshot of the database is taken, and
what its rows name beyond that is added: a file is written before its row and deleted after it, and
never changed but by a change of keys, so that all that the snapshot names is in the archive. Where
a file went in the seconds between, another snapshot is taken. `pg_dump` reads that same snapshot.
"""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from itertools import chain, count
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from clinic.operations.backup.documents import (
    DocumentsArchive,
    add_named,
    stored_names,
)
from clinic.operations.backup.latest import note_backup
from clinic.operations.backup.manifest import (
    DATABASE,
    DOCUMENTS,
    BackupFile,
    Manifest,
    backups_in,
    folder_name,
)
from clinic.operations.backup.programs import dumping, program, reached
from clinic.operations.backup.sealing import SealingFile, key_fingerprint

SNAPSHOTS = 5  # So often a file may go just then.
PARTIAL = ".partial-"
# The tables of all that is ours; what an extension brings is no row of the clinic's.
TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# A backup takes as long as it takes; others' limits aren't its own.
UNBOUNDED = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0
"""


class Meters(Protocol):
    """Who tells how far it is: a meter for each part, in documents or in bytes."""

    def __call__(self, part: str, unit: str, total: int | None = None) -> Any: ...


class AtWork(Exception):
    """Another backup is being made in the same directory."""


@dataclass
class Made:
    folder: Path
    manifest: Manifest
    missing: list[str]
    removed: list[Path]


def make_backup(directory: Path, keep: int, meters: Meters) -> Made:
    """Make one below `directory`, whole or not at all, and remove those but the newest `keep`
    (0: none). Raises AtWork, ProgramFailed, OSError."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone_in(directory):
        for left in directory.glob(f"{PARTIAL}*"):
            shutil.rmtree(left)
        partial = directory / f"{PARTIAL}{uuid4().hex}"
        partial.mkdir(mode=0o700)
        try:
            manifest, missing = fill(partial, meters)
            folder = free_folder(directory / folder_name(manifest.made()))
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        removed = backups_in(directory)[keep:] if keep else []
        for old in removed:
            shutil.rmtree(old)
    note_backup(folder, manifest)
    return Made(folder, manifest, missing, removed)


def free_folder(wanted: Path) -> Path:
    """Where there is one of the same second, the next has a number, and comes after it."""
    numbered = (wanted.with_name(f"{wanted.name}-{number}") for number in count(2))
    return next(folder for folder in chain([wanted], numbered) if not folder.exists())


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    with (directory / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AtWork(f"Another backup is being made in {directory}.") from error
        yield


def fill(folder: Path, meters: Meters) -> tuple[Manifest, list[str]]:
    begun, name = time.monotonic(), uuid4().hex
    key = settings.DOCUMENT_KEYS[0]
    sealed = SealingFile(folder / DOCUMENTS, key, f"{name} {DOCUMENTS}")
    with meters("documents", "file") as meter:
        archive = DocumentsArchive(sealed, meter)
        for document in stored_names():
            archive.add(document)
        manifest, missing = dump(folder, name, archive, meters)
    archive.close()
    sealed.finish()
    manifest.files[DOCUMENTS] = file_of(sealed)
    manifest.documents["files"] = len(archive.names)
    manifest.seconds = round(time.monotonic() - begun, 1)
    manifest.write(folder, key)
    return manifest, missing


def dump(
    folder: Path, name: str, archive: DocumentsArchive, meters: Meters
) -> tuple[Manifest, list[str]]:
    """Take a snapshot, add its documents, and dump it. Returns also the names of files that rows
    name and that are not there.

    A file whose row went along with it isn't named by the next snapshot; one that two snapshots
    in turn name is lost.
    """
    lost: set[str] = set()
    for attempt in range(SNAPSHOTS):
        with transaction.atomic():
            snapshot, manifest = take_snapshot(name)
            named, missing = add_named(archive)
            if lost.issuperset(missing) or attempt + 1 == SNAPSHOTS:
                manifest.documents = {"named": named, "missing": len(missing)}
                dump_database(folder, manifest, snapshot, meters)
                return manifest, missing
            lost.update(missing)
    raise AssertionError("The last snapshot is dumped.")


def take_snapshot(name: str) -> tuple[str, Manifest]:
    """The name of this transaction's snapshot, and what it holds, in figures."""
    with connection.cursor() as cursor:
        cursor.execute(UNBOUNDED)
        cursor.execute("SELECT pg_export_snapshot(), now()")
        snapshot, made_at = cursor.fetchone()
    manifest = Manifest(
        id=name,
        made_at=made_at.astimezone(UTC).isoformat(timespec="seconds"),
        version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        postgresql=connection.pg_version // 10_000,  # type: ignore[attr-defined]
        keys=[key_fingerprint(key) for key in settings.DOCUMENT_KEYS],
        migrations=applied_migrations(),
        counts=row_counts(),
    )
    return snapshot, manifest


def dump_database(folder: Path, manifest: Manifest, snapshot: str, meters: Meters) -> None:
    sealed = SealingFile(folder / DATABASE, settings.DOCUMENT_KEYS[0], manifest.purpose(DATABASE))
    where, environment = reached(connection)
    command = [program("pg_dump", manifest.postgresql), *where, "--no-password"]
    command += ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    with dumping(command, environment) as blocks, meters("database", "B") as meter:
        for block in blocks:
            sealed.write(block)
            meter(len(block))
    sealed.finish()
    manifest.files[DATABASE] = file_of(sealed)


def file_of(sealed: SealingFile) -> BackupFile:
    return BackupFile(sealed.bytes, sealed.plain_bytes, sealed.digest.hexdigest())


def applied_migrations() -> dict[str, list[str]]:
    """Of those that this version has: a database also remembers older ones."""
    known = MigrationLoader(None).disk_migrations
    migrations: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        if (app, name) in known:
            migrations.setdefault(app, []).append(name)
    return migrations


def row_counts() -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        counts = dict.fromkeys((table for (table,) in cursor.fetchall()), 0)
        for table in counts:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  # nosec B608
            (counts[table],) = cursor.fetchone()
    return counts
