"""Processes that open what strangers send: with nothing of the clinic's, and held to their share.

`start_confined()` starts one of a script, which may import this module and nothing else of the
clinic: as a program, this file makes it known to an isolated Python (`-I`) and runs the script.
"""

import os
import resource
import signal
import subprocess  # nosec B404
import sys
from contextlib import suppress
from pathlib import Path
from runpy import run_path

NEEDED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # Of the environment.


def start_confined(
    script: Path, *arguments: str, stderr: int | None = None
) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: Ctrl-C is for its parent, whose end it sees by its input.
    No secret is in its environment."""
    return subprocess.Popen(  # noqa: S603  # nosec B603  # Nothing comes from outside.
        [sys.executable, "-I", __file__, str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={name: os.environ[name] for name in NEEDED if name in os.environ},
        start_new_session=True,
    )


def kill_confined(process: subprocess.Popen[bytes]) -> None:
    """End it, and what it has forked."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def hold_to_bounds(cpu_seconds: int, memory: int, *, may_open: bool = True) -> None:
    """Hold this process to so many seconds of the processor and bytes of memory, and behind
    whatever answers requests. It writes no file; unless it `may_open` some, it opens none either,
    nor a connection."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # What it crashed on is nobody's to keep.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with suppress(ValueError, OSError):  # macOS has no such limit.
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        if not may_open:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1]))
    del sys.argv[0]
    run_path(sys.argv[0], run_name="__main__")
