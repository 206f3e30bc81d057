"""Clients that work all the time, and remember what they were promised.

Each has doctors of its own, so that no time of it is ever taken by another one: whatever is refused
for that, or found twice, is the fault of the clinic.
"""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.pictures import multipart, photo

LENGTH = timedelta(minutes=30)
PATIENCE = 120.0  # Seconds for which a client asks again what it got no answer to.
TIMEOUT = 30.0  # Seconds that it waits for an answer.
TRY_AGAIN = {429, 503, 507}
ACROSS_DAYS = 300  # Days ahead among which times are chosen.
PER_DAY = 20
FIRST_HOUR = 6


@dataclass
class Answer:
    status: int  # 0: none came.
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Visit:
    """A booking as it was promised: the last state that was acknowledged, and those that the
    clinic may have reached by a request whose answer was lost."""

    key: str
    patient: str
    id: str = ""
    starts_at: datetime | None = None
    status: str = "booked"
    may_be: list[tuple[datetime | None, str]] = field(default_factory=list)


@dataclass
class Registration:
    key: str
    email: str
    id: str = ""


@dataclass
class Findings:
    """What all clients saw of one fault. `wrong` are answers that no fault excuses."""

    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    wrong: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, method: str, path: str, answer: Answer) -> None:
        with self.lock:
            self.answers[str(answer.status or "none")] += 1
            self.slowest = max(self.slowest, answer.seconds)
            if answer.status in (500, 502, 504):
                self.wrong[f"{answer.status} from {method} {path}"] += 1
            if answer.status in (429, 503) and "retry-after" not in answer.headers:
                self.wrong[f"{answer.status} without Retry-After from {method} {path}"] += 1


class Client(threading.Thread):
    """Books, moves, cancels, registers and reads, one request after the other, until it ends."""

    def __init__(self, number: int, port: int, known: dict[str, Any], seed: int):
        super().__init__(daemon=True, name=f"client-{number}")
        self.number, self.port = number, port
        self.token = known["token"]
        per_client = len(known["doctors"]) // known["clients"]
        self.doctors = known["doctors"][number * per_client : (number + 1) * per_client]
        self.patients = known["patients"][number :: known["clients"]]
        self.random = random.Random(seed * 1000 + number)
        self.findings = Findings()
        self.visits: list[Visit] = []
        self.registrations: list[Registration] = []
        self.given_up: list[str] = []
        self.is_over = threading.Event()
        self.only_reads = False
        self.steps = 0
        self.connection: http.client.HTTPConnection | None = None
        self.midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def run(self) -> None:
        while not self.is_over.is_set():
            self.steps += 1
            if self.only_reads:
                self.read(Visit(key="", patient=self.random.choice(self.patients)))
                continue
            visit = self.book()
            self.read(visit)
            if visit.id and self.steps % 3 == 0:
                self.move(visit)
            if visit.id and self.steps % 5 == 0:
                self.cancel(visit)
            if self.steps % 7 == self.number % 7:
                self.register()
        self.hang_up()

    # What it does

    def next_time(self) -> tuple[str, str, datetime]:
        """A doctor, a patient and a time, each pair of which this client has never asked for."""
        number = len(self.visits) + self.steps  # A move takes one, too.
        day, place = divmod(number, PER_DAY)
        starts_at = self.midnight + timedelta(days=1 + day % ACROSS_DAYS, hours=FIRST_HOUR)
        doctor = self.doctors[(day // ACROSS_DAYS) % len(self.doctors)]
        patient = self.patients[number % len(self.patients)]
        return doctor, patient, starts_at + place * LENGTH

    def book(self) -> Visit:
        doctor, patient, starts_at = self.next_time()
        visit = Visit(key=f"faults-{uuid.uuid4()}", patient=patient)
        self.visits.append(visit)
        wish = {
            "doctor_id": doctor,
            "patient_id": patient,
            "starts_at": starts_at.isoformat(),
            "duration_minutes": 30,
            "reason": f"Kept awake by {visit.key}",
        }
        answer = self.ask_until_answered("POST", "/api/v1/appointments", wish, visit.key)
        if answer.status == 201:
            visit.id, visit.starts_at = answer.body["id"], starts_at
        else:
            self.note_given_up("booking", answer)
        return visit

    def move(self, visit: Visit) -> None:
        _, _, starts_at = self.next_time()
        starts_at += timedelta(hours=11)  # Evenings are for visits that were moved.
        visit.may_be.append((starts_at, "booked"))
        path = f"/api/v1/appointments/{visit.id}/reschedule"
        answer = self.ask("POST", path, {"starts_at": starts_at.isoformat()})
        if answer.status == 200:
            visit.starts_at, visit.may_be = starts_at, []
        elif answer.status and answer.status not in TRY_AGAIN:
            self.note_given_up("move", answer)

    def cancel(self, visit: Visit) -> None:
        visit.may_be += [(at, "cancelled") for at, _ in [*visit.may_be, (visit.starts_at, "")]]
        answer = self.ask("POST", f"/api/v1/appointments/{visit.id}/cancel", {"reason": "Asleep"})
        if answer.status == 200:
            visit.status = "cancelled"
            visit.may_be = [(at, "cancelled") for at, _ in visit.may_be]
        elif answer.status and answer.status not in TRY_AGAIN:
            self.note_given_up("cancellation", answer)

    def register(self) -> None:
        key = f"faults-{uuid.uuid4()}"
        one = Registration(key=key, email=f"{key}@faults.example")
        self.registrations.append(one)
        fields = {
            "first_name": "Nora",
            "last_name": "Nightingale",
            "email": one.email,
            "phone": f"+49160{self.random.randrange(10**7, 10**8)}",
        }
        body, kind = multipart(fields, "document_photo", photo(self.random))
        answer = self.ask_until_answered("POST", "/api/v1/patients", body, key, kind)
        if answer.status == 201:
            one.id = answer.body["id"]
        elif answer.status != 409:  # A number was drawn twice.
            self.note_given_up("registration", answer)

    def read(self, visit: Visit) -> None:
        day = (visit.starts_at or self.midnight + timedelta(days=1)).date()
        self.ask("GET", f"/api/v1/appointments?date={day}&doctor_id={self.doctors[0]}")
        self.ask("GET", f"/api/v1/patients/{visit.patient}")
        if visit.id and self.steps % 4 == 0:
            self.ask("GET", f"/api/v1/appointments/{visit.id}")
        if self.steps % 10 == 0:
            self.ask("GET", "/register/")

    # How it asks

    def ask_until_answered(
        self, method: str, path: str, body: Any, key: str, kind: str = "application/json"
    ) -> Answer:
        """Ask again with the same key while no answer comes, or one that says to wait."""
        until = time.monotonic() + PATIENCE
        while True:
            answer = self.ask(method, path, body, key, kind)
            is_running = answer.body.get("code") == "request_in_progress"
            wait = not answer.status or answer.status in TRY_AGAIN or is_running
            if not wait or time.monotonic() > until:
                return answer
            time.sleep(0.2)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str = "",
        kind: str = "application/json",
    ) -> Answer:
        """One request, by a connection that stays as long as it works."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {"Content-Type": kind} if data else {}
        if not path.startswith("/register"):
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        began = time.monotonic()
        answer = self.sent(method, path, data, headers)
        answer.seconds = time.monotonic() - began
        self.findings.note(
            method, path.partition("?")[0].replace(self.uuid_in(path), "<id>"), answer
        )
        if not answer.status:
            self.hang_up()
            time.sleep(0.05)
        return answer

    def sent(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        was_open = self.connection is not None
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=TIMEOUT
                )
            self.connection.request(method, path, data, headers)
            response = self.connection.getresponse()
            raw = response.read()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            self.hang_up()  # It may have been closed while nothing was asked: as proxies do.
            return self.sent(method, path, data, headers) if was_open else Answer(0)
        except (OSError, http.client.HTTPException):
            return Answer(0)
        named = {name.lower(): value for name, value in response.getheaders()}
        is_json = named.get("content-type", "").startswith("application/json")
        body = json.loads(raw) if is_json and raw else {}
        return Answer(response.status, body if isinstance(body, dict) else {}, named)

    @staticmethod
    def uuid_in(path: str) -> str:
        return next((one for one in path.split("/") if len(one) == 36), "\0")

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def note_given_up(self, what: str, answer: Answer) -> None:
        said = answer.body.get("code") or answer.body.get("message") or ""
        self.given_up.append(f"{what}: {answer.status} {said} {answer.body.get('errors', '')}")
