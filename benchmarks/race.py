"""How long a round takes in which many clients want one time, and how they are answered.

    .venv/bin/python -m benchmarks.race [clients] [rounds]

It uses a database of its own on the embedded server of the tests. Beside each race stands the
time that the same number of bookings takes one after the other, in the same run: on a shared
machine only their ratio holds.
"""

import os
import sys
import time
from datetime import datetime, timedelta
from itertools import product
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.tests.factories import next_monday
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from tests import race
from tests.server import running_server


def main(clients: int = 50, rounds: int = 100) -> None:
    before = setup_databases(verbosity=0, interactive=False)
    try:
        admin = UserFactory(role=Role.ADMIN)
        print(f"{clients} clients, {rounds} rounds; seconds")
        print("door     times        in turn  median  slowest  answers")
        with running_server() as port:
            token = begin_by_api(admin).access_token
            doors = ((race.ByService, (admin,)), (race.ByHttp, (token, port)))
            for (door, more), spread in product(doors, (False, True)):
                people = DoctorFactory(), PatientFactory.create_batch(clients)
                measure(door(*people, *more), rounds, spread)
        print("double bookings:", race.double_bookings())
    finally:
        connection.close()
        teardown_databases(before, verbosity=0)


def measure(attempt: race.Attempt, rounds: int, spread: bool) -> None:
    door = type(attempt).__name__.removeprefix("By")
    clients = len(attempt.patients)
    in_turn = one_after_the_other(attempt, clients, next_monday(8) - timedelta(days=1))
    outcome = race.run(clients, rounds, next_monday(8), attempt, spread)
    times = "overlapping" if spread else "the same"
    answers = ", ".join(f"{count} {answer}" for answer, count in outcome.totals.items())
    middle, slowest = median(outcome.seconds), max(outcome.seconds)
    print(f"{door:8} {times:12} {in_turn:7.3f}  {middle:6.3f}  {slowest:7.3f}  {answers}")


def one_after_the_other(attempt: race.Attempt, clients: int, starts_at: datetime) -> float:
    begun = time.perf_counter()
    for number in range(clients):
        attempt(number, starts_at)
    seconds = time.perf_counter() - begun
    attempt.close()
    return seconds


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
