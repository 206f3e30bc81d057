"""Errors told to an error tracker: what really arrives there, and what never does."""

import gzip
import json
import subprocess  # nosec B404
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest
from django.conf import settings
from django.db import connection

from accounts import tasks
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.processes import python
from patients.tests.factories import PatientFactory
from tests.server import environment, running_server

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL, PHONE, SURNAME = "ada.secret@mail.example", "+4915112999999", "Wolkenstein"
OTHER_KEY = "bm90LXRoZS1rZXktb2YtdGhlLXRlc3RzLTAxMjM0NTY="
PERSONAL = (EMAIL, PHONE, SURNAME, "Penicillin", "secret-of-the-query")
# Like a fault of the database that names what it was about, as constraints do.
FAULT = """
CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'Failing row contains %%', to_jsonb(NEW); END $$;
CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken();
"""


UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


class Tracker(ThreadingHTTPServer):
    """Takes the events as an error tracker does."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Take)
        self.received: list[str] = []
        self.has_come = threading.Semaphore(0)

    @property
    def dsn(self) -> str:
        return f"http://public-key@127.0.0.1:{self.server_port}/7"

    def whole(self) -> str:
        return "".join(self.received)

    def wait(self) -> dict:
        """The next event that arrives."""
        assert self.has_come.acquire(timeout=60), "No event arrived."
        return json.loads(self.received[-1].splitlines()[2])


class Take(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = UNPACK[self.headers.get("Content-Encoding")]
        self.server.received.append(unpack(body).decode())
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.has_come.release()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def listening() -> Iterator[Tracker]:
    with Tracker() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def tracker(listening) -> Tracker:
    listening.received.clear()
    return listening


@pytest.fixture(scope="module")
def port(listening, django_db_setup, django_db_blocker) -> Iterator[int]:
    """A server that tells its errors there, and reads nothing that was encrypted before."""
    own = {"SENTRY_DSN": listening.dsn, "DOCUMENT_KEYS": OTHER_KEY}
    with django_db_blocker.unblock(), running_server(workers=1, **own) as port:
        yield port


@contextmanager
def inserts_failing(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(FAULT.format(table=table), [])
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION broken CASCADE")


def sent(port: int, method: str, path: str, body: dict | None = None, **headers: str) -> int:
    served = HTTPConnection("127.0.0.1", port, timeout=60)
    given = {"Content-Type": "application/json"} | headers
    served.request(method, path, json.dumps(body) if body else None, given)
    status = served.getresponse().status
    served.close()
    return status


def places(event: dict) -> list[str]:
    return [
        frame["function"]
        for error in event["exception"]["values"]
        for frame in error["stacktrace"]["frames"]
    ]


def check_is_harmless(event: dict, tracker: Tracker, *secrets: str) -> None:
    """There is nothing in it but what may be, and no trace of a person or a secret."""
    assert set(event) <= {
        "event_id", "timestamp", "level", "platform", "logger", "sdk", "environment", "release",
        "server_name", "tags", "exception",
    }  # fmt: skip
    for error in event["exception"]["values"]:
        assert set(error) == {"type", "module", "stacktrace"}
        for frame in error["stacktrace"]["frames"]:
            assert set(frame) <= {"filename", "function", "module", "lineno", "in_app"}
    for secret in (*PERSONAL, *secrets):
        assert secret not in tracker.whole()


def test_a_failing_request_of_the_api_is_told_without_its_patient(tracker, port):
    user = UserFactory(role=Role.RECEPTIONIST)
    token = begin_by_api(user).access_token
    body = {
        "first_name": "Ada", "last_name": SURNAME, "email": EMAIL, "phone": PHONE,
        "medical_history": ["Penicillin"],
    }  # fmt: skip
    with inserts_failing("patients_patient"):
        headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "request-of-the-test"}
        status = sent(port, "POST", "/api/v1/patients", body, **headers)
        event = tracker.wait()

    assert status == 500
    check_is_harmless(event, tracker, token, user.email, str(user.pk))
    assert len(event["tags"].pop("request_id")) == 32
    assert event["tags"] == {
        "client_request_id": "request-of-the-test",
        "method": "POST",
        "route": "/api/v1/patients",
        "sqlstate": "P0001",
    }
    assert event["exception"]["values"][-1]["type"] == "ProgrammingError"
    assert "register" in places(event)
    assert len(tracker.received) == 1, "Each error is told once."


def test_a_failing_page_is_told_without_address_and_cookie(tracker, port):
    """An encrypted record whose key is lost: the page can't be shown."""
    patient = PatientFactory(last_name=SURNAME, email=EMAIL, medical_history="Penicillin")
    desk = signed_in(Role.RECEPTIONIST)
    session = desk.cookies[settings.SESSION_COOKIE_NAME].value
    path = f"/admin/patients/patient/{patient.pk}/change/?token=secret-of-the-query"
    status = sent(port, "GET", path, Cookie=f"{settings.SESSION_COOKIE_NAME}={session}")
    event = tracker.wait()

    assert status == 500
    check_is_harmless(event, tracker, session, str(patient.pk), OTHER_KEY)
    assert event["tags"]["route"] == "/admin/patients/patient/<object_id>/change/"
    assert event["exception"]["values"][-1]["type"] == "Unreadable"
    assert "decrypt_text" in places(event)


def test_a_job_that_is_given_up_is_told_without_its_arguments(tracker):
    UserFactory(email=EMAIL)
    tasks.begin_reset.defer(email=EMAIL)
    worker = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
    with inserts_failing("clinic_notification"):
        subprocess.run(
            worker,
            cwd=settings.BASE_DIR,
            env=environment(SENTRY_DSN=tracker.dsn),
            timeout=60,
            check=False,
            capture_output=True,
        )
        event = tracker.wait()

    check_is_harmless(event, tracker)
    assert event["tags"]["job"] == "accounts.begin_reset"
    assert "owe" in places(event)


def test_a_line_without_an_error_is_told_by_its_place(tracker):
    code = """
import django; django.setup()
import logging
logging.getLogger("clinic.x").error("Nobody reaches %s", "ada.secret@mail.example")
logging.getLogger("clinic.x").warning("Only a warning")
"""
    result = python(code, SENTRY_DSN=tracker.dsn, DJANGO_SETTINGS_MODULE="clinic.settings")
    event = tracker.wait()

    assert EMAIL not in result.stderr
    assert "Nobody reaches (address)" in result.stderr
    assert event["message"] == "clinic.x: <module>, line 4"
    assert event["environment"] == "development"
    assert EMAIL not in tracker.whole()
    assert len(tracker.received) == 1


def test_nothing_is_loaded_where_no_tracker_is_named():
    code = (
        "import django; django.setup(); import clinic.urls, sys; print('sentry_sdk' in sys.modules)"
    )

    assert python(code, DJANGO_SETTINGS_MODULE="clinic.settings").stdout == "False\n"
