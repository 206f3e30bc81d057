"""Production on loopback, each part of which can be killed, stopped, frozen and started again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
import psycopg
from cryptography.fernet import Fernet

from clinic.embedded import server
from tests.faults.mail_server import MailServer

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / "var" / "faults"
NAME, MAINTENANCE = "clinic_faults", "postgres"
APPLICATION = "clinic_faults_app"  # The role that owns nothing; `migrate` makes it.
STARTING = 90  # Seconds at most.
DISK_MEGABYTES = 64
SERVER = {"max_connections": "60", "jit": "off"}
REDIS = shutil.which("redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Disk:
    """Where the clinic writes: a small file system of its own, where this user may mount one."""

    path: Path
    is_own: bool = False

    def mount(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        size = f"size={DISK_MEGABYTES}m,mode=0755"
        command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.path)]
        self.is_own = subprocess.run(command, capture_output=True, check=False).returncode == 0
        self.documents.mkdir(exist_ok=True)

    def unmount(self) -> None:
        if self.is_own:
            subprocess.run(["umount", "-l", str(self.path)], check=False)

    def fill(self) -> None:
        with (self.path / "filler").open("wb") as file, suppress(OSError):
            while True:
                file.write(b"\0" * 65536)
                file.flush()

    def empty(self) -> None:
        (self.path / "filler").unlink(missing_ok=True)

    def make_read_only(self) -> None:
        """By a mount over itself: what is open for writing on it keeps nobody from that."""
        documents = str(self.documents)
        subprocess.run(["mount", "--bind", documents, documents], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", documents], check=True)

    def make_writable(self) -> None:
        subprocess.run(["umount", "-l", str(self.documents)], check=True)

    @property
    def documents(self) -> Path:
        return self.path / "documents"


@dataclass
class Part:
    """One process of the clinic, and those that it starts."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen | None = None
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        with (HOME / "logs" / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was not started."
        return self.process.pid

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def end(self, seconds: float = 30) -> None:
        if self.process is None:
            return
        self.send(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(seconds)


@dataclass
class Stage:
    disk: Disk
    mails: MailServer
    web: Part
    worker: Part
    redis: Part | None
    port: int
    owner: dict[str, str]
    known: dict[str, list[str]] = field(default_factory=dict)

    def connect(self, **more: object) -> psycopg.Connection:
        """As the owner of the database, from outside of the clinic."""
        return psycopg.connect(**{**self.owner, **more}, autocommit=True)  # type: ignore[arg-type]

    def keep_running(self, but: str = "") -> None:
        """Start again what has ended, as systemd or Docker would."""
        for part in (self.redis, self.web, self.worker):
            if part is not None and part.name != but and not part.runs():
                part.start()

    def freeze_database(self, yes: bool) -> None:
        pid = server.running_pid(HOME / "pg")
        if pid is None:
            return
        number = signal.SIGSTOP if yes else signal.SIGCONT
        root = psutil.Process(pid)
        for one in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)


def address(user: str, owner: dict[str, str]) -> str:
    where = urlencode({"host": owner["host"], "port": owner["port"]})
    return f"postgres://{user}@/{NAME}?{where}"


def start_database() -> dict[str, str]:
    """Start the server, with a database that holds nothing yet; says how its owner reaches it."""
    found = server.connection_settings(HOME / "pg")
    where = {"host": found["HOST"], "port": str(found["PORT"]), "user": found["USER"]}
    with psycopg.connect(**where, dbname=MAINTENANCE, autocommit=True) as own:  # type: ignore[arg-type]
        for setting, value in SERVER.items():
            own.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        own.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        own.execute(f"CREATE DATABASE {NAME}")
    server.stop(HOME / "pg")
    server.connection_settings(HOME / "pg")
    return {**where, "dbname": NAME}


def environment(
    owner: dict[str, str], port: int, mail_port: int, redis_port: int
) -> dict[str, str]:
    """Production's, with secrets of this run alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {
        "ENV_FILE": os.devnull,
        "DEBUG": "0",
        "DATABASE_URL": address(APPLICATION, owner),
        "SECRET_KEY": "".join(Fernet.generate_key().decode() for _ in range(2)),
        "DOCUMENT_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "CLINIC_URL": f"https://127.0.0.1:{port}",
        "SECURE_SSL_REDIRECT": "0",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "CACHE_URL": f"redis://127.0.0.1:{redis_port}/0" if REDIS else "",
        "VAR_DIR": str(HOME / "disk"),
        "STATIC_ROOT": str(HOME / "static"),
        "METRICS_TOKEN": "watched",
        "ACCESS_TOKEN_MINUTES": "600",
        "RATE_LIMITS": "register=1000000/h,login=1000000/h,slots=1000000/h,health=1000000/m",
        "LOGIN_FAILURES_PER_ADDRESS": "1000000",
        "MFA_REQUIRED_ROLES": "",
        "DATABASE_POOL_SIZE": "8",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return {**kept, **own}


@contextmanager
def standing(workers: int, threads: int) -> Iterator[Stage]:
    """Everything runs; at the end all of it is ended, by its id."""
    shutil.rmtree(HOME / "logs", ignore_errors=True)
    (HOME / "logs").mkdir(parents=True)
    disk = Disk(HOME / "disk")
    shutil.rmtree(disk.path, ignore_errors=True)
    disk.mount()
    mails = MailServer(free_port())
    owner = start_database()
    port, redis_port = free_port(), free_port()
    own = environment(owner, port, mails.port, redis_port)
    own |= {"WEB_WORKERS": str(workers), "WEB_THREADS": str(threads), "WEB_PORT": str(port)}
    python = sys.executable
    migrating = {**own, "DATABASE_OWNER_URL": address(owner["user"], owner)}
    for command in (["migrate", "--noinput", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([python, "manage.py", *command], cwd=ROOT, env=migrating, check=True)
    known = subprocess.run(
        [python, "-m", "tests.faults.prepare"],
        cwd=ROOT,
        env={**own, "DJANGO_SETTINGS_MODULE": "clinic.settings"},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    stage = Stage(
        disk=disk,
        mails=mails,
        web=Part("web", [python, "manage.py", "serve"], own),
        worker=Part("worker", [python, "manage.py", "work"], own),
        redis=Part("redis", redis_command(redis_port), own) if REDIS else None,
        port=port,
        owner=owner,
        known=json.loads(known),
    )
    try:
        mails.start()
        stage.keep_running()
        wait_for(port)
        yield stage
    finally:
        stage.freeze_database(False)
        for part in (stage.web, stage.worker, stage.redis):
            if part is not None:
                part.send(signal.SIGCONT)
                part.end()
        mails.stop()
        server.stop(HOME / "pg")
        disk.unmount()


def redis_command(port: int) -> list[str]:
    own = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    return [str(REDIS), *own, "--dir", str(HOME)]


def wait_for(port: int) -> None:
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"The web server did not start: see {HOME / 'logs'}.")
