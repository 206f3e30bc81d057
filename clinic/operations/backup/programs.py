"""PostgreSQL's own `pg_dump` and `pg_restore`: where they are, and how they are run."""

import os
import re
import shutil
import subprocess  # nosec B404
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.db.backends.base.base import BaseDatabaseWrapper

from clinic.embedded.server import PROGRAMS

DEBIAN = Path("/usr/lib/postgresql")
BLOCK = 2**18
# The variables of libpq by what Django calls it.
TOLD_AS = {
    name: f"PG{name.upper()}"
    for name in (
        "host", "port", "user", "password", "passfile", "service",
        "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl",
    )
}  # fmt: skip
# What newer programs set at first, and older servers have never heard of.
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"


class ProgramFailed(Exception):
    """A program of PostgreSQL isn't there, or ended with an error; in a sentence."""


def program(name: str, least: int) -> str:
    """The path of one whose major version is at least that, the nearest. Raises ProgramFailed."""
    found = {version: path for path in candidates(name) if (version := major_version(path))}
    fit = sorted(version for version in found if version >= least)
    if not fit:
        here = ", ".join(map(str, sorted(found))) or "none"
        raise ProgramFailed(
            f"{name} of PostgreSQL {least} or newer is needed, and here is {here}: install the "
            f"package postgresql-client-{least}."
        )
    return found[fit[0]]


def candidates(name: str) -> Iterator[str]:
    """The last one of a version counts, so what is on the PATH goes before the others."""
    yield str(Path(PROGRAMS) / name)
    yield from (str(folder / "bin" / name) for folder in DEBIAN.glob("*"))
    if on_path := shutil.which(name):
        yield on_path


@cache
def major_version(path: str) -> int:
    """0 where it can't be run."""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(  # noqa: S603  # nosec B603
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
        if match := re.search(r"\) (\d+)", told):
            return int(match[1])
    return 0


def reached(connection: BaseDatabaseWrapper) -> tuple[list[str], dict[str, str]]:
    """How such a program reaches this database: its arguments, and its environment, in which no
    other user of the machine reads the password."""
    known = connection.get_connection_params()  # The embedded server starts.
    own = {TOLD_AS[name]: str(value) for name, value in known.items() if name in TOLD_AS and value}
    return ["--dbname", str(known.get("dbname", ""))], {**os.environ, **own}


@contextmanager
def dumping(command: list[str], environment: dict[str, str]) -> Iterator[Iterator[bytes]]:
    """What the program writes, in blocks. Raises ProgramFailed where it ends with an error."""
    with running(command, environment, stdout=subprocess.PIPE) as process:
        output: IO[bytes] = process.stdout  # type: ignore[assignment]
        yield iter(lambda: output.read(BLOCK), b"")


def feed_program(command: list[str], environment: dict[str, str], blocks: Iterable[bytes]) -> None:
    """Let the program read these blocks. Raises ProgramFailed; where a block can't be had, it is
    killed before it sees the end of its input, so that what it did is undone."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    with running(command, environment, **pipes) as process:
        write_all(process, blocks)


def feed_as_text(
    command: list[str], reader: list[str], environment: dict[str, str], blocks: Iterable[bytes]
) -> None:
    """The same where the program's own text, less what an older server doesn't know, is read by
    another one."""
    writing = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    reading = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    with (
        running(reader, environment, **reading) as psql,
        running(command, environment, **writing) as process,
        ThreadPoolExecutor(1) as thread,
    ):
        output: IO[bytes] = process.stdout  # type: ignore[assignment]
        lines = (line for line in output if line != UNKNOWN_BEFORE_17)
        passed_on = thread.submit(write_all, psql, lines, is_whole=lambda: process.wait() == 0)
        write_all(process, blocks)
        passed_on.result()


def write_all(
    process: subprocess.Popen[bytes],
    blocks: Iterable[bytes],
    is_whole: Callable[[], bool] = lambda: True,
) -> None:
    entry: IO[bytes] = process.stdin  # type: ignore[assignment]
    try:
        for block in blocks:
            entry.write(block)
        if not is_whole():
            process.kill()
        entry.close()
    except BrokenPipeError:  # What it has to say comes with its end.
        with suppress(BrokenPipeError):
            entry.close()


@contextmanager
def running(
    command: list[str], environment: dict[str, str], **pipes: Any
) -> Iterator[subprocess.Popen[bytes]]:
    with TemporaryFile() as told:
        with subprocess.Popen(  # noqa: S603  # nosec B603
            command, env=environment, stderr=told, **pipes
        ) as process:
            try:
                yield process
                status = process.wait()
            except BaseException:
                process.kill()
                raise
        if status:
            told.seek(0)
            name = Path(command[0]).name
            last = told.read()[-2000:].decode(errors="replace").strip().splitlines()[-3:]
            raise ProgramFailed(f"{name} ended with {status}: {' '.join(last)}")
