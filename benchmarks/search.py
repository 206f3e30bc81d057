"""How long the console's search takes among many patients, and how PostgreSQL finds them.

    .venv/bin/python -m benchmarks.search [patients] [--plans]

It fills a database of its own on the embedded server of the tests with names as frequent as in
a large city (a few very common ones, a long tail), and keeps it for the next run. `page` is the
whole request: the console's list as a receptionist gets it. Beside it stand a page that only
asks `SELECT 1`, and a search by a doctor. On a shared machine only their ratio holds.
"""

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ["TEST_DATABASE_NAME"] = "search_benchmark"

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, setup_databases

from accounts.roles import Role
from accounts.tests.console import Browser, signed_in
from accounts.tests.factories import UserFactory
from benchmarks.people import fill_patients
from doctors.tests.factories import DoctorFactory
from patients.models import Patient

ROUNDS = 7
PANEL = 800  # Patients of the doctor who searches.
HOST = {"host": "localhost"}
# What the front desk types, by kind. Winter and Müller are among the most common names here.
SEARCHES = {
    "common name": "müller",
    "full name": "anna müller",
    "order turned": "schmidt peter",
    "typo": "Schmitd",
    "typo in a full name": "ana mueler",
    "three letters": "mül",
    "two letters": "li",
    "one letter": "a",
    "nobody": "xqzwv",
    "record number": "P-000123",
    "phone": "+49 151 23456789",
    "phone, national": "0151 23456789",
    "last digits": "6789",
    "e-mail": "anna.muller123@mail.example",
    "part of an e-mail": "anna.mull",
    "host of an e-mail": "@mail.example",
    "birth date": "14.3.1988",
    "birth date in words": "14 March 1988",
    "name and year": "müller 1988",
    "name and day": "müller 14.3.1988",
    "year": "1988",
}


def main(count: int = 1_000_000, plans: bool = False) -> None:
    setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=set())
    with transaction.atomic():
        fill_patients(count)
    with transaction.atomic():
        measure(plans)
        transaction.set_rollback(True)


def measure(plans: bool) -> None:
    desk, doctor = UserFactory(email=address("desk")), doctor_with_patients()
    print(f"{Patient.objects.count():,} patients; milliseconds, median (worst) of {ROUNDS}")
    print(f"{'':22}{'search':>16}{'page':>16}{'doctor':>16}{'CPU':>16}{'database':>16}  found")
    browser, own = signed_in(desk), signed_in(doctor.user)
    print(f"{'SELECT 1':22}{timed(one):>16}{timed(lambda: browser.get('/readyz')):>16}")
    for kind, text in SEARCHES.items():
        row = [
            timed(lambda text=text: found(desk, text)),
            timed(lambda text=text: page(browser, text)),
            timed(lambda text=text: page(own, text)),
            f"{cpu(lambda text=text: found(desk, text)):.1f}",
            f"{in_database(desk, text, plans):.1f}",
        ]
        print(
            f"{kind:22}" + "".join(f"{each:>16}" for each in row) + f"  {found(desk, text)}",
            flush=True,
        )


def address(name: str) -> str:
    return f"{name}-{uuid4().hex}@clinic.example"


def one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def found(user, text: str) -> int:
    return len(list(Patient.objects.visible_to(user).search(text)[:50]))


def page(browser: Browser, text: str) -> None:
    response = browser.get("/admin/patients/patient/", {"q": text}, headers=HOST)
    assert response.status_code == 200, response


def timed(call: Callable) -> str:
    """The median and the worst, in milliseconds, after one that doesn't count."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return f"{median(times[1:]):.1f} ({max(times[1:]):.1f})"


def cpu(call: Callable) -> float:
    """Milliseconds of this process's own, whatever else the machine does: the least of a few."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def in_database(user, text: str, plans: bool) -> float:
    """Milliseconds that PostgreSQL needs for all queries of the search; their plans if wanted."""
    with CaptureQueriesContext(connection) as captured:
        found(user, text)
    total = 0.0
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            if not query["sql"].startswith("SELECT"):
                continue
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + query["sql"])
            lines = [line for (line,) in cursor.fetchall()]
            total += sum(float(line.split()[2]) for line in lines if " Time: " in line)
            if plans:
                print("".join(f"    {line[:160]}\n" for line in lines))
    return total


def doctor_with_patients():
    """A doctor who looks after some of them."""
    account = UserFactory(role=Role.DOCTOR, email=address("doctor"))
    doctor = DoctorFactory(user=account, email=account.email)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO patients_careassignment (doctor_id, patient_id, assigned_at) "
            "SELECT %s, id, now() FROM patients_patient TABLESAMPLE SYSTEM (1) LIMIT %s",
            [doctor.pk, PANEL],
        )
        cursor.execute("ANALYZE patients_careassignment")
    return doctor


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    main(*numbers, plans="--plans" in sys.argv)
