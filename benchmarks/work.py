"""What is measured: the requests of each kind of work, and what a right answer holds."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, cycle
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from benchmarks.client import Answer, request_bytes

ZONE = ZoneInfo("Europe/Berlin")
EVERYBODY = ("A", "A+", "B", "ours")
OURS = ("ours",)
JSON = {"Content-Type": "application/json"}
# As a front desk types: frequent and rare names, slips, numbers, days.
SEARCHES = ("müller", "anna müller", "schmidt peter", "Schmitd", "mül", "xqzwv", "P-000123")
SEARCHES += ("0151 23456789", "6789", "anna.mull", "14.3.1988", "müller 1988")
RACES_FROM = 20_000  # Half hours after the first booking: no run gets so far.
FORM = "bench-form-boundary"
# All contenders must say the same of these.
OF_VISIT = ("id", "doctor_id", "doctor_name", "patient_id", "patient_name", "duration_minutes")
OF_VISIT += ("status", "reason")
OF_PATIENT = ("id", "record_number", "name", "email", "phone", "date_of_birth", "medical_history")


Wanted = tuple[str, str, dict[str, str], bytes]  # Method, path, headers, body.


class Wrong(Exception):
    """An answer that isn't what was asked for."""


def encoded(wanted: Wanted, port: int) -> bytes:
    method, path, headers, body = wanted
    return request_bytes(method, path, {"X-Forwarded-Proto": "https", **headers}, body, port)


@dataclass(frozen=True)
class Work:
    """One kind of request: how the next one is made, what is a right answer, and who answers.

    `read` gives what all contenders must agree
    on, or raises where the body is wrong.
    """

    name: str
    requests: Iterator[Wanted]
    read: Callable[[bytes], Any]
    contenders: tuple[str, ...] = OURS
    status: int = 200
    connections: int = 16

    def next_request(self, port: int) -> bytes:
        return encoded(next(self.requests), port)

    def check(self, answer: Answer, *, with_body: bool) -> None:
        if answer.status != self.status:
            raise Wrong(f"{self.name}: {answer.status} {answer.body[:300]!r}")
        if with_body:
            self.read(answer.body)


class Requests:
    """Makes the requests of every kind from what is known of the data."""

    def __init__(self, knowledge: dict[str, Any]):
        self.known = knowledge
        self.chance = Random(7)
        self.signed = {"Authorization": f"Bearer {knowledge['token']}"}
        self.browser = {"Cookie": knowledge["cookie"]}
        self.bookings = count()
        self.newcomers = count()
        chosen = "&".join(f"doctor={pk}" for pk in knowledge["saturday_doctors"])
        self.board = f"day={knowledge['saturday']}&{chosen}"

    def get(self, path: Callable[[], str], headers: dict[str, str]) -> Iterator:
        return (("GET", path(), headers, b"") for _ in count())

    def fixed(self, path: str, headers: dict[str, str]) -> Iterator:
        return self.get(lambda: path, headers)

    def one_of(self, name: str) -> str:
        return self.chance.choice(self.known[name])

    def day_list(self) -> str:
        day, doctor = self.one_of("days"), self.one_of("doctors")
        return f"/api/v1/appointments?date={day}&doctor_id={doctor}"

    def slots_of_doctor(self) -> str:
        return (
            f"/api/v1/doctors/{self.one_of('doctors')}/slots?date={self.known['tomorrow']}&days=31"
        )

    def booking(self) -> dict[str, Any]:
        """The next time that nobody has: all doctors at one half hour, then the next one."""
        number, doctors = next(self.bookings), self.known["doctors"]
        half_hour, doctor = divmod(number, len(doctors))
        patient = self.known["patients"][number * 7919 % len(self.known["patients"])]
        return wish(doctors[doctor], patient, self.time_of(half_hour))

    def time_of(self, half_hour: int) -> datetime:
        day, slot = divmod(half_hour, 20)
        first = date.fromisoformat(self.known["first_booking_day"])
        day_of_it = first + timedelta(days=day // 5 * 7 + day % 5)
        local = datetime.combine(day_of_it, time(8), ZONE)
        return local + slot * timedelta(minutes=30)

    def post_bookings(self) -> Iterator:
        headers = {**self.signed, **JSON}
        while True:
            yield "POST", "/api/v1/appointments", headers, json.dumps(self.booking()).encode()

    def race(self, number: int, callers: int) -> list[Wanted]:
        """So many bookings of one time of one doctor, each for another patient."""
        starts_at, headers = self.time_of(RACES_FROM + number), {**self.signed, **JSON}
        wishes = [
            wish(self.known["race_doctor"], patient, starts_at)
            for patient in self.known["patients"][:callers]
        ]
        return [
            ("POST", "/api/v1/appointments", headers, json.dumps(one).encode()) for one in wishes
        ]

    def registrations(self) -> Iterator:
        photo = Path(self.known["photo"]).read_bytes()
        headers = {"Content-Type": f"multipart/form-data; boundary={FORM}"}
        while True:
            yield "POST", "/api/v1/patient/register", headers, form(next(self.newcomers), photo)


def wish(doctor: str, patient: str, starts_at: datetime) -> dict[str, Any]:
    return {
        "doctor_id": doctor,
        "patient_id": patient,
        "starts_at": starts_at.isoformat(),
        "duration_minutes": 30,
    }


def form(number: int, photo: bytes) -> bytes:
    fields = {
        "first_name": "Grace",
        "last_name": "Newcomer",
        "email": f"newcomer-{number}@mail.example",
        "phone_number": f"+49309{number:06}",
        "password": "Correct-horse-9",
        "confirm_password": "Correct-horse-9",
        "date_of_birth": "1986-12-09",
        "gender": "female",
        "address.street": "Uferweg 7",
        "address.city": "Berlin",
        "address.state": "Berlin",
        "address.zip": "10115",
        "address.country": "DE",
    }
    part = f'--{FORM}\r\nContent-Disposition: form-data; name="'
    lines = [f'{part}{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    lines.append(f'{part}document_photo"; filename="id.jpg"\r\nContent-Type: image/jpeg\r\n\r\n')
    return "".join(lines).encode() + photo + f"\r\n--{FORM}--\r\n".encode()


def visits(least: int) -> Callable[[bytes], list]:
    def read(body: bytes) -> list:
        rows = json.loads(body)["results"]
        if len(rows) < least or not all(row["patient_name"] for row in rows):
            raise Wrong(f"{len(rows)} visits: {body[:300]!r}")
        return [[row[name] for name in OF_VISIT] for row in rows]

    return read


def patient(body: bytes) -> list:
    record = json.loads(body)
    return [record[name] for name in OF_PATIENT]


def booked(body: bytes) -> str:
    status = json.loads(body)["status"]
    if status != "booked":
        raise Wrong(status)
    return status


def times(least: int) -> Callable[[bytes], int]:
    def read(body: bytes) -> int:
        if (found := len(json.loads(body))) < least:
            raise Wrong(f"{found} free times")
        return found

    return read


def holding(text: str) -> Callable[[bytes], None]:
    def read(body: bytes) -> None:
        if text.encode() not in body:
            raise Wrong(f"{text} is missing in {body[:300]!r}")

    return read


def all_work(make: Requests, old_tag: str, tag: str) -> list[Work]:
    known, signed, browser = make.known, make.signed, make.browser
    saturday, tomorrow = known["saturday"], known["tomorrow"]
    of_clinic = f"/api/v1/appointments?date={saturday}&page_size=200"
    of_field = f"/api/v1/slots?specialization=Cardiology&date={tomorrow}&days=7"
    background = {**browser, "X-Background": "1", "If-None-Match": tag}
    next_day = date.fromisoformat(saturday) + timedelta(days=1)
    events = f"/admin/calendar/events/?from={saturday}&to={next_day}"
    words = cycle(SEARCHES)
    return [
        Work("day list of a doctor", make.get(make.day_list, signed), visits(1), EVERYBODY),
        Work(
            "patient by id",
            make.get(lambda: f"/api/v1/patients/{make.one_of('patients')}", signed),
            patient,
            EVERYBODY,
        ),
        Work("booking", make.post_bookings(), booked, EVERYBODY, status=201),
        Work("clinic's day, 200 rows", make.fixed(of_clinic, signed), visits(200), EVERYBODY),
        Work("slots, 31 days of a doctor", make.get(make.slots_of_doctor, signed), times(20)),
        Work("slots, 50 doctors x 7 days", make.fixed(of_field, signed), times(500), connections=4),
        Work(
            "search among the patients",
            make.get(lambda: f"/api/v1/patients?search={quote(next(words))}", signed),
            json.loads,
        ),
        Work(
            "registration with a photo",
            make.registrations(),
            json.loads,
            status=201,
            connections=4,
        ),
        Work(
            "board, 12 doctors",
            make.fixed(f"/admin/?{make.board}", browser),
            holding("Maria"),
            connections=4,
        ),
        Work(
            "board's refresh, nothing new",
            make.fixed(f"/admin/board/?{make.board}", background),
            bytes,
            status=304,
        ),
        Work(
            "board's refresh, changed",
            make.fixed(f"/admin/board/?{make.board}", {**background, "If-None-Match": old_tag}),
            holding("Maria"),
            connections=4,
        ),
        Work("calendar's day, its visits", make.fixed(events, browser), json.loads, connections=4),
        Work(
            "patient's page",
            make.get(lambda: f"/admin/patients/patient/{make.one_of('patients')}/change/", browser),
            holding("P-"),
            connections=4,
        ),
        Work(
            "list of patients",
            make.fixed("/admin/patients/patient/", browser),
            holding("P-"),
            connections=4,
        ),
    ]
