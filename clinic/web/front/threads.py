"""The few threads that run Django, and the queue before them."""

import asyncio
import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from django.conf import settings

from clinic.web.front.incoming import Environ, SentFile

logger = logging.getLogger(__name__)

Application = Callable[[Environ, Callable], Iterable[bytes]]
BLOCK = 64 * 1024  # Bytes of a stream that are sent together.
STALLED_SECONDS = 30  # Who takes nothing of a stream for so long has left.


@dataclass(frozen=True)
class Whole:
    """A request whose body is all there."""

    watcher: Any
    environ: Environ
    came_at: float = field(default_factory=time.monotonic)


class Threads:
    """Each takes the next whole request from the queue, and gives its answer to granian."""

    def __init__(self, number: int, application: Application, loop: asyncio.AbstractEventLoop):
        self.application, self.loop = application, loop
        self.queue: SimpleQueue[Whole] = SimpleQueue()
        self.is_leaving = False
        for _ in range(number):
            threading.Thread(target=self.work, daemon=True, name="django").start()

    def leave(self) -> None:
        """From now on tell everybody to come again by another connection."""
        self.is_leaving = True

    def work(self) -> None:
        while True:
            request = self.queue.get()
            try:
                self.answer(request)
            except Exception:
                logger.exception("A request failed outside Django")
                request.watcher.proto.response_bytes(500, [], b"")
            finally:
                request.environ["wsgi.input"].close()
                request.watcher.done()

    def answer(self, request: Whole) -> None:
        begun = Begun()
        result = self.application(request.environ, begun)
        if self.is_leaving:
            begun.headers = [*begun.headers, ("Connection", "close")]
        try:
            self.send(request.watcher.proto, begun, result)
        finally:
            if close := getattr(result, "close", None):
                close()

    def send(self, proto: Any, begun: "Begun", result: Any) -> None:
        if isinstance(result, SentFile):
            if path := static_path(result.file):
                proto.response_file(begun.status, begun.headers, path)
                return
        elif not getattr(result, "streaming", False):
            proto.response_bytes(begun.status, begun.headers, b"".join(result))
            return
        self.stream(proto.response_stream(begun.status, begun.headers), result)

    def stream(self, transport: Any, chunks: Iterable[bytes]) -> None:
        """Send what a view makes as it goes, no quicker than it is taken."""
        for block in blocks(chunks):
            sent = asyncio.run_coroutine_threadsafe(send_block(transport, block), self.loop)
            try:
                sent.result(STALLED_SECONDS)
            except Exception as error:  # granian has several for one that has gone.
                sent.cancel()
                logger.info("An answer was taken only in part: %s", type(error).__name__)
                return


class Begun:
    """Status and headers, as Django tells them before the body."""

    status = 500
    headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        self.status, self.headers = int(status.partition(" ")[0]), headers


async def send_block(transport: Any, block: bytes) -> None:
    await transport.send_bytes(block)


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Rows of a file, and the like, put together: each block goes through another thread."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def static_path(file: Any) -> str:
    """The path of a static file: granian reads and sends it, and no thread waits for the one who
    takes it. Nothing for what else is sent from a file."""
    name = file.name if isinstance(file, io.BufferedReader) else None
    if isinstance(name, str) and file.tell() == 0:
        root = settings.STATIC_ROOT
        return name if root and Path(name).is_relative_to(root) else ""
    return ""
