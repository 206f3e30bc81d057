"""Whether the time of an answer tells who is known: registrations, applications
and sign-ins, interleaved.

    .venv/bin/python -m benchmarks.concealment [rounds]

It uses a database of its own on the embedded server of the tests, and hashes passwords as
production does. Only medians of the same run can be compared.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from django.conf import settings
from django.db import connection
from django.test.utils import (
    override_settings,
    setup_databases,
    setup_test_environment,
    teardown_databases,
)
from rest_framework.test import APIClient

from accounts.security.hashers import BCryptHasher
from accounts.tests.factories import UserFactory
from clinic.settings import BCRYPT_ROUNDS
from doctors.tests.applications import APPLICATION
from doctors.tests.applications import URL as APPLY
from patients.tests.accounts import URL, sent
from patients.tests.factories import PatientFactory

LOGIN = "/api/v1/auth/login"


def main(rounds: int = 200) -> None:
    BCryptHasher.rounds = BCRYPT_ROUNDS
    setup_test_environment()
    before = setup_databases(verbosity=0, interactive=False)
    try:
        with override_settings(
            DUPLICATE_REGISTRATION="conceal",
            LOGIN_FAILURES_PER_ACCOUNT=10**9,
            RATE_LIMITS=dict.fromkeys(settings.RATE_LIMITS, "1000000/h"),
        ):
            print(f"{rounds} rounds, medians in ms, and their greatest difference")
            tell("registration", measure(registrations(), 201, rounds))
            tell("application", measure(applications(), 201, rounds))
            tell("sign-in", measure(sign_ins(), 401, rounds))
    finally:
        connection.close()
        teardown_databases(before, verbosity=0)


def registrations() -> dict[str, Callable]:
    PatientFactory(email="grace@mail.example", phone="+4930901820")

    def register(client: APIClient, number: int, **other):
        return client.post(URL, sent(phone_number=f"+49309{number:06}") | other, format="json")

    return {
        "new": lambda client, n: register(client, 2 * n, email=f"new{n}@mail.example"),
        "known e-mail": lambda client, n: register(client, 2 * n + 1),
        "known phone": lambda client, n: register(
            client, n, email=f"other{n}@mail.example", phone_number="+4930901820"
        ),
    }


def applications() -> dict[str, Callable]:
    known = UserFactory()

    def apply(client: APIClient, email: str):
        return client.post(APPLY, APPLICATION | {"email": email}, format="json")

    return {
        "new": lambda client, n: apply(client, f"applicant{n}@mail.example"),
        "known e-mail": lambda client, n: apply(client, known.email),
    }


def sign_ins() -> dict[str, Callable]:
    known, disabled = UserFactory.create_batch(2)
    for user in (known, disabled):
        user.set_password("Another-horse-9")
        user.is_active = user == known
        user.save()

    def sign_in(client: APIClient, email: str):
        return client.post(LOGIN, {"username": email, "password": "Wrong-horse-9"}, format="json")

    return {
        "wrong password": lambda client, n: sign_in(client, known.email),
        "disabled": lambda client, n: sign_in(client, disabled.email),
        "unknown": lambda client, n: sign_in(client, f"nobody{n}@mail.example"),
    }


def measure(ways: dict[str, Callable], status: int, rounds: int) -> dict[str, float]:
    """The median seconds of each way, asked in a new order in each round."""
    chance, client = random.Random(1), APIClient()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in chance.sample(list(ways), len(ways)):
            begun = time.perf_counter()
            response = ways[name](client, number)
            seconds[name].append(time.perf_counter() - begun)
            assert response.status_code == status, (name, response.content)
    return {name: median(taken) for name, taken in seconds.items()}


def tell(door: str, medians: dict[str, float]) -> None:
    shown = ", ".join(f"{name} {1000 * seconds:.1f}" for name, seconds in medians.items())
    spread = max(medians.values()) - min(medians.values())
    print(f"{door:12} {shown}; {1000 * spread:.1f} ({spread / max(medians.values()):.1%})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
