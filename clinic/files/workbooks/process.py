"""The process that reads a workbook, and what it may take."""

import json
import shutil
import subprocess  # nosec B404
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer
from typing import IO, BinaryIO, cast

from clinic.confined import kill_confined, start_confined

READER = Path(__file__).with_name("reader.py")
MB = 1024 * 1024
NOT_XLSX = "This file can't be read as an XLSX workbook. Save it anew, or as “CSV UTF-8”."
TOO_LARGE = "This workbook is too large. Save it as “CSV UTF-8” and try again."
REFUSALS = {
    "broken": NOT_XLSX,
    "too_large": TOO_LARGE,
    "no_sheet": "This workbook has no sheet with a table.",
    "uncomputed": "A cell holds a formula that was never computed. Open the workbook in a "
    "spreadsheet, save it, and send it again.",
}
TOO_LONG = "This workbook takes too much to read. Save it as “CSV UTF-8” and try again."
Rows = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Bounds:
    """What reading one workbook may take: seconds of the processor and by the clock, bytes of
    memory, and texts that several cells may share."""

    cpu_seconds: int
    seconds: int
    memory: int = 768 * MB
    strings: int = 1_000_000


WHILE_ASKED = Bounds(cpu_seconds=15, seconds=60)  # Somebody waits for a page.
IN_A_JOB = Bounds(cpu_seconds=120, seconds=1800)
BY_COMMAND = Bounds(cpu_seconds=7200, seconds=86_400, memory=4096 * MB, strings=50_000_000)


class WorkbookRefused(Exception):
    """The text is the sentence that says why."""


@contextmanager
def workbook_rows(file: BinaryIO, bounds: Bounds) -> Iterator[tuple[str, Rows]]:
    """The first sheet's title, and its rows by their numbers. Raises WorkbookRefused, also while
    the rows are read. A workbook that was too much once is never tried again by itself."""
    limits = json.dumps(asdict(bounds))
    # What it would say on stderr is about the file.
    process = start_confined(READER, limits, stderr=subprocess.DEVNULL)
    timer = Timer(bounds.seconds, end_reader, [process])
    timer.daemon = True
    timer.start()
    try:
        send_whole(file, process)
        first = next_line(process)
        if not isinstance(first, dict):
            raise WorkbookRefused(TOO_LONG)
        yield first["title"], rows_from(process)
    finally:
        timer.cancel()
        end_reader(process)


def send_whole(file: BinaryIO, process: subprocess.Popen[bytes]) -> None:
    stdin = cast("IO[bytes]", process.stdin)
    with suppress(BrokenPipeError):  # What became of it, its answer says.
        shutil.copyfileobj(file, stdin, MB)
    with suppress(BrokenPipeError):
        stdin.close()


def next_line(process: subprocess.Popen[bytes]) -> object:
    """What the process says next; raises WorkbookRefused where that is a refusal, or nothing."""
    line = cast("IO[bytes]", process.stdout).readline()
    if not line.endswith(b"\n"):
        raise WorkbookRefused(TOO_LONG)
    said: object = json.loads(line)
    if isinstance(said, dict) and "refused" in said:
        raise WorkbookRefused(REFUSALS[said["refused"]])
    return said


def rows_from(process: subprocess.Popen[bytes]) -> Rows:
    while isinstance(said := next_line(process), list):
        number, cells = said
        yield number, cells


def end_reader(process: subprocess.Popen[bytes]) -> None:
    kill_confined(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            cast("IO[bytes]", pipe).close()
