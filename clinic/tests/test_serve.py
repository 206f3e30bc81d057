"""`manage.py serve`: processes that are replaced, killed and ended while clients go on asking."""

import http.client
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from clinic.tests.processes import PATIENCE, PRODUCTION, manage, started, wait_until
from tests.server import free_port

PAGE = "/api/v1/clinic"  # Asks no database.
HEADERS = {"Host": "clinic.example", "X-Forwarded-Proto": "https"}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux ends orphans")


class Served:
    """A server with settings from a file, and the processes that serve."""

    def __init__(self, folder: Path):
        self.port, self.log, self.settings = free_port(), folder / "log", folder / "env"
        self.write("CLINIC_NAME=First")
        own = {**PRODUCTION, "ENV_FILE": str(self.settings), "VAR_DIR": str(folder)}
        self.process = started("serve", f"--port={self.port}", log=self.log, **own)

    def write(self, line: str) -> None:
        self.settings.write_text(f"{line}\n")

    def told(self) -> str:
        return self.log.read_text()

    def serving(self) -> set[int]:
        children = psutil.Process(self.process.pid).children()
        return {child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE}

    def ask(self) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", PAGE, headers=HEADERS)
            return connection.getresponse().read()
        finally:
            connection.close()


class Clients:
    """Ask all the time, two by one connection as long as it is kept, and two by one for each."""

    def __init__(self, port: int):
        self.port, self.answers, self.is_over = port, Counter(), threading.Event()
        self.threads = [threading.Thread(target=self.go_on, args=(n % 2,)) for n in range(4)]

    def __enter__(self) -> "Clients":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def go_on(self, keeps: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.is_over.is_set():
            try:
                connection.request("GET", PAGE, headers=HEADERS)
                response = connection.getresponse()
                response.read()
                answer = str(response.status)
            except (OSError, http.client.HTTPException) as error:
                answer = repr(error)
                connection.close()
            if not keeps:
                connection.close()
            self.answers[answer] += 1
            time.sleep(0.02)
        connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"))
    try:
        wait_until(lambda: served.told().count("serves") == 2, served.process)
        yield served
    finally:
        served.process.kill()
        served.process.wait(PATIENCE)


def test_sighup_loads_code_and_settings_anew_and_no_request_fails(server):
    before = server.serving()
    assert b"First" in server.ask()

    server.write("CLINIC_NAME=Second")
    with Clients(server.port) as clients:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.told().count("serves") == 4, server.process)
        wait_until(lambda: not server.serving() & before, server.process)
    assert clients.answers.keys() == {"200"}
    assert b"Second" in server.ask()

    server.write("BCRYPT_ROUNDS=1")
    now = server.serving()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "nothing is replaced" in server.told(), server.process)
    assert "BCRYPT_ROUNDS must be 12 or more." in server.told()
    assert server.serving() == now
    assert b"Second" in server.ask()


def test_a_process_that_is_killed_is_replaced_and_all_end_with_their_parent(server):
    killed = psutil.Process(min(server.serving()))
    killed.kill()
    wait_until(
        lambda: "ended (signal SIGKILL): another one starts" in server.told(), server.process
    )
    wait_until(lambda: len(server.serving()) == 2, server.process)
    family = psutil.Process(server.process.pid).children()
    assert killed not in family

    taken = manage("serve", f"--port={server.port}", VAR_DIR=str(server.log.parent))
    assert taken.returncode == 1
    assert taken.stderr == (
        f"CommandError: Port {server.port} of 127.0.0.1 can't be used: Address already in use.\n"
    )

    server.process.kill()
    server.process.wait(PATIENCE)
    lines = [json.loads(line) for line in server.told().splitlines()]  # And nothing else.
    asked = [line for line in lines if line["logger"] == "clinic.requests"]
    assert {line["message"] for line in lines if line["logger"] == "_granian"} == set()
    assert {(line["route"], line["status"]) for line in asked} == {("/api/v1/clinic", 200)}
    assert all(line["ms"] >= 0 and line["request_id"] for line in asked)
    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
    with pytest.raises(ConnectionRefusedError):
        server.ask()


def test_the_front_is_of_the_granian_that_is_pinned():
    """It is made of parts that granian gives no promise for: a new release is looked at first."""
    assert "granian==2.8.7\n" in (settings.BASE_DIR / "requirements.txt").read_text()
