"""Many clients want one time at once: the rounds of a race, and what became of them."""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User
from appointments import services
from appointments.models import Appointment
from doctors.models import Doctor
from patients.models import Patient

LENGTH = timedelta(minutes=30)
PATH = "/api/v1/appointments"


class Attempt(Protocol):
    def __call__(self, number: int, starts_at: datetime) -> str:
        """Try to book this start for the client of this number; say how it ended."""

    def close(self) -> None:
        """Let go of the calling thread's connection."""


@dataclass
class Outcome:
    """How the rounds went: the winners and the answers of each, and its seconds."""

    answers: list[Counter[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def totals(self) -> Counter[str]:
        return sum(self.answers, Counter())


def run(clients: int, rounds: int, first: datetime, attempt: Attempt, spread: bool) -> Outcome:
    """Let all clients go for one time at once, round after round, a time of its own for each.

    With `spread` they ask for unequal starts within half an hour, which all overlap.
    """
    outcome = Outcome()
    answers: Counter[str] = Counter()
    lock, barrier = threading.Lock(), threading.Barrier(clients + 1, timeout=300)

    def client(number: int) -> None:
        for round_number in range(rounds):
            offset = timedelta(minutes=number % 30) if spread else timedelta()
            starts_at = first + round_number * timedelta(hours=1) + offset
            barrier.wait()
            answer = attempt(number, starts_at)
            with lock:
                answers[answer] += 1
            barrier.wait()
        attempt.close()

    threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(clients)]
    for thread in threads:
        thread.start()
    for _ in range(rounds):
        barrier.wait()
        begun = time.perf_counter()
        barrier.wait()
        outcome.seconds.append(time.perf_counter() - begun)
        outcome.answers.append(answers.copy())
        answers.clear()
    for thread in threads:
        thread.join()
    return outcome


class ByService:
    """Books through the service, each thread on a connection of its own."""

    def __init__(self, doctor: Doctor, patients: list[Patient], by: User):
        self.doctor, self.patients, self.by = doctor, patients, by

    def __call__(self, number: int, starts_at: datetime) -> str:
        wish = Appointment(
            doctor=self.doctor,
            patient=self.patients[number],
            starts_at=starts_at,
            ends_at=starts_at + LENGTH,
        )
        try:
            services.book(wish, by=self.by)
        except ValidationError as error:
            return next(fault.code for faults in error.error_dict.values() for fault in faults)
        except Exception as error:  # What must never happen is to be counted, too.
            return type(error).__name__
        return "booked"

    def close(self) -> None:
        connection.close()


class ByHttp(threading.local):
    """Books through the API of a running server, each thread on a connection of its own."""

    def __init__(self, doctor: Doctor, patients: list[Patient], token: str, port: int):
        self.doctor, self.patients = doctor, patients
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __call__(self, number: int, starts_at: datetime) -> str:
        wish = {
            "doctor_id": str(self.doctor.pk),
            "patient_id": str(self.patients[number].pk),
            "starts_at": starts_at.isoformat(),
            "duration_minutes": 30,
        }
        try:
            self.connection.request("POST", PATH, json.dumps(wish), self.headers)
            response = self.connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return type(error).__name__
        return "booked" if response.status == 201 else f"{response.status} {answer['code']}"

    def close(self) -> None:
        self.connection.close()


def double_bookings() -> int:
    """How many pairs of appointments of one doctor overlap, counted without the constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM appointments_appointment a JOIN appointments_appointment b
               ON a.doctor_id = b.doctor_id AND a.id < b.id
               AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"""
        )
        return cursor.fetchone()[0]
