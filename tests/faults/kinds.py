"""What goes wrong. Each fault begins, lasts, and ends; the clinic has to bear it meanwhile."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil
import psycopg

from clinic.embedded import server
from tests.faults.mail_server import Mood
from tests.faults.stage import HOME, Stage

AWAY = 5.0  # Seconds.
MANY_SLOW = 60
CROWD = 10  # Times as many clients.


@dataclass
class Fault:
    """`begin` and `end` are given the stage, and `lasts` is in seconds. Where `drops` is set,
    requests under way may get no answer; where `closes` is, the web server is away for a moment.
    What `needs` doesn't hold of can't be tried here. `stays_down` names a part that isn't started
    again before the end."""

    name: str
    begin: Callable[[Stage], None]
    end: Callable[[Stage], None] = lambda stage: None
    lasts: float = 2.0
    drops: bool = False
    closes: bool = False
    needs: Callable[[Stage], bool] = lambda stage: True
    crowd: int = 1
    stays_down: str = ""


def kill_a_web_worker(stage: Stage) -> None:
    children = psutil.Process(stage.web.pid).children()
    max(children, key=lambda one: one.memory_info().rss).kill()


def kill_the_web_server(stage: Stage) -> None:
    stage.web.send(signal.SIGKILL)
    assert stage.web.process is not None
    stage.web.process.wait(10)


def restart_softly(stage: Stage) -> None:
    stage.web.send(signal.SIGHUP)


def end_the_web_server(stage: Stage) -> None:
    stage.web.end()


def kill_the_job_worker(stage: Stage) -> None:
    stage.worker.send(signal.SIGKILL)


def end_the_job_worker(stage: Stage) -> None:
    stage.worker.end()


def terminate_backends(stage: Stage) -> None:
    with stage.connect() as own:
        own.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid != pg_backend_pid()"""
        )


def kill_a_backend(stage: Stage) -> None:
    """PostgreSQL then ends all the others, too, and recovers as after a crash."""
    with stage.connect() as own:
        row = own.execute(
            """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
               AND pid != pg_backend_pid() AND backend_type = 'client backend' LIMIT 1"""
        ).fetchone()
    if row is not None:
        with suppress(ProcessLookupError):
            os.kill(row[0], signal.SIGKILL)


def stop_the_database(stage: Stage) -> None:
    server.stop(HOME / "pg")


def start_the_database(stage: Stage) -> None:
    server.connection_settings(HOME / "pg")


def restart_the_database(stage: Stage) -> None:
    stop_the_database(stage)
    start_the_database(stage)


def redis_gets(number: int) -> Callable[[Stage], None]:
    def send(stage: Stage) -> None:
        assert stage.redis is not None
        stage.redis.send(number)

    return send


def end_redis(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.end()


def mails_are(mood: Mood) -> Callable[[Stage], None]:
    def change(stage: Stage) -> None:
        stage.mails.mood = mood

    return change


def lock_the_doctors(stage: Stage) -> None:
    """Somebody has forgotten a transaction."""
    own = psycopg.connect(**stage.owner)  # type: ignore[arg-type]
    own.execute("SELECT 1 FROM doctors_doctor FOR UPDATE")
    held.append(own)


def use_up_connections(stage: Stage) -> None:
    with suppress(psycopg.OperationalError):
        while True:
            held.append(psycopg.connect(**stage.owner))  # type: ignore[arg-type]


def let_go(stage: Stage) -> None:
    while held:
        with suppress(OSError, psycopg.Error):
            held.pop().close()  # type: ignore[attr-defined]
    is_slow.clear()


def begin_slowly(first: bytes) -> Callable[[Stage], None]:
    """Many clients that send a byte a second."""

    def begin(stage: Stage) -> None:
        is_slow.set()
        for _ in range(MANY_SLOW):
            with suppress(OSError):
                one = socket.create_connection(("127.0.0.1", stage.port), 2)
                one.sendall(first)
                held.append(one)
        threading.Thread(target=drip, args=(list(held),), daemon=True).start()

    return begin


def drip(sockets: list[object]) -> None:
    while is_slow.is_set():
        for one in sockets:
            if isinstance(one, socket.socket):
                with suppress(OSError):
                    one.sendall(b"x")
        time.sleep(1)


held: list[object] = []
is_slow = threading.Event()
SLOW_HEADERS = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
SLOW_BODY = (
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4000\r\n\r\n{"
)


def has_disk(stage: Stage) -> bool:
    return stage.disk.is_own


def has_redis(stage: Stage) -> bool:
    return stage.redis is not None


# In the order in which a short run takes them, until its time is over.
FAULTS = [
    Fault("web worker killed", kill_a_web_worker, drops=True),
    Fault("PostgreSQL restarted", restart_the_database),
    Fault("rows of doctors locked", lock_the_doctors, let_go, lasts=AWAY),
    Fault("slow bodies", begin_slowly(SLOW_BODY), let_go, lasts=AWAY),
    Fault(
        "Redis frozen", redis_gets(signal.SIGSTOP), redis_gets(signal.SIGCONT), 3, needs=has_redis
    ),
    Fault("job worker killed", kill_the_job_worker),
    Fault("SMTP drops after DATA", mails_are(Mood.DROPPING), mails_are(Mood.WELL), lasts=3),
    Fault("disk full", lambda s: s.disk.fill(), lambda s: s.disk.empty(), 3, needs=has_disk),
    Fault("web server killed", kill_the_web_server, drops=True, closes=True),
    Fault("PostgreSQL away", stop_the_database, start_the_database, lasts=AWAY),
    Fault("SIGHUP", restart_softly, lasts=4),
    Fault("PostgreSQL backends ended", terminate_backends),
    Fault("a PostgreSQL backend killed", kill_a_backend),
    Fault(
        "PostgreSQL frozen",
        lambda s: s.freeze_database(True),
        lambda s: s.freeze_database(False),
        lasts=3,
    ),
    Fault("Redis stopped", end_redis, lasts=3, needs=has_redis, stays_down="redis"),
    Fault("SMTP stopped", lambda s: s.mails.stop(), lambda s: s.mails.start(), lasts=3),
    Fault("SMTP answers 451", mails_are(Mood.TEMPORARY), mails_are(Mood.WELL), lasts=3),
    Fault("SMTP answers 550", mails_are(Mood.PERMANENT), mails_are(Mood.WELL), lasts=3),
    Fault("SMTP stalled", mails_are(Mood.STALLED), mails_are(Mood.WELL), lasts=AWAY),
    Fault(
        "disk read-only",
        lambda s: s.disk.make_read_only(),
        lambda s: s.disk.make_writable(),
        3,
        needs=has_disk,
    ),
    Fault("connections used up", use_up_connections, let_go, lasts=AWAY),
    Fault("slow headers", begin_slowly(SLOW_HEADERS), let_go, lasts=AWAY),
    Fault("ten times the load", lambda s: None, lasts=AWAY, crowd=CROWD),
    Fault("job worker ended", end_the_job_worker),
    Fault("SIGTERM, started again", end_the_web_server, drops=True, closes=True),
]
