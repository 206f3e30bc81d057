"""The first of ours that sees a request: called by granian's thread, which mustn't wait."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

from granian._granian import CallbackScheduler

from clinic.address import client_network
from clinic.api.circumstances import SOON
from clinic.api.errors import Problem
from clinic.web.front.bodies import Bodies
from clinic.web.front.incoming import Environ, environ_of
from clinic.web.front.refusals import ALWAYS, quick_answer
from clinic.web.front.threads import Threads, Whole

logger = logging.getLogger(__name__)

LIVE = frozenset({"/livez", "/livez/"})
LIVE_HEADERS = [("Content-Type", "application/json"), *ALWAYS]
NO_BODY = frozenset({"", "0"})


class Front(CallbackScheduler):
    """granian's way into Python. Many wait here for their bodies at no cost; of whole requests at
    most `waiting` wait for a thread, and more are told to come again."""

    def __new__(cls, loop: asyncio.AbstractEventLoop, *rest: Any) -> "Front":
        make: Any = CallbackScheduler.__new__  # Its description in the package says less.
        return make(cls, loop, None, None, None, None)

    def __init__(
        self, loop: asyncio.AbstractEventLoop, threads: Threads, bodies: Bodies, waiting: int
    ):
        self.loop, self.threads, self.bodies, self.waiting = loop, threads, bodies, waiting
        self._schedule_fn = self.take

    def take(self, watcher: Any) -> None:
        scope = watcher.scope
        try:
            if scope.path in LIVE and scope.method in ("GET", "HEAD") and not scope.query_string:
                watcher.proto.response_bytes(200, LIVE_HEADERS, b'{"status":"ok"}')
                watcher.done()
                return
            environ = environ_of(scope)
            if "HTTP_TRANSFER_ENCODING" in environ or (
                environ.get("CONTENT_LENGTH", "") not in NO_BODY
            ):
                self.loop.call_soon_threadsafe(self.begin, watcher, environ)
            else:
                self.hand_over(watcher, environ)
        except Problem as problem:
            self.refuse(watcher, {}, problem)
        except Exception:
            logger.exception("A request could not be taken")
            self.refuse(watcher, {}, Problem(500))

    def begin(self, watcher: Any, environ: Environ) -> None:
        watcher.taskref(self.loop.create_task(self.read(watcher, environ)))

    async def read(self, watcher: Any, environ: Environ) -> None:
        """Read the body, and hand the request over once it is all there."""
        try:
            announced = announced_length(environ)
            with self.bodies.counted(client_network(SimpleNamespace(META=environ))):
                body, size = await self.bodies.read(watcher.proto, announced)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(size)
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            self.hand_over(watcher, environ)
        except Problem as problem:
            self.refuse(watcher, environ, problem)
        except Exception as error:  # granian has several for a sender who has gone.
            logger.info("A body was sent only in part: %s", type(error).__name__)
            watcher.done()

    def hand_over(self, watcher: Any, environ: Environ) -> None:
        if self.threads.queue.qsize() >= self.waiting:
            raise Problem(503, headers={"Retry-After": SOON})
        self.threads.queue.put(Whole(watcher, environ))

    def refuse(self, watcher: Any, environ: Environ, problem: Problem) -> None:
        scope = watcher.scope
        status, headers, body = quick_answer(environ, scope.path, problem)
        watcher.proto.response_bytes(status, headers, body)
        watcher.done()
        logger.info("Refused %s: %s", scope.method, problem.status_code)


def announced_length(environ: Environ) -> int | None:
    """None for a body that comes in chunks."""
    return None if "HTTP_TRANSFER_ENCODING" in environ else int(environ["CONTENT_LENGTH"])
