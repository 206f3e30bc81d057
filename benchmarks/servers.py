"""The contenders' servers: started beside each other, watched by process, and ended by id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.ground import HOME, ROOT, Ground, environment

VENV, LOGS = HOME / "venv", HOME / "logs"
UVICORN = ["-m", "uvicorn", "--workers", "2", "--host", "127.0.0.1", "--log-level", "warning"]
UVICORN += ["--no-access-log", "--loop", "uvloop", "--http", "httptools"]
OURS = "ours"
# By the name that the table shows.
APPS = {
    "A": "benchmarks.contenders.fastapi_sqlalchemy:app",
    "A+": "benchmarks.contenders.fastapi_duties:app",
    "B": "benchmarks.contenders.fastapi_asyncpg:app",
    OURS: "manage.py serve",
}
STARTING = 90  # Seconds at most.


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    process: subprocess.Popen

    def cpu(self) -> float:
        return cpu_of(self.process.pid)

    def megabytes(self) -> float:
        """Of memory that is its own, and its share of what processes have in common."""
        sizes = [one.memory_full_info().pss for one in tree(self.process.pid)]
        return sum(sizes) / 2**20


def tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process and all that it started, those that have ended among them."""
    total = 0.0
    for one in tree(pid):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_of(name: str, port: int) -> list[str]:
    if name == OURS:  # As in production (Dockerfile).
        return [sys.executable, *APPS[name].split(), "--port", str(port)]
    return [str(python_of()), *UVICORN, "--port", str(port), APPS[name]]


def python_of() -> Path:
    path = VENV / "bin" / "python"
    if not path.exists():
        raise SystemExit("The contenders aren't installed: `make bench` does it.")
    return path


@contextmanager
def running(names: list[str], ground: Ground) -> Iterator[dict[str, Server]]:
    own = environment(ground.parameters)
    own["BENCH_TRIGGERS"] = "{" + ",".join(ground.knowledge["triggers"]) + "}"
    with ExitStack() as stack:
        servers = {name: stack.enter_context(one(name, own)) for name in names}
        for server in servers.values():
            wait_for(server)
        yield servers


@contextmanager
def one(name: str, own: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    LOGS.mkdir(exist_ok=True)
    with (LOGS / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            command_of(name, port),
            cwd=ROOT,
            env=own,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(name, port, process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):  # Its own group: whatever it left.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(server: Server) -> None:
    until = time.monotonic() + STARTING
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1).close()
            return
        time.sleep(0.2)
    raise SystemExit(f"{server.name} did not start: see {LOGS / server.name}.log")
