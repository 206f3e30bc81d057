"""Behind PgBouncer in transaction mode, where requests share a few connections of the database."""

import getpass
import http.client
import json
import os
import shutil
import subprocess  # nosec B404
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import next_monday
from clinic import tasks
from clinic.database.pool import ClinicPool
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from tests.server import end, environment, free_port, running_server, wait_for

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
CALLERS, ROUNDS = 4, 3
POOLED = {"DATABASE_PREPARED": "0", "DATABASE_POOLER": "1"}
CONFIGURATION = """
[databases]
{name} = host={host} port={port} dbname={name} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
"""


@contextmanager
def pooler() -> Iterator[str]:
    """The URL of this database behind a PgBouncer with two connections for everybody."""
    known, port = connection.get_connection_params(), free_port()
    with TemporaryDirectory() as folder:
        path = Path(folder, "pgbouncer.ini")
        path.write_text(
            CONFIGURATION.format(
                name=known["dbname"],
                host=known["host"],
                port=known["port"],
                user=known["user"],
                own_port=port,
            )
        )
        Path(folder).chmod(0o755)
        command = [str(PGBOUNCER), "-q", str(path)]
        if getpass.getuser() == "root":  # As whom it refuses to run.
            socket = Path(known["host"])
            command[1:1] = ["-u", socket.owner() if socket.is_dir() else "nobody"]
        process = subprocess.Popen(command, start_new_session=True)  # nosec B603
        try:
            wait_for(port, process)
            yield f"postgres://clinic@127.0.0.1:{port}/{known['dbname']}"
        finally:
            end(process)


def ask(port: int, token: str, method: str, path: str, body: dict | None = None) -> int:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    own = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    own.request(method, path, json.dumps(body) if body else None, headers)
    answer = own.getresponse()
    answer.read()
    own.close()
    return answer.status


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer isn't installed")
@pytest.mark.django_db(transaction=True)
def test_what_is_written_bears_the_one_who_wrote_it():
    """Settings of a transaction are set in it: none is another request's, none is lost."""
    callers = [UserFactory(role=Role.RECEPTIONIST) for _ in range(CALLERS)]
    tokens = [begin_by_api(caller).access_token for caller in callers]
    doctors = [str(DoctorFactory().pk) for _ in callers]
    patients = [str(PatientFactory().pk) for _ in callers]

    def work(port: int, number: int) -> Counter[int]:
        answers = Counter[int]()
        for nth in range(ROUNDS):
            wish = {
                "doctor_id": doctors[number],
                "patient_id": patients[number],
                "starts_at": (next_monday(8) + nth * timedelta(hours=1)).isoformat(),
                "duration_minutes": 30,
            }
            token, day = tokens[number], f"{next_monday(8):%Y-%m-%d}"
            answers[ask(port, token, "POST", "/api/v1/appointments", wish)] += 1
            answers[ask(port, token, "GET", f"/api/v1/patients/{patients[number]}")] += 1
            answers[ask(port, token, "GET", f"/api/v1/appointments?date={day}")] += 1
            answers[ask(port, token, "GET", "/api/v1/patients?search=lovelace")] += 1
        return answers

    with (
        pooler() as url,
        running_server(1, DATABASE_URL=url, **POOLED) as port,
        ThreadPoolExecutor(CALLERS) as threads,
    ):
        answers = sum(threads.map(lambda number: work(port, number), range(CALLERS)), Counter())

    assert answers == {201: CALLERS * ROUNDS, 200: 3 * CALLERS * ROUNDS}
    events = Appointment.pgh_event_model.objects.all()
    assert events.count() == CALLERS * ROUNDS
    for event in events:
        assert event.pgh_context["user"] == str(event.created_by_id)
        assert event.pgh_context["what"] == "POST /api/v1/appointments"
    read = Counter(AccessLog.objects.values_list("user", flat=True))
    assert read == {caller.pk: 4 * ROUNDS for caller in callers}


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer isn't installed")
@pytest.mark.django_db(transaction=True)
def test_commands_and_the_job_worker_need_no_connection_of_their_own():
    PatientFactory.create_batch(2)
    job = tasks.remove_idempotency_keys.defer(timestamp=0)
    with pooler() as url:
        own = environment(DATABASE_URL=url, **POOLED)
        for command in ("find_duplicates", "recheck_time_zones", "work --once"):
            done = subprocess.run(  # nosec B603
                [sys.executable, "manage.py", *command.split()],
                cwd=settings.BASE_DIR,
                env=own,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
    assert ProcrastinateJob.objects.get(pk=job).status == "succeeded"


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer isn't installed")
@pytest.mark.django_db(transaction=True)
def test_time_outs_are_told_with_each_transaction_and_a_pooler_is_noticed():
    with pooler() as url:
        params = connection.get_connection_params() | {"port": urlsplit(url).port}
        params |= {"host": "127.0.0.1", "user": "clinic", "autocommit": True}
        params.pop("options", None)
        with ClinicPool(takes_options=False, kwargs=params, min_size=0, max_size=2) as pool:
            found = pool.getconn()
            found.autocommit = False
            asked = "SELECT current_setting('lock_timeout'), pg_backend_pid()"
            limit, backend = found.execute(asked).fetchone()
            found.rollback()
            told = found.info.backend_pid
            pool.putconn(found)

    assert limit == "1min"
    assert backend != told
