"""The processes that decode photos, at most two for each process that takes them.

They stand ready, and have the photo as their only input: neither secrets nor a connection are
theirs. More at once would only take turns on the processors, and keep more pictures in memory.
"""

import atexit
import json
import os
import subprocess  # nosec B404
from contextlib import suppress
from pathlib import Path
from queue import Empty, LifoQueue
from threading import BoundedSemaphore, Timer
from typing import IO, Any, cast

from django.conf import settings

from clinic.confined import kill_confined, start_confined

DECODER = Path(__file__).with_name("decoder.py")
# One thread is left to answer other requests.
AT_ONCE = max(1, min(2, settings.WEB_THREADS - 1))
# Who waits has such a thread: few do, and not for long.
WAITING, WAIT_SECONDS = 4, 2.0
DEADLINE_SECONDS = 20.0  # By the clock: a decoder that has stopped uses none of its time.

Decoded = tuple[dict[str, Any], bytes, bytes]
BUSY: Decoded = ({"refused": "busy"}, b"", b"")
TOO_HEAVY: Decoded = ({"refused": "too_heavy"}, b"", b"")


class DecoderProcess:
    """Started when it is needed, and again after a photo that it did not survive. It takes one
    photo at a time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0  # A process that was forked off this one starts its own.
        self.is_late = False

    def decode(self, content: bytes, deadline: float, **limits: int) -> Decoded:
        stdin, stdout = self.pipes()
        header = json.dumps(limits | {"size": len(content)}).encode() + b"\n"
        timer = Timer(deadline, self.kill)
        timer.start()
        try:
            stdin.write(header + content)
            stdin.flush()
            told = json.loads(stdout.readline())
            sizes = told.get("size", 0), told.get("small_size", 0)
            photo, small = map(stdout.read, sizes)
            if (len(photo), len(small)) != sizes:
                raise EOFError
        except (OSError, ValueError, EOFError):
            timer.cancel()
            self.close()
            return BUSY if self.is_late else TOO_HEAVY
        timer.cancel()
        return told, photo, small

    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self.process is None or self.owner != os.getpid():
            self.process = start_confined(DECODER)
            self.owner, self.is_late = os.getpid(), False
        return cast("IO[bytes]", self.process.stdin), cast("IO[bytes]", self.process.stdout)

    def kill(self) -> None:
        """End it and the fork that has the photo."""
        self.is_late = True
        if self.process is not None:
            kill_confined(self.process)

    def close(self) -> None:
        if self.process is not None and self.owner == os.getpid():
            with suppress(OSError):
                self.process.communicate()  # It ends with its input.
        self.process = None


class Decoders:
    """Some decoders, handed out to one photo each, and what becomes of those that come too many."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        wait: float = WAIT_SECONDS,
        deadline: float = DEADLINE_SECONDS,
    ):
        self.wait, self.deadline = wait, deadline
        self.places = BoundedSemaphore(at_once + waiting)
        self.all = [DecoderProcess() for _ in range(at_once)]
        self.free: LifoQueue[DecoderProcess] = LifoQueue()  # One alone stays busy, and is warm.
        for decoder in self.all:
            self.free.put(decoder)

    def decode(self, content: bytes, **limits: int) -> Decoded:
        """What a decoder tells of a photo, the photo and its small copy: see `decoder.answer()`.
        Beside what is told there, `refused` is `busy` where too many came at once."""
        if not self.places.acquire(blocking=False):
            return BUSY
        try:
            decoder = self.free.get(timeout=self.wait)
        except Empty:
            return BUSY
        else:
            try:
                return decoder.decode(content, self.deadline, **limits)
            finally:
                self.free.put(decoder)
        finally:
            self.places.release()

    def close(self) -> None:
        for decoder in self.all:
            decoder.close()


DECODING = Decoders()
atexit.register(DECODING.close)
