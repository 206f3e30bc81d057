"""A process that serves: granian takes the connections, `clinic.web.front` what comes by them."""

import asyncio
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from granian._granian import RSGIWorker, SocketHolder, WorkerSignal
from granian.http import HTTP1Settings

from clinic.management.serving.children import LEAVE
from clinic.metrics.requests import process_gauges
from clinic.web.front.bodies import Bodies, Pace
from clinic.web.front.gate import Front
from clinic.web.front.threads import Application, Threads

BACKLOG = 1024
LEAVING = 2  # Seconds in which those who keep a connection are told to close it.
CONNECTIONS = 4096  # Of one process; those that only wait cost a file each.
HTTP = HTTP1Settings(header_read_timeout=15_000, max_buffer_size=64 * 1024)
WITHOUT_TLS: Any = (False, None, None, None, "tls1.3", None, [], False)


def serve_requests(
    number: int, port: socket.socket, application: Application, ready: Callable[[], None]
) -> None:
    """Serve until SIGTERM, and then what has begun. `ready` is called once requests are taken."""
    allow_connections()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    threads = Threads(settings.WEB_THREADS, application, loop)
    ended = asyncio.Event()
    stop = WorkerSignal()
    stop.add_cb(lambda: loop.call_soon_threadsafe(ended.set))

    def leave() -> None:
        threads.leave()
        loop.call_later(LEAVING, stop.set)

    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(LEAVE, leave)
    if settings.METRICS_TOKEN:
        process_gauges()
    bodies = Bodies(Pace(settings.WEB_BODY_SECONDS), settings.MAX_BODY_BYTES)
    worker = granian_worker(number, port)
    worker.serve_str(Front(loop, threads, bodies, settings.WEB_QUEUE), loop, stop)
    loop.call_soon(ready)
    loop.run_until_complete(ended.wait())


def granian_worker(number: int, port: socket.socket) -> Any:
    make_worker: Any = RSGIWorker  # Their descriptions in the package are of an earlier one.
    make_holder: Any = SocketHolder
    return make_worker(
        number,
        (None, make_holder(port.fileno(), False, BACKLOG)),
        None,  # No figures of granian's own.
        1,  # Thread of its own,
        16,  # of those that read static files,
        1,  # and of Python's: those are ours.
        30,
        CONNECTIONS,
        "1",
        HTTP,
        None,
        False,
        None,
        *WITHOUT_TLS,
        (None, None),
    )


def allow_connections() -> None:
    """Each connection is a file, and the usual limit of them is low."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
