"""Does the job worker of this machine live? `python -m clinic.management.working.alive` ends with 0
if it does, and with 1 and a sentence if not, without loading the clinic.

The worker touches a file while all its lanes work and the database answers.
"""

import os
import socket
import sys
import time
from pathlib import Path

TOUCHED_EVERY = 5.0  # Seconds.
LATE_AFTER = 60.0  # Seconds; jobs that keep the processor to themselves may make it late.


def alive_file(var_dir: Path) -> Path:
    """Machines may share the folder: each has a file of its own."""
    return var_dir / f"worker-{socket.gethostname()}.alive"


def silent_seconds(var_dir: Path) -> float | None:
    """How long ago the worker gave a sign; None where none ever did here."""
    try:
        return max(0.0, time.time() - alive_file(var_dir).stat().st_mtime)
    except OSError:
        return None


def touch(var_dir: Path) -> None:
    """A full disk takes this as well: the file is there already."""
    path = alive_file(var_dir)
    try:
        os.utime(path)
    except FileNotFoundError:
        path.touch()


def exit_code_of_worker() -> int:
    root = Path(__file__).resolve().parents[3]
    seconds = silent_seconds(Path(os.environ.get("VAR_DIR") or root / "var"))
    if seconds is not None and seconds < LATE_AFTER:
        return 0
    told = "never here" if seconds is None else f"{seconds:.0f} seconds ago"
    sys.stderr.write(f"The job worker gave its last sign {told}.\n")
    return 1


if __name__ == "__main__":
    sys.exit(exit_code_of_worker())
