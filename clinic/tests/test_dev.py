"""`manage.py dev`: changed code is served, and worked with, at once."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from clinic.tests.processes import PATIENCE, environment, wait_until
from tests import database
from tests.server import free_port

COMPILED = shutil.ignore_patterns("__pycache__", "tests")


@pytest.fixture
def copy(tmp_path) -> Path:
    """The project's code, to be edited."""
    for name in ("clinic", "accounts", "doctors", "patients", "appointments", "templates"):
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name, ignore=COMPILED)
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    (tmp_path / "static").mkdir()
    return tmp_path


@pytest.fixture
def with_tables(db) -> Iterator[str]:
    """The address of a database of its own, which nobody has to migrate."""
    with database.another(f"clinic_dev_{os.getpid()}") as address:
        yield address


def test_changed_code_is_served_and_worked_with_also_after_a_mistake(copy, with_tables):
    log, views, port = copy / "dev.log", copy / "clinic" / "web" / "views.py", free_port()
    whole = views.read_text()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "dev", "--no-seed", "--port", str(port)],
            cwd=copy,
            env=environment(DEBUG="1", DATABASE_URL=with_tables, VAR_DIR=str(copy / "var")),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: "Ctrl-C ends it." in log.read_text(), process)
        wait_until(lambda: workers(process), process)
        first = workers(process)
        views.write_text(whole + "this is no Python\n")
        wait_until(lambda: "SyntaxError" in log.read_text(), process)
        wait_until(lambda: not workers(process), process)
        views.write_text(whole.replace("Patient Registration API", "Changed"))
        wait_until(lambda: "Changed" in asked(port), process)
        wait_until(lambda: len(workers(process)) == 1, process)

        assert len(first) == 1
        assert not first & workers(process)
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
    assert "and so does the rest" not in log.read_text()


def workers(process: subprocess.Popen) -> set[int]:
    """The ids of the job workers that run below this process."""
    found = set()
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            is_dead = child.status() == psutil.STATUS_ZOMBIE
            if not is_dead and child.cmdline()[-1] == "work":
                found.add(child.pid)
    return found


def asked(port: int) -> str:
    """The first page's answer; empty while nobody serves."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"Accept": "application/json"})
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
