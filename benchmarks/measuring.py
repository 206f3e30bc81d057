"""Turns of load, and what they cost: time, CPU of the processes, statements of the database."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import psycopg

from benchmarks import floor
from benchmarks.client import Answer, all_at_once, connect, drive
from benchmarks.figures import Measured, Turn
from benchmarks.ground import NAME, Ground
from benchmarks.servers import Server, cpu_of
from benchmarks.work import Requests, Work, Wrong, encoded

FLOOR = "pgbench"
WARMING = 48  # Requests that are not counted, before the first round of each contender.
SAMPLED = 25  # The body of every one of so many answers is looked into.
MOST = 20_000  # Requests of one turn.
# All but the ends of transactions, and the checks of foreign keys that PostgreSQL makes there.
STATEMENTS = r"""
SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = %s AND s.query !~* '^(begin|commit|rollback|select \S+ from only )'"""


@dataclass(frozen=True)
class Bounds:
    rounds: int
    seconds: float


class Meter:
    """Measures on one ground. It asks for statements by a database of its own."""

    def __init__(self, ground: Ground, servers: dict[str, Server]):
        self.ground, self.servers = ground, servers
        self.watch = psycopg.connect(**ground.parameters, dbname="postgres", autocommit=True)

    def statements(self) -> int:
        row = self.watch.execute(STATEMENTS, [NAME]).fetchone()
        return int(row[0]) if row else 0

    def measure(self, work: Work, bounds: Bounds) -> dict[str, Measured]:
        """Every contender in turn, round after round; who begins changes."""
        names = [name for name in work.contenders if name in self.servers]
        for name in names:
            self.load(work, self.servers[name], 1.0, WARMING)
        if work.name in floor.SCRIPTS:
            names.append(FLOOR)
        measured = {name: Measured() for name in names}
        for number in range(bounds.rounds):
            start = number % len(names)
            for name in names[start:] + names[:start]:
                measured[name].turns.append(self.turn(work, name, bounds.seconds))
        return measured

    def turn(self, work: Work, name: str, seconds: float) -> Turn:
        if name == FLOOR:
            before = cpu_of(self.ground.postmaster)
            found = floor.turn(self.ground, work.name, work.connections, seconds)
            return replace(found, database_cpu=cpu_of(self.ground.postmaster) - before)
        return self.load(work, self.servers[name], seconds, MOST)

    def load(self, work: Work, server: Server, seconds: float, most: int) -> Turn:
        seen = 0

        def see(answer: Answer) -> None:
            nonlocal seen
            seen += 1
            work.check(answer, with_body=seen % SAMPLED == 1)

        before = self.spent(server)
        load = asyncio.run(
            drive(
                server.port,
                lambda: work.next_request(server.port),
                see,
                work.connections,
                seconds,
                most,
            )
        )
        cpu, database, client, statements = (
            after - then for after, then in zip(self.spent(server), before, strict=True)
        )
        return Turn(load.latencies, load.seconds, cpu, database, client, int(statements))

    def spent(self, server: Server) -> tuple[float, float, float, int]:
        database = cpu_of(self.ground.postmaster)
        return server.cpu(), database, time.process_time(), self.statements()

    def agree(self, work: Work, samples: int = 5) -> None:
        """Raise Wrong where contenders answer the same request differently."""
        for _ in range(samples):
            wanted = next(work.requests)
            answers = {}
            for name in work.contenders:
                if name in self.servers:
                    answer = asyncio.run(ask(self.servers[name], wanted))
                    work.check(answer, with_body=True)
                    answers[name] = work.read(answer.body)
            first = next(iter(answers.values()))
            for name, told in answers.items():
                if told != first:
                    raise Wrong(f"{work.name}: {name} says {told}, not {first}")

    def race(self, server: Server, make: Requests, callers: int, numbers: range) -> dict[str, Any]:
        """Rounds in which all callers want one time, each round another; how they were answered."""
        seconds, answers, winners = [], Counter[str](), Counter[int]()
        for number in numbers:
            wanted = [encoded(one, server.port) for one in make.race(number, callers)]
            found = asyncio.run(all_at_once(server.port, wanted))
            statuses = Counter(answer.status for answer, _ in found)
            answers.update({str(status): times for status, times in statuses.items()})
            winners[statuses[201]] += 1
            seconds += [waited for _, waited in found]
        return {
            "callers": callers,
            "rounds": len(numbers),
            "answers": dict(sorted(answers.items())),
            "one_booking": winners[1] == len(numbers),
            "server_errors": sum(n for status, n in answers.items() if status >= "500"),
            "median_s": round(median(seconds), 3),
            "slowest_s": round(max(seconds), 3),
        }


async def ask(server: Server, wanted) -> Answer:
    wire = await connect(server.port)
    try:
        async with asyncio.timeout(60):
            return await wire.ask(encoded(wanted, server.port))
    finally:
        wire.transport.close()


def board_tags(meter: Meter, make: Requests, server: Server) -> tuple[str, str]:
    """What the board was tagged with before one of its visits changed, and after."""

    def tag() -> str:
        wanted = ("GET", f"/admin/board/?{make.board}", make.browser, b"")
        answer = asyncio.run(ask(server, wanted))
        if answer.status != 200:
            raise Wrong(f"The board: {answer.status} {answer.head!r}")
        return answer.header("etag")

    before = tag()
    with psycopg.connect(**meter.ground.parameters, dbname=NAME) as connection:
        connection.execute(
            "UPDATE appointments_appointment SET reason = reason || '.', updated_at = now() "
            "WHERE id = (SELECT id FROM appointments_appointment WHERE starts_at >= %s::date "
            "ORDER BY starts_at LIMIT 1)",
            [make.known["saturday"]],
        )
    return before, tag()


def tell(text: str, out: Callable[[str], Any] = sys.stderr.write) -> None:
    out(f"{text}\n")
    sys.stderr.flush()
