"""Duels over one time, one visit or one offer, many times over, and how they end.

    .venv/bin/python -m benchmarks.scheduling_race [rounds]

It uses a database of its own on the embedded server of the tests. First through the services,
then a part of them over a running server. A round is right when there is one winner, when what
is left is what a person would expect, and when exactly the mails of what happened are owed.
"""

import os
import sys
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from tests import duel, duels, duels_api, duels_offered
from tests.server import running_server


def main(rounds: int = 100) -> None:
    before = setup_databases(verbosity=0, interactive=False)
    try:
        measure("service", duels.SERVICE | duels_offered.OFFERED, rounds)
        with running_server() as port:
            measure("API", duels_api.Api(port).scenarios(), rounds)
    finally:
        connection.close()
        teardown_databases(before, verbosity=0)


def measure(door: str, scenarios: dict[str, Callable], rounds: int) -> None:
    for name, prepare in scenarios.items():
        tally = duel.run(prepare, rounds)
        errors = sum(
            count
            for ending, count in tally.endings.items()
            if any(one.startswith("ERROR") for one in ending)
        )
        print(f"{door}: {name}: {tally.rounds} rounds, {errors} errors, {len(tally.faults)} wrong")
        for ending, count in tally.endings.most_common():
            print(f"    {count:5} x {' | '.join(ending)}")
        mails = ", ".join(f"{count} {event}" for event, count in sorted(tally.mails.items()))
        print(f"    mails owed: {mails or 'none'}")
        for fault in tally.faults[:3]:
            print(f"    WRONG {fault}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
