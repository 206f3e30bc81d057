"""Processes that are forked from the one that has loaded the clinic."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from clinic.management.running.endings import signal_with_parent

HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
LEAVE = signal.SIGUSR1


@dataclass
class Child:
    """A process that serves; until it is ready, `word` is the pipe by which it says so."""

    pid: int
    number: int
    word: int | None = None
    replaces: int | None = None
    began_at: float = field(default_factory=time.monotonic)
    killed_at: float = float("inf")

    def end(self, seconds: float) -> None:
        """Tell it to end; what still runs then is killed by `press()`."""
        self.killed_at = min(self.killed_at, time.monotonic() + seconds)
        os.kill(self.pid, signal.SIGTERM)

    def leave(self, seconds: float) -> None:
        """The same, but first its clients shall go to the one that takes its place."""
        if not self.is_ending:
            self.killed_at = time.monotonic() + seconds
            os.kill(self.pid, LEAVE)

    def press(self) -> None:
        if time.monotonic() >= self.killed_at:
            os.kill(self.pid, signal.SIGKILL)

    @property
    def is_ending(self) -> bool:
        return self.killed_at < float("inf")

    def has_word(self) -> bool:
        """Is it ready? It says so once."""
        if self.word is None or not select.select([self.word], [], [], 0)[0]:
            return False
        said = os.read(self.word, 1)
        os.close(self.word)
        self.word = None
        return bool(said)


def fork_child(number: int, serve: Callable[[Callable[[], None]], None]) -> Child:
    """Fork a process that serves and nothing else; it is killed when this one ends, so that
    nobody else's child keeps the port."""
    parent = os.getpid()
    hears, says = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    pid = os.fork()
    if pid:
        os.close(says)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        return Child(pid, number, word=hears)
    status = 1
    try:
        signal_with_parent(signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for signum in HEARD:
            signal.signal(signum, signal.SIG_DFL)
        for signum in (signal.SIGINT, signal.SIGHUP):  # The parent hears them, and tells.
            signal.signal(signum, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        os.close(hears)
        if os.getppid() == parent:
            serve(lambda: say_ready(says))
            status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # Threads that wait for requests would keep it.


def say_ready(says: int) -> None:
    os.write(says, b".")
    os.close(says)
