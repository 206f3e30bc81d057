"""The processes that the clinic consists of, each with all that it starts."""

import os
import signal
import subprocess  # nosec B404
import sys
import time
from contextlib import suppress
from functools import partial

import psutil
from django.conf import settings

from clinic.management.running.endings import signal_with_parent

MANAGE = str(settings.BASE_DIR / "manage.py")
END_WITHIN = 10


class Part(subprocess.Popen):
    """A process of the clinic, and when it was started: seconds since 1970."""

    def __init__(self, *args, **kwargs):
        self.started_at = time.time()
        super().__init__(*args, **kwargs)

    def tell(self, line: str) -> None:
        """Say something to one that waits; it is the last that it hears."""
        if self.stdin:
            self.stdin.write(line.encode())
            self.stdin.close()


def start_part(*command: str, environment: dict[str, str], waits: bool = False) -> Part:
    """Start Python with these arguments out of the terminal's reach: `end_parts()` decides when it
    ends. On Linux the kernel ends it even where this process is killed.

    One that `waits` reads from its standard input, which is open until it is told something.
    """
    return Part(
        [sys.executable, *command],
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.PIPE if waits else None,
        start_new_session=True,
        preexec_fn=partial(signal_with_parent, signal.SIGTERM),
    )


def end_parts(parts: list[Part]) -> bool:
    """End them with all that they started. False where asking did not help, and force did.

    Who lives is asked alone and ends its own children, which would else be seen to die first.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        for part in parts:
            with suppress(ProcessLookupError):
                if number == signal.SIGTERM and part.poll() is None:
                    part.terminate()
                else:
                    os.killpg(part.pid, number)
        until = time.monotonic() + END_WITHIN
        while (left := running_groups(parts)) and time.monotonic() < until:
            time.sleep(0.05)
        if not left:
            return number == signal.SIGTERM
    return False


def running_groups(parts: list[Part]) -> set[int]:
    """The process groups of these in which somebody runs. The dead whom nobody has reaped, as in
    a container without an init, do not."""
    for part in parts:
        part.poll()
    running = set()
    for other in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if other.info["status"] != psutil.STATUS_ZOMBIE:
                running.add(os.getpgid(other.pid))
    return running & {part.pid for part in parts}
