"""The command runs as a process of its own, on a database of its own: no other test loses one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.management.commands.reset_db import Command

NAME = f"clinic_reset_{os.getpid()}"


@pytest.fixture
def server(db) -> dict[str, str]:
    """How to reach the server of the test database."""
    connection.ensure_connection()
    info = connection.connection.info
    return {"host": info.host, "port": str(info.port), "user": info.user, "password": info.password}


@pytest.fixture
def database(server) -> Iterator[psycopg.Connection]:
    """A connection to a new database that holds one table, `leftover`."""
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
        admin.execute(f"CREATE DATABASE {NAME}")
        try:
            with psycopg.connect(dbname=NAME, autocommit=True, **server) as own:
                own.execute("CREATE TABLE leftover ()")
                yield own
        finally:
            admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def reset_db(server, tmp_path):
    """Run the command on that database, with its files below `tmp_path`."""
    account = f"{server['user']}:{quote(server['password'])}"
    url = f"postgres://{account}@/{NAME}?host={quote(server['host'])}&port={server['port']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "ENV_FILE": os.devnull,
        "VAR_DIR": str(tmp_path),
    }

    def run(*options: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, settings.BASE_DIR / "manage.py", "reset_db", *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def tables(database: psycopg.Connection) -> set[str]:
    rows = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


def test_reset_makes_the_tables_anew_and_deletes_the_photos(database, reset_db, tmp_path):
    photo = tmp_path / "documents" / "ab" / "0123ab"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"x")

    done = reset_db("--yes", "--seed")

    assert done.returncode == 0, done.stderr
    assert f"The database {NAME} is empty; stored photos deleted: 1." in done.stdout
    assert "12 doctors, 300 patients" in done.stdout
    assert "leftover" not in tables(database)
    assert not photo.exists()
    (count,) = database.execute("SELECT count(*) FROM patients_patient").fetchone()
    assert count == 300


def test_reset_says_so_where_somebody_uses_the_database(database, reset_db):
    with database.transaction():
        database.execute("LOCK TABLE leftover IN ACCESS SHARE MODE")

        refused = reset_db("--yes")

    assert refused.returncode == 1
    assert "Something still uses the database (1 open transactions)" in refused.stderr
    assert tables(database) == {"leftover"}


def test_reset_asks_first_and_refuses_where_nobody_can_answer(database, reset_db):
    refused = reset_db()

    assert refused.returncode == 1
    assert "use --yes" in refused.stderr
    assert tables(database) == {"leftover"}


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_reset_goes_on_only_with_the_databases_name(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("clinic\nclinics\n"))
    command = Command(stdout=StringIO())

    command.ask("clinic")
    with pytest.raises(CommandError, match="nothing was deleted"):
        command.ask("clinic")


def test_reset_refuses_a_production_database(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="never reset"):
        call_command("reset_db", yes=True)
