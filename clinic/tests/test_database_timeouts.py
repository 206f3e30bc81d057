"""What waits for the database waits within bounds, and is told to come again: 503, never 500."""

import errno
import time
from contextlib import contextmanager
from threading import Event, Thread

import psycopg
import pytest
from django.db import (
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from procrastinate.jobs import Job
from psycopg import errors

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.api.errors import as_problem
from clinic.database import timeouts
from clinic.database.pool import ClinicConnection, ClinicPool
from clinic.database.timeouts import Timeouts
from clinic.management.working.lanes import CircumstancesRetry
from clinic.tests.forwarder import forwarded
from clinic.tests.problems import V1, check_problem


def caused(cause: Exception, kind: type[Exception] = OperationalError) -> Exception:
    """As Django wraps what PostgreSQL said."""
    error = kind()
    error.__cause__ = cause
    return error


HASTY = Timeouts("hasty", lock=0.2, statement=1, idle=5)


@contextmanager
def somebody_holding(table: str):
    """Another transaction has all rows of the table locked, and does nothing."""
    locked, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} FOR UPDATE")
            locked.set()
            done.wait(30)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert locked.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_keeps_is_503_at_once_and_nothing_is_done(api):
    visit = AppointmentFactory(patient__with_account=True)
    client, page = api(UserFactory(role=Role.RECEPTIONIST)), signed_in(visit.patient.user)
    address = f"/me/visits/{visit.pk}/cancel/"
    code = page.get(address).context["form"]["reason_code"].value()

    with somebody_holding("doctors_doctor"), timeouts.working(HASTY):
        began = time.monotonic()
        answer = client.post(f"{V1}/appointments/{visit.pk}/cancel", {"reason": "ill"}, "json")
        shown = page.post(address, {"reason": "", "reason_code": code})
        took = time.monotonic() - began
        asked = client.get(f"{V1}/appointments/{visit.pk}")

    check_problem(answer, 503, "unavailable")
    assert answer["Retry-After"] == "1"
    assert (shown.status_code, shown["Retry-After"]) == (503, "1")
    assert "Our records can" in shown.content.decode()
    assert took < 5
    assert asked.json()["status"] == "booked"
    done = client.post(f"{V1}/appointments/{visit.pk}/cancel", {"reason": "ill"}, "json")
    assert done.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_time_outs_of_a_transaction_are_told_with_its_beginning():
    with timeouts.working(HASTY), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("200ms", "1s")
    with pytest.raises(OperationalError, match="statement timeout"):  # noqa: SIM117
        with timeouts.working(HASTY), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("1min", "0")


def pool_through(port: int) -> ClinicPool:
    params = {"host": "127.0.0.1", "port": port, "user": connection.settings_dict["USER"]}
    params |= {"dbname": connection.settings_dict["NAME"], "autocommit": True, "connect_timeout": 2}
    return ClinicPool(takes_options=True, kwargs=params, min_size=0, max_size=4)


def asked(pool: ClinicPool) -> float:
    """How long it took to be told what the database said, in seconds."""
    began = time.monotonic()
    found: ClinicConnection = pool.getconn()
    try:
        assert found.execute("SELECT 1").fetchone() == (1,)
    finally:
        pool.putconn(found)
    return time.monotonic() - began


@pytest.mark.django_db
def test_while_the_database_is_away_nobody_waits_and_its_return_is_seen_at_once():
    with forwarded() as database, pool_through(database.port) as pool:
        held = [pool.getconn() for _ in range(3)]
        for each in held:
            pool.putconn(each)

        # A restart that nobody sees: those that the server has closed are given to nobody.
        database.go_away()
        database.come_back()
        assert asked(pool) < 1

        database.go_away()
        waits = []
        for _ in range(6):
            began = time.monotonic()
            with pytest.raises(psycopg.OperationalError, match="refused"):
                asked(pool)
            waits.append(time.monotonic() - began)
        assert waits[0] < 2.5
        assert max(waits[1:]) < 0.5

        database.come_back()
        back = time.monotonic()
        while time.monotonic() - back < 5:
            try:
                asked(pool)
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                break
        assert time.monotonic() - back < 2


@pytest.mark.parametrize(
    ("cause", "is_again"),
    [(errors.LockNotAvailable(), True), (errors.AdminShutdown(), True), (None, False)],
)
def test_a_job_is_tried_again_where_nothing_was_wrong_with_it(cause, is_again):
    error = OperationalError() if cause else ValueError()
    error.__cause__ = cause
    job = Job(queue="default", lock=None, queueing_lock=None, task_name="any")

    assert bool(CircumstancesRetry().get_retry_decision(exception=error, job=job)) is is_again
    late = job.evolve(attempts=20)
    assert CircumstancesRetry().get_retry_decision(exception=error, job=late) is None


@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        (OperationalError(), 503, "unavailable", "5"),
        (InterfaceError(), 503, "unavailable", "5"),
        (caused(errors.DeadlockDetected()), 503, "unavailable", "1"),
        (caused(errors.DiskFull()), 507, "insufficient_storage", "300"),
        (caused(errors.ReadOnlySqlTransaction(), InternalError), 503, "unavailable", "5"),
        (OSError(errno.EDQUOT, "quota"), 507, "insufficient_storage", "300"),
        (OSError(errno.EROFS, "read-only"), 503, "unavailable", "300"),
        (FileNotFoundError(errno.ENOENT, "gone"), 500, "server_error", None),
        (caused(errors.UndefinedTable(), ProgrammingError), 500, "server_error", None),
    ],
)
def test_what_nobody_is_at_fault_for_is_no_500(error, status, code, wait):
    problem = as_problem(error, {})

    assert (problem.status_code, problem.code) == (status, code)
    assert problem.headers.get("Retry-After") == wait
