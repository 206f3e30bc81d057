"""`manage.py work`: nothing but mails waits for the mail server, and nothing is lost or given up
while the database is away."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tasks import send_password_changed
from accounts.tests.factories import UserFactory
from clinic import tasks
from clinic.mail import owe
from clinic.management.working import alive
from clinic.tests.forwarder import Forwarder, forwarded
from clinic.tests.processes import PATIENCE, wait_until
from tests.database import address_of
from tests.server import environment


@pytest.fixture
def silent_smtp():
    """Takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"


def through(forwarder: Forwarder) -> str:
    """The tests' database by way of what can take it away."""
    name = connection.settings_dict["NAME"]
    user = urlsplit(address_of(name)).username
    return urlunsplit(("postgres", f"{user}@127.0.0.1:{forwarder.port}", name, "", ""))


def start_worker(log: Path, **own: str) -> subprocess.Popen:
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", "work"],
            cwd=settings.BASE_DIR,
            env=environment(**own),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def queue_job() -> int:
    """A job of the clinic's own house, as good as any."""
    return tasks.remove_idempotency_keys.configure(queueing_lock=uuid4().hex).defer(timestamp=0)


def is_done(job: int) -> bool:
    return ProcrastinateJob.objects.filter(pk=job, status="succeeded").exists()


def lives(var_dir: Path) -> int:
    command = [sys.executable, "-m", "clinic.management.working.alive"]
    own = {**os.environ, "VAR_DIR": str(var_dir)}
    return subprocess.run(command, cwd=settings.BASE_DIR, env=own, capture_output=True).returncode


@pytest.mark.django_db(transaction=True)
def test_lanes_and_a_database_that_goes_and_comes_back(tmp_path, silent_smtp):
    log = tmp_path / "worker.log"
    user = UserFactory()
    with forwarded() as database:
        database.go_away()
        own = {"DATABASE_URL": through(database), "VAR_DIR": str(tmp_path)}
        worker = start_worker(
            log, EMAIL_URL=silent_smtp, EMAIL_TIMEOUT="8", LOG_LEVEL="INFO", **own
        )
        try:
            wait_until(lambda: "waits for the database" in log.read_text(), worker)
            assert lives(tmp_path) == 1

            # More mails than the lane has places: everything else is done beside them.
            for _ in range(6):
                owe(uuid4().hex, user.email, user.pk, send_password_changed)
            first = queue_job()
            database.come_back()
            wait_until(lambda: is_done(first), worker)
            wait_until(lambda: lives(tmp_path) == 0, worker)
            messages = ProcrastinateJob.objects.filter(queue_name="messages")
            assert messages.filter(status="succeeded").count() == 0

            database.go_away()
            wait_until(lambda: "has lost the database" in log.read_text(), worker)
            second = queue_job()
            database.come_back()
            wait_until(lambda: is_done(second), worker)
            wait_until(alive.alive_file(tmp_path).exists, worker)

            (tmp_path / "maintenance.json").write_text('{"since": 1}')
            wait_until(lambda: "closed for maintenance" in log.read_text(), worker)
            third = queue_job()
            (tmp_path / "maintenance.json").unlink()
            wait_until(lambda: is_done(third), worker)

            worker.send_signal(signal.SIGTERM)
            assert worker.wait(PATIENCE) == 0
        finally:
            worker.kill()
            worker.wait()
    assert "Traceback" not in log.read_text()
