"""Seconds of the processor and memory that a hostile request takes, with all that it starts."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Thread
from uuid import uuid4

import psutil
from django.conf import settings
from django.core.files.base import ContentFile
from django.test.utils import setup_test_environment

from clinic.files.reading import Refused, open_table
from clinic.tests import workbooks
from patients.tests import test_photo_limits as photos
from tests import access_world, database
from tests.server import running_server

JSON = "application/json"
MB = 1024 * 1024
EVERY = 0.01  # Seconds between two looks at the memory.


@dataclass
class Case:
    name: str
    path: str
    body: bytes = b""
    kind: str = JSON
    method: str = "POST"
    by: str = ""  # Who asks: nobody, or somebody of the world.
    headers: dict[str, str] | None = None


@dataclass
class Cost:
    answer: str
    seconds: float
    memory: int  # Bytes more than before, at most.
    sent: int
    answered: int = 0


def bodies() -> Iterator[Case]:
    patients, services = "/api/v1/patients", "/api/v1/services"
    names = json.dumps({f"n{number}": 1 for number in range(110_000)}).encode()
    yield Case("110,000 names, by anybody", patients, names)
    yield Case("110,000 names, by an administrator", services, names[: MB - 1], by="admin")
    wide = json.dumps({f"n{number}": 1 for number in range(1_000)}).encode()
    yield Case("1,000 unknown names, by anybody", patients, wide)
    most = json.dumps({f"n{number}": 1 for number in range(5_000)}).encode()
    yield Case("5,000 unknown names, by an administrator", services, most, by="admin")
    yield Case("60,000 brackets", patients, b"[" * 60_000)
    yield Case("50,000 digits", patients, b'{"name": ' + b"9" * 50_000 + b"}")
    yield Case("1,001 parameters", "/api/v1/doctors?" + "&".join(["a=1"] * 1_001), method="GET")
    accept = {"Accept": "a/b," * 3_900}
    yield Case("16 KB of Accept", "/api/v1/doctors", method="GET", headers=accept)
    yield Case("/openapi.json, the first time", "/openapi.json", method="GET")
    yield Case("/openapi.json, then", "/openapi.json", method="GET")


def pictures() -> Iterator[Case]:
    for name, (make, _) in {**photos.REFUSED, **photos.TAKEN}.items():
        yield Case(name, "/api/v1/patients", *form_with(make()))
    for name, make in photos.CRUMBS.items():
        yield Case(name, "/api/v1/patients", *form_with(make()))


def form_with(photo: bytes) -> tuple[bytes, str]:
    boundary = uuid4().hex
    head = 'Content-Disposition: form-data; name="document_photo"; filename="a"\r\n\r\n'
    body = f"--{boundary}\r\n{head}".encode() + photo + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


class Watch(Thread):
    """Looks at some processes, and all that they start, until it is told to stop."""

    def __init__(self, process: psutil.Process, with_own: bool):
        super().__init__(daemon=True)
        self.process, self.with_own, self.over = process, with_own, Event()
        self.before, self.most, self.seconds = self.look()

    def look(self) -> tuple[int, int, float]:
        memory, seconds = 0, 0.0
        own = [self.process] if self.with_own else []
        for one in [*own, *self.process.children(recursive=True)]:
            try:
                memory += one.memory_info().rss
                times = one.cpu_times()
            except psutil.Error:
                continue
            seconds += times.user + times.system + times.children_user + times.children_system
        return memory, memory, seconds

    def run(self) -> None:
        while not self.over.wait(EVERY):
            self.most = max(self.most, self.look()[0])

    def cost(self, answer: str, sent: int, answered: int = 0) -> Cost:
        self.over.set()
        self.join()
        seconds = self.look()[2] - self.seconds
        return Cost(answer, seconds, max(0, self.most - self.before), sent, answered)


def of_request(case: Case, port: int, tokens: dict[str, str], server: psutil.Process) -> Cost:
    headers = {"Content-Type": case.kind, **(case.headers or {})}
    if case.by:
        headers["Authorization"] = f"Bearer {tokens[case.by]}"
    watch = Watch(server, with_own=True)
    watch.start()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    client.request(case.method, case.path, case.body or None, headers)
    response = client.getresponse()
    content = response.read()
    client.close()
    time.sleep(0.1)  # What was started for it ends, and is counted.
    return watch.cost(str(response.status), len(case.body), len(content))


def of_workbook(make: Callable[[], bytes]) -> Cost:
    content = make()
    before = psutil.Process().cpu_times()
    watch = Watch(psutil.Process(), with_own=False)
    watch.start()
    try:
        with open_table(ContentFile(content)) as table:  # type: ignore[arg-type]
            answer = f"{sum(1 for _ in table.rows)} rows"
    except Refused:
        answer = "refused"
    cost = watch.cost(answer, len(content))
    after = psutil.Process().cpu_times()
    cost.seconds = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    return cost


def beside_twelve_photos(port: int) -> str:
    """Twelve of the heaviest photos at once: what they are answered, and how long others wait."""
    body, kind = form_with(photos.TAKEN["16-bit RGBA of 40"][0]())

    def send(_: int) -> int:
        return asked("POST", port, "/api/v1/patients", body, {"Content-Type": kind})[0]

    waits: dict[str, float] = {"/livez": 0.0, "/api/v1/clinic": 0.0}
    begun = time.monotonic()
    with ThreadPoolExecutor(12) as threads:
        answers = [threads.submit(send, number) for number in range(12)]
        while not all(answer.done() for answer in answers):
            for path, most in waits.items():
                waits[path] = max(most, asked("GET", port, path)[1])
            time.sleep(0.05)
    codes = Counter(answer.result() for answer in answers)
    told = ", ".join(f"{path} {most:.2f} s" for path, most in waits.items())
    return f"12 photos at once: {dict(codes)} in {time.monotonic() - begun:.1f} s; at most {told}."


def asked(
    method: str, port: int, path: str, body: bytes | None = None, headers: dict | None = None
) -> tuple[int, float]:
    """The status, and how long it took."""
    begun = time.monotonic()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    client.request(method, path, body, headers or {})
    status = client.getresponse().status
    client.close()
    return status, time.monotonic() - begun


def print_table() -> None:
    print("| what is sent | bytes | answer | bytes | CPU seconds | memory more, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    setup_test_environment()
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
    limits = ",".join(f"{one}=1000000/h" for one in settings.RATE_LIMITS)
    with database.copied(f"{settings.NAME}_hostile"):
        world = access_world.build()
        with running_server(workers=1, RATE_LIMITS=limits) as port:
            [server] = [
                one for one in psutil.Process().children() if str(port) in " ".join(one.cmdline())
            ]
            warm = Case("", "/api/v1/doctors", method="GET")
            of_request(warm, port, world.tokens, server)
            for case in (*bodies(), *pictures()):
                print(line_of(case.name, of_request(case, port, world.tokens, server)), flush=True)
            beside = beside_twelve_photos(port)
    for name, (make, _) in workbooks.REFUSED.items():
        print(line_of(f"workbook: {name}", of_workbook(make)), flush=True)
    texts = of_workbook(lambda: workbooks.with_strings(200_000, workbooks.noise))
    print(line_of("workbook: 200,000 texts", texts))
    print(f"\n{beside}")


def line_of(name: str, cost: Cost) -> str:
    answered = f"{cost.answered:,}" if cost.answered else ""
    memory = round(cost.memory / MB)
    return (
        f"| {name} | {cost.sent:,} | {cost.answer} | {answered} | {cost.seconds:.2f} | {memory} |"
    )
