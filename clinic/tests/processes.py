"""Other processes of the project, in an environment of their own."""

import os
import subprocess
import sys
import time
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings

PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "a-secret-of-the-tests-with-more-than-fifty-characters-1234567890",
    "DOCUMENT_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgres://clinic@localhost/clinic",
    "ALLOWED_HOSTS": "clinic.example",
    "EMAIL_URL": "smtp://localhost:1025",
}
# Nothing is left to be said about this one.
GOOD_PRODUCTION = PRODUCTION | {
    "CLINIC_URL": "https://clinic.example",
    "CACHE_URL": "redis://cache:6379/0",
    "TRUSTED_PROXIES": "172.31.250.0/24",
    "METRICS_TOKEN": "a-token-of-the-tests-that-is-long-enough",
    "MFA_REQUIRED_ROLES": "admin,receptionist,doctor",
    "BACKUP_DIR": "/srv/backups",
}
SECONDS = 180
PATIENCE = 120


def environment(**variables: str) -> dict[str, str]:
    """What a process finds on a machine where nothing of the clinic is set but this."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return {**kept, **coverage, "ENV_FILE": os.devnull, **variables}


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "manage.py", *arguments, **variables)


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-c", code, **variables)


def started(*arguments: str, log: Path, **variables: str) -> subprocess.Popen[str]:
    """A `manage.py` command that goes on running, out of the reach of this process's signals."""
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=environment(**variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def wait_until(is_so, process: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert process.poll() is None, "It ended before."
        assert time.monotonic() < until, "It took too long."
        time.sleep(0.05)
