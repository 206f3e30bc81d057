"""What all contenders stand on: one PostgreSQL with the same data, and one secret."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from clinic.embedded import server

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench"
NAME = "clinic_bench"
SECRET = "the-benchmark-keeps-no-secret-of-anybody-and-signs-with-this-1234"
DOCUMENT_KEY = "dGhlLWJlbmNobWFyay1hbG9uZS11c2VzLXRoaXMtayE="
# As a small server of a clinic: it writes with care (fsync, synchronous commits), and counts.
SERVER = {
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "512MB",
    "max_connections": "300",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
}


@dataclass(frozen=True)
class Ground:
    """A running server, the database on it, and what `prepare` says of what is in there."""

    parameters: dict[str, Any]
    knowledge: dict[str, Any]

    @property
    def postmaster(self) -> int:
        pid = server.running_pid(HOME / "pg")
        assert pid is not None
        return pid


def reach() -> dict[str, Any]:
    """How libpq reaches the server, which is started where it doesn't run."""
    where = server.connection_settings(HOME / "pg")
    return {"host": where["HOST"], "port": where["PORT"], "user": where["USER"]}


def database_url(parameters: dict[str, Any], scheme: str = "postgresql") -> str:
    where = urlencode({"host": parameters["host"], "port": parameters["port"]})
    return f"{scheme}://{parameters['user']}@/{NAME}?{where}"


def environment(parameters: dict[str, Any]) -> dict[str, str]:
    """Production's, for the clinic on this database; nothing is rationed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {
        "ENV_FILE": os.devnull,
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "DATABASE_URL": database_url(parameters, "postgres"),
        "SECRET_KEY": SECRET,
        "DOCUMENT_KEYS": DOCUMENT_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "EMAIL_URL": "none",
        "MFA_REQUIRED_ROLES": "",
        "VAR_DIR": str(HOME),
        "STATIC_ROOT": str(HOME / "static"),
        "METRICS_TOKEN": "watched",
        "LOG_LEVEL": "WARNING",
        "ACCESS_TOKEN_MINUTES": "600",
        "RATE_LIMITS": "register=1000000/h",
        "BENCH_DATABASE": database_url(parameters),
        "BENCH_SECRET": SECRET,
    }
    return {**kept, **own}


@contextmanager
def prepared(appointments: int, patients: int, doctors: int) -> Iterator[Ground]:
    """The database with so many rows, kept from an earlier run of today if it has them."""
    (HOME / "documents").mkdir(parents=True, exist_ok=True)
    was_running = server.is_running(HOME / "pg")
    parameters = with_settings(reach())
    try:
        sizes = [f"--appointments={appointments}", f"--patients={patients}", f"--doctors={doctors}"]
        own = environment(parameters)
        wanted = f"{datetime.now().astimezone():%Y-%m-%d} {' '.join(sizes)}"
        is_kept = make_database(parameters, wanted)
        for command in (["migrate", "-v0"], ["collectstatic", "-v0", "--noinput"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=own, check=True)
        command = [sys.executable, "-m", "benchmarks.prepare", *sizes]
        command += ["--again"] if is_kept else []
        told = subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.PIPE)
        mark(parameters, wanted)
        yield Ground(parameters, json.loads(told.stdout))
    finally:
        if not was_running:
            server.stop(HOME / "pg")


def with_settings(parameters: dict[str, Any]) -> dict[str, Any]:
    """Set what this server shall have; it starts anew where it has something else."""
    with psycopg.connect(**parameters, dbname="postgres", autocommit=True) as connection:
        stand = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
        if stand["shared_preload_libraries"] == SERVER["shared_preload_libraries"]:
            return parameters
        for name, value in SERVER.items():
            change = sql.SQL("ALTER SYSTEM SET {} = {}")
            connection.execute(change.format(sql.Identifier(name), sql.Literal(value)))
    server.stop(HOME / "pg")
    parameters = reach()
    with psycopg.connect(**parameters, dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    return parameters


def make_database(parameters: dict[str, Any], wanted: str) -> bool:
    """Drop the database and make it anew, unless it is marked as what is wanted."""
    with psycopg.connect(**parameters, dbname="postgres", autocommit=True) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [NAME],
        ).fetchone()
        if row and row[0] == wanted:
            return True
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
    return False


def mark(parameters: dict[str, Any], wanted: str) -> None:
    with psycopg.connect(**parameters, dbname="postgres", autocommit=True) as connection:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(NAME), sql.Literal(wanted)
            )
        )
