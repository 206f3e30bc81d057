"""The first `.env` of a production: `.env.example` with secrets of its own and the answers."""

import os
import re
import secrets
import subprocess  # nosec B404
import sys
from pathlib import Path

from cryptography.fernet import Fernet

LINE = re.compile(r"^(?:# )?([A-Z_]+)=(.*)$")
STAFF = "admin,receptionist,doctor"
NETWORK = "172.31.250.0/24"  # Of docker-compose.yml, in which its proxy is.


class Refused(Exception):
    """Why nothing was written, in a sentence."""


def secrets_made() -> dict[str, str]:
    """Secrets that nobody has seen, by the variable."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DOCUMENT_KEYS": Fernet.generate_key().decode(),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        "DATABASE_PASSWORD": secrets.token_urlsafe(24),
        "METRICS_TOKEN": secrets.token_urlsafe(32),
    }


def filled_in(example: str, values: dict[str, str]) -> str:
    """The example with these values; a variable that it has no line for is added at its end."""
    lines, left = [], dict(values)
    for line in example.splitlines():
        match = LINE.match(line)
        if match and match[1] in left:
            line = f"{match[1]}={quoted(left.pop(match[1]))}"
        lines.append(line)
    lines += [f"{name}={quoted(value)}" for name, value in left.items()]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    """As a line of the file has it. Raises Refused for what no line can hold."""
    if re.search(r"[\r\n\0']", value):
        raise Refused(f"{value!r} can't stand in a file of settings: no quotes, no new lines.")
    return f"'{value}'" if re.search(r"[\s#\"$\\]", value) else value


def write_settings(path: Path, text: str) -> None:
    """Write the file, which nobody else reads, once production takes what is in it. Raises Refused
    where it doesn't, or where there is one already."""
    if path.exists():
        raise Refused(f"{path} is there already, and is never written over.")
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        try_settings(part)
        os.link(part, path)  # Unlike a rename, it is refused where somebody was faster.
    except FileExistsError as error:
        raise Refused(f"{path} is there already, and is never written over.") from error
    finally:
        part.unlink(missing_ok=True)


def try_settings(path: Path) -> None:
    """Raises Refused with what the settings say to it."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    result = subprocess.run(  # nosec B603
        [sys.executable, "-c", "import clinic.settings"],
        env={**kept, "ENV_FILE": str(path)},
        cwd=Path(__file__).resolve().parent.parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1]
        raise Refused(last.partition("ImproperlyConfigured: ")[2] or last)
