"""The project served for real, as in production, over the test database."""

import os
import signal
import socket
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.conf import settings
from django.db import connection

from tests.database import address_of


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**changes: str) -> dict[str, str]:
    """The environment of another process of the project, on this one's database."""
    own = {
        "ENV_FILE": os.devnull,
        "DEBUG": "1",
        "DATABASE_URL": address_of(connection.settings_dict["NAME"]),
        "VAR_DIR": str(settings.VAR_DIR),
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "LOG_LEVEL": "ERROR",
        "LOGIN_FAILURES_PER_ADDRESS": "100000",
        "RATE_LIMITS": "register=100000/h,login=100000/h",
    }
    return {**os.environ, **own, **changes}


@contextmanager
def running_server(workers: int = 2, **changes: str) -> Iterator[int]:
    """Yield the port of a server with so many worker processes; it is ended afterwards."""
    port = free_port()
    own = environment(**{"WEB_WORKERS": str(workers), "WEB_THREADS": "4", **changes})
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    server = subprocess.Popen(  # nosec B603
        command, cwd=settings.BASE_DIR, env=own, start_new_session=True
    )
    try:
        wait_for(port, server)
        yield port
    finally:
        end(server)


@pytest.fixture(scope="session")
def served(django_db_setup, django_db_blocker) -> Iterator[int]:
    """The port of one such server for all tests that need nothing special of it, and commit."""
    with django_db_blocker.unblock(), running_server() as port:
        yield port


def end(server: subprocess.Popen, seconds: float = 30) -> None:
    """Ask it to end; its whole process group is killed where it does not."""
    server.terminate()
    try:
        server.wait(seconds)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(seconds)


def wait_for(port: int, server: subprocess.Popen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not start.")
