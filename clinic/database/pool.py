"""The connections of a process. While the database is away nobody waits long for one, and as soon
as it is back there is one.

The pool of psycopg tries again after 1, 2, 4, 8 ... seconds, and lets everybody wait meanwhile.
This one tries once a second as long as somebody asks, and lets only the first ones wait.
"""

import logging
import select
import time
from typing import Any

import psycopg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg_pool import ConnectionPool, PoolTimeout

from clinic.database import timeouts

logger = logging.getLogger(__name__)

RETRIED_SECONDS = 1.0
AWAY_SECONDS = 0.2  # How long a connection is waited for while none can be opened.
CONNECT_SECONDS = 2  # The least that libpq takes.
# What becomes of connections to a machine that is gone without a word: seconds, and times.
KEPT_ALIVE = {
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # Milliseconds.
}


class ClinicConnection(psycopg.Connection):
    """Tells PostgreSQL the time-outs of a transaction along with its BEGIN, where they aren't those
    that the connection was opened with."""

    opened_with: timeouts.Timeouts | None = None  # None where a pooler took none.

    def _start_query(self) -> PQGen[None]:
        is_first = (
            not self._autocommit and self.pgconn.transaction_status == pq.TransactionStatus.IDLE
        )
        wanted = timeouts.timeouts_now()
        if not is_first or wanted == self.opened_with or self._pipeline:
            yield from super()._start_query()
            return
        self.pgconn.send_query(self._get_tx_start_command() + b"; " + wanted.as_sql().encode())
        for result in (yield from generators.execute(self.pgconn)):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise psycopg.errors.error_from_result(result, encoding=self.pgconn._encoding)


class ClinicPool(ConnectionPool[Any]):
    def __init__(self, *, takes_options: bool, **options: Any):
        super().__init__(
            connection_class=ClinicConnection,
            reconnect_timeout=RETRIED_SECONDS,
            reconnect_failed=fail_those_who_wait,
            open=False,
            **options,
        )
        self.takes_options = takes_options
        self.error: Exception | None = None  # Why the last connection couldn't be opened.
        self.away_since = 0.0

    def getconn(self, timeout: float | None = None) -> Any:
        """Raises OperationalError with the reason where no connection can be had in time."""
        wait = timeouts.connection_seconds.get() if timeout is None else timeout
        if self.error is not None:
            wait = min(wait, AWAY_SECONDS)
        try:
            return super().getconn(wait)
        except PoolTimeout:
            if self.error is None:
                raise
            raise psycopg.OperationalError(self.reason()) from None

    def reason(self) -> str:
        """Why no connection can be opened, in a line."""
        return str(self.error or "no connection").strip().partition("\n")[0]

    def _get_ready_connection(self, timeout: float | None) -> Any:
        """A connection that the server has closed meanwhile is given to nobody. To look whether
        there is something to read costs microseconds, to ask the server a round trip."""
        while (found := super()._get_ready_connection(timeout)) is not None:
            if not is_closed_by_server(found):
                return found
            self._nconns -= 1
            self._close_connection(found)
        return None

    def _connect(self, timeout: float | None = None) -> Any:
        try:
            made = super()._connect(timeout)
        except Exception as error:
            if self.error is None:
                self.away_since = time.monotonic()
                logger.error("The database can't be reached: %s", str(error).strip())
            self.error = error
            raise
        if self.error is not None:
            seconds = time.monotonic() - self.away_since
            logger.warning("The database can be reached again, after %.0f seconds", seconds)
            self.error = None
        made.opened_with = timeouts.of_process if self.takes_options else None
        return made


def is_closed_by_server(connection: psycopg.Connection) -> bool:
    """Has it been told to end? Of a connection at rest there is nothing to read otherwise."""
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except (psycopg.Error, OSError):
        return True


def fail_those_who_wait(pool: Any) -> None:
    """Tell them now, as nobody tries any longer until the next one asks."""
    with pool._lock:
        waiting = list(pool._waiting)
        pool._waiting.clear()
    for each in waiting:
        each.fail(psycopg.OperationalError(pool.reason()))
