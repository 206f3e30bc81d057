"""How long statements may wait for a lock and run, by the kind of work that they belong to.

A connection is opened with those of its process, so that they cost no statement. Work of another
kind than its process has its own for each transaction, told along with BEGIN.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings

# What a request waits for a connection, in seconds.
CONNECTION_SECONDS = 2.0


@dataclass(frozen=True)
class Timeouts:
    """In seconds; 0 is without end. `idle` is how long a transaction may stay open in which nothing
    is asked: whoever forgets one holds its locks no longer."""

    name: str
    lock: float
    statement: float
    idle: float

    def values(self) -> dict[str, int]:
        """PostgreSQL's settings, in milliseconds."""
        return {
            "lock_timeout": round(self.lock * 1000),
            "statement_timeout": round(self.statement * 1000),
            "idle_in_transaction_session_timeout": round(self.idle * 1000),
        }

    def as_options(self) -> str:
        """For the start of a connection."""
        return " ".join(f"-c {name}={value}" for name, value in self.values().items())

    def as_sql(self) -> str:
        """For the transaction at hand."""
        parts = (f"set_config('{name}', '{value}', true)" for name, value in self.values().items())
        return f"SELECT {', '.join(parts)}"


# Mails are sent within a transaction, and a mail server may take its time.
JOB = Timeouts("job", lock=20, statement=600, idle=300)
COMMAND = Timeouts("command", lock=60, statement=0, idle=0)
# Whoever asks for a table that a migration wants to change waits behind it.
MIGRATION = Timeouts("migration", lock=5, statement=0, idle=0)
# Files of all records.
EXPORT = Timeouts("export", lock=3, statement=600, idle=600)

of_process = COMMAND
at_hand: ContextVar[Timeouts | None] = ContextVar("timeouts_at_hand", default=None)
connection_seconds: ContextVar[float] = ContextVar("connection_seconds", default=CONNECTION_SECONDS)


def for_web() -> Timeouts:
    """Of pages and of the API, whether they read or write: somebody looks at the screen."""
    lock, statement = settings.DATABASE_LOCK_SECONDS, settings.DATABASE_STATEMENT_SECONDS
    return Timeouts("web", lock=lock, statement=statement, idle=2 * statement)


def use_for_process(timeouts: Timeouts) -> None:
    """Say what this process is for, before it opens a connection."""
    global of_process
    of_process = timeouts


def timeouts_now() -> Timeouts:
    return at_hand.get() or of_process


@contextmanager
def working(timeouts: Timeouts) -> Iterator[None]:
    """Let the transactions that begin in this block have these."""
    token = at_hand.set(timeouts)
    try:
        yield
    finally:
        at_hand.reset(token)


@contextmanager
def answering_soon(seconds: float = 0.5) -> Iterator[None]:
    """Give up after so many seconds where no connection can be had, for what monitors ask."""
    token = connection_seconds.set(seconds)
    try:
        yield
    finally:
        connection_seconds.reset(token)


@contextmanager
def statements_of(timeouts: Timeouts, connection: Any) -> Iterator[None]:
    """Let statements outside of transactions run as long as these say, on this connection, where
    they couldn't anyway."""
    is_enough = not 0 < timeouts_now().statement < timeouts.statement
    if is_enough or connection.in_atomic_block or settings.DATABASE_POOLER:
        yield
        return
    for_all = timeouts.as_sql().replace("true)", "false)")
    with connection.cursor() as cursor:
        cursor.execute(for_all)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(timeouts_now().as_sql().replace("true)", "false)"))
