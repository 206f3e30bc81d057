"""What `manage.py` tells an operator who can't read code: sentences, and secrets never."""

import os
import socket
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.tests.processes import PRODUCTION, manage

PASSWORD = "the-databases-own-password"
NAME = f"clinic_empty_{os.getpid()}"


@pytest.fixture
def unreachable() -> str:
    """The address of a database on a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"postgres://clinic:{PASSWORD}@127.0.0.1:{port}/clinic"


@pytest.fixture
def without_tables(db) -> Iterator[str]:
    """The address of a database that nobody has migrated."""
    connection.ensure_connection()
    info = connection.connection.info
    server = {name: getattr(info, name) for name in ("host", "port", "user", "password")}
    account = f"{info.user}:{quote(info.password)}"
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
        admin.execute(f"CREATE DATABASE {NAME}")
        try:
            yield f"postgres://{account}@/{NAME}?host={quote(info.host)}&port={info.port}"
        finally:
            admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "The settings can't be used. Production settings: SECRET_KEY must"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL must name a PostgreSQL database."),
        (
            {"DATABASE_URL": f"postgrs://clinic:{PASSWORD}@db/clinic"},
            "DATABASE_URL must name a PostgreSQL database.",
        ),
        ({"RATE_LIMITS": "health=often"}, "RATE_LIMITS: health='often' is not"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_a_line(variables, sentence):
    told = manage("find_duplicates", **{**PRODUCTION, **variables})

    assert told.returncode == 1
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert PASSWORD not in told.stderr


def test_a_database_that_is_away_is_told_without_a_traceback(unreachable):
    told = manage("find_duplicates", **{**PRODUCTION, "DATABASE_URL": unreachable})

    assert told.returncode == 1
    assert told.stderr.splitlines()[-1].startswith("The database can't be used: ")
    assert "Connection refused" in told.stderr
    assert "Traceback" not in told.stderr
    assert PASSWORD not in told.stderr


def test_tables_that_are_missing_are_told_and_the_traceback_is_there_for_the_asking(without_tables):
    variables = {**PRODUCTION, "DATABASE_URL": without_tables}

    told = manage("find_duplicates", **variables)
    whole = manage("find_duplicates", "--traceback", **variables)
    worker = manage("work", **variables)

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "The tables are not up to date. Run `manage.py migrate` first.\n"
    assert (worker.returncode, worker.stdout) == (1, "")
    assert "The tables are not up to date. Run `manage.py migrate` first." in worker.stderr
    assert whole.returncode == 1
    assert "Traceback" in whole.stderr


def test_a_production_database_is_never_flushed(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="never emptied"):
        call_command("flush", interactive=False)
