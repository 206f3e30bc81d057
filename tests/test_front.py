"""What the web server does before a request takes a thread: with one process of one thread."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection, transaction

from accounts.models import User
from tests.server import running_server

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE, SLOW = 3, 40


@pytest.fixture(scope="module")
def front(django_db_setup, django_db_blocker) -> Iterator[int]:
    own = {
        "WEB_THREADS": "1",
        "WEB_QUEUE": str(QUEUE),
        "WEB_BODY_SECONDS": "1",
        "DATABASE_LOCK_SECONDS": "60",
        "DATABASE_STATEMENT_SECONDS": "90",
    }
    with django_db_blocker.unblock(), running_server(workers=1, **own) as port:
        yield port


def ask(port: int, method: str, path: str, body=None, **headers: str):
    """Status, headers and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as one:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        one.request(method, path, body, names)
        response = one.getresponse()
        return response.status, response.headers, response.read()


def begun(port: int, head: str, body: bytes = b"") -> socket.socket:
    """A connection on which so much of a request has been sent."""
    one = socket.create_connection(("127.0.0.1", port), 60)
    one.sendall(f"{head}\r\nHost: 127.0.0.1\r\n\r\n".encode() + body)
    return one


def read_all(one: socket.socket) -> bytes:
    with one:
        return b"".join(iter(lambda: one.recv(65536), b""))


def wait_for_answer(port: int, told: list) -> None:
    began = time.monotonic()
    told.append((*ask(port, "GET", "/api/v1/services"), time.monotonic() - began))


def test_slow_bodies_keep_nobody_waiting_and_are_told_so(front):
    head = "POST /register/ HTTP/1.1\r\nContent-Length: 5000"
    slow = [begun(front, head, b"a" * (number % 2)) for number in range(SLOW)]
    waits = []
    for _ in range(5):
        began = time.monotonic()
        assert ask(front, "GET", "/livez")[0] == 200
        assert ask(front, "GET", "/register/")[0] == 200
        waits.append(time.monotonic() - began)
    answers = [read_all(one) for one in slow]

    assert sorted(waits)[2] < 0.9  # While none of them has been given up.
    statuses = [answer.split(b" ", 2)[1] for answer in answers]
    assert statuses.count(b"408") == 32  # So many of one network are read at once,
    assert statuses.count(b"503") == SLOW - 32  # and the others shall come again.
    late = next(answer for answer in answers if b" 408 " in answer)
    assert b"came too slowly, and nothing was saved" in late
    told = read_all(begun(front, "POST /api/v1/auth/login HTTP/1.1\r\nContent-Length: 9", b"{"))
    assert json.loads(told.partition(b"\r\n\r\n")[2])["code"] == "request_timeout"


def test_more_than_can_wait_are_told_to_come_again(front):
    told: list = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE doctors_healthcareservice IN ACCESS EXCLUSIVE MODE")
        clients = [
            threading.Thread(target=wait_for_answer, args=(front, told)) for _ in range(QUEUE + 6)
        ]
        for client in clients:
            client.start()
        until = time.monotonic() + 30
        while len(told) < 5 and time.monotonic() < until:
            time.sleep(0.02)
        shed = list(told)
        assert ask(front, "GET", "/livez")[0] == 200
    for client in clients:
        client.join(60)

    assert len(shed) == 5
    for status, headers, body, _ in shed:
        assert (status, headers["Retry-After"]) == (503, "1")
        assert json.loads(body)["code"] == "unavailable"
    assert {status for status, *_ in told} <= {200, 503}
    assert len(told) == QUEUE + 6


def test_bodies_come_whole_or_not_at_all(front):
    login = json.dumps({"username": "nobody@clinic.example", "password": "x"}).encode()
    kind = {"Content_Type": "application/json"}
    chunked = (login[index : index + 7] for index in range(0, len(login), 7))

    assert ask(front, "POST", "/api/v1/auth/login", login, **kind)[0] == 401
    assert ask(front, "POST", "/api/v1/auth/login", chunked, **kind)[0] == 401
    status, _, told = ask(front, "POST", "/api/v1/auth/login", b" " * 41 * 2**20, **kind)
    assert (status, json.loads(told)["code"]) == (413, "payload_too_large")
    for head in ("Content-Length: 90", "Transfer-Encoding: chunked"):
        part = b"5\r\n{'a':\r\n" if "chunked" in head else b"{'a':"
        begun(front, f"POST /api/v1/auth/login HTTP/1.1\r\n{head}", part).close()
    assert ask(front, "GET", "/livez")[0] == 200


def test_a_header_that_could_be_taken_for_another_is_refused(front):
    for name in ("X_Forwarded_For", "X-Forwarded_For", "Content_Length"):
        told = read_all(begun(front, f"GET / HTTP/1.1\r\nConnection: close\r\n{name}: 10.0.0.1"))
        assert told.startswith(b"HTTP/1.1 400 ")
        assert b"have no underscores here" in told
        names = told.partition(b"\r\n\r\n")[0].decode().lower()
        for safety in ("nosniff", "frame-ancestors 'none'", "referrer-policy: same-origin"):
            assert safety in names  # As every answer of Django's.


def test_what_django_sees_is_what_was_sent(front):
    """Through the whole way: names beyond ASCII, repeated headers, files, HEAD, and a stream."""
    assert ask(front, "GET", "/api/v1/f%C3%BCr/%ff")[0] == 404
    german = {"Accept_Language": "de", "Accept": "text/html"}
    assert b"Registrieren" in ask(front, "GET", "/register/", **german)[2]
    status, headers, sheet = ask(front, "GET", "/static/clinic/site.css")
    assert (status, headers["Content-Length"]) == (200, str(len(sheet)))
    assert ask(front, "GET", "/static/clinic/site.css", Range="bytes=5-9")[2] == sheet[5:10]
    status, headers, nothing = ask(front, "HEAD", "/static/clinic/site.css")
    assert (status, nothing) == (200, b"")
    tag = {"If_Modified_Since": headers["Last-Modified"]}
    assert ask(front, "GET", "/static/clinic/site.css", **tag)[0] == 304
    assert ask(front, "GET", "/livez")[2] == b'{"status":"ok"}'
    assert ask(front, "GET", "/livez?x=1")[0] == 422
    assert not User.objects.exists()
