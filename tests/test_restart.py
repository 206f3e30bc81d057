"""One web server after the other is replaced while clients book: no request fails."""

import http.client
import json
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest

from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange
from appointments.tests.factories import next_monday
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from tests.server import running_server

CLIENTS = 4
LENGTH = timedelta(minutes=30)


class Servers:
    """What a proxy does: the next server where one takes no connection. Nothing else is tried
    anew, for nobody knows whether a visit was booked whose answer was lost."""

    def __init__(self, *ports: int):
        self.ports, self.answers, self.lock = list(ports), Counter(), threading.Lock()

    def ask(self, number: int, body: str, headers: dict[str, str]) -> None:
        ports = list(self.ports)
        for port in ports[number % len(ports) :] + ports:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.connect()
            except ConnectionRefusedError:
                continue
            self.note(answer_of(connection, body, headers), port)
            return
        self.note("no server", 0)

    def note(self, answer: str, port: int) -> None:
        with self.lock:
            self.answers[answer, port] += 1

    def by(self, port: int) -> int:
        with self.lock:
            return self.answers["201", port]

    def wait_for(self, port: int, more: int = 6) -> None:
        """Wait until this one has answered so many times more."""
        enough, until = self.by(port) + more, time.monotonic() + 120
        while self.by(port) < enough:
            assert time.monotonic() < until, self.answers
            time.sleep(0.02)


def answer_of(connection: http.client.HTTPConnection, body: str, headers: dict[str, str]) -> str:
    try:
        connection.request("POST", "/api/v1/appointments", body, headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return str(response.status)


def book_on(servers: Servers, number: int, people: dict, headers: dict, is_over) -> None:
    """Book one visit after the other, each by a connection of its own."""
    starts_at = next_monday(8)
    while not is_over.is_set():
        body = {**people, "starts_at": starts_at.isoformat(), "duration_minutes": 30}
        servers.ask(number, json.dumps(body), headers)
        number, starts_at = number + 1, starts_at + LENGTH


@pytest.mark.django_db(transaction=True)
def test_no_booking_fails_while_a_web_server_is_replaced(served):
    token = begin_by_api(UserFactory(role=Role.ADMIN)).access_token
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    servers, is_over = Servers(served), threading.Event()
    clients = []
    for number in range(CLIENTS):
        people = {"doctor_id": str(DoctorFactory().pk), "patient_id": str(PatientFactory().pk)}
        told = (servers, number, people, headers, is_over)
        clients.append(threading.Thread(target=book_on, args=told, daemon=True))
    with ExitStack() as old, ExitStack() as new:
        servers.ports.append(stopped := old.enter_context(running_server(workers=1)))
        for client in clients:
            client.start()
        servers.wait_for(stopped)
        old.close()  # It is told to end while requests are under way.
        servers.wait_for(served)
        servers.ports[1] = started = new.enter_context(running_server(workers=1))
        servers.wait_for(started)
        is_over.set()
        for client in clients:
            client.join(60)

    assert {answer for answer, _ in servers.answers} == {"201"}
    booked = sum(servers.answers.values())
    assert booked == Appointment.objects.count() == AppointmentChange.objects.count()
