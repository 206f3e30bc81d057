"""The whole clinic on one machine: database, web server and job worker in one process tree."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess  # nosec B404
import sys
import tempfile
import threading
import time
from argparse import ArgumentTypeError
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from accounts.models import User
from clinic.embedded import server
from doctors.models import Doctor
from patients.models import Patient

HOST = "127.0.0.1"
PAGES = {
    "/": "the clinic's public page",
    "/register/": "patients register here",
    "/sign-in/": "patients sign in",
    "/admin/": "the staff console",
    "/docs": "the API, to try it out",
    "/redoc": "the API, to read",
    "/openapi.json": "the API, for programs",
}
DEMO_LOG_INS = [f"{name}@clinic.example" for name in ("admin", "reception", "doctor", "patient")]
WEB, WORKER = "web server", "job worker"
CODE_CHANGED = 3  # With this the process that serves ends, so that it is started anew.
ANSWER_WITHIN = 60
END_WITHIN = 10
PR_SET_PDEATHSIG = 1


class Part(subprocess.Popen):
    """A process of the clinic, and when it was started: seconds since 1970."""

    def __init__(self, *args, **kwargs):
        self.started_at = time.time()
        super().__init__(*args, **kwargs)


class Command(BaseCommand):
    help = "Run the clinic for development: database, demo clinic, web server and job worker."
    requires_system_checks = ()  # The web server makes them.

    def add_arguments(self, parser):
        parser.add_argument("--port", type=port_number, default=8000, help="default: 8000")
        parser.add_argument("--no-seed", action="store_true", help="leave an empty database empty")
        parser.add_argument(
            "--with-parent", action="store_true", help="end when the process that started it ends"
        )

    def handle(self, *args, port, no_seed, with_parent, **options):
        if not settings.DEBUG:
            raise CommandError("dev is for development only, and DEBUG is off.")
        catch_signals()
        if with_parent:
            end_with_parent()
        check_port(port)
        check_writable(settings.VAR_DIR, settings.EMBEDDED_DATABASE_DIR)
        is_ours = uses_embedded() and not server.is_running(settings.EMBEDDED_DATABASE_DIR)
        parts: dict[str, Part] = {}
        try:
            self.prepare(seed=not no_seed)
            parts[WEB] = start_web(port)
            wait_for_page(port, parts)
            self.tell(port)
            while True:
                follow_code(port, parts)
                check_alive(parts)
                time.sleep(0.2)
        except KeyboardInterrupt:
            self.stdout.write("\nEnding the clinic.")
        finally:
            ignore_signals()
            if not end(list(parts.values())):
                self.say("Some of it had to be ended by force.")
            if is_ours:
                server.stop(settings.EMBEDDED_DATABASE_DIR)

    def prepare(self, seed: bool) -> None:
        """Bring the database up to date and fill it if it is empty."""
        self.say("Starting the database.")
        try:
            connection.ensure_connection()
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                self.say("Bringing its tables up to date.")
                call_command("migrate", interactive=False, verbosity=0)
        except (DatabaseError, OSError, subprocess.SubprocessError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(f"The database can't be used: {reason}") from error
        people = (User, Doctor, Patient)
        if seed and not any(model.objects.exists() for model in people):
            self.say("Filling the empty database with the demo clinic.")
            call_command("seed", verbosity=0)
        connection.close()

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def tell(self, port: int) -> None:
        """Say what is where, and who may sign in."""
        lines = ["", f"{settings.CLINIC_NAME} is open."]
        lines += [f"  http://{HOST}:{port}{path:<15}{what}" for path, what in PAGES.items()]
        demo = User.objects.filter(email__in=DEMO_LOG_INS).order_by("email")
        if demo:
            lines += ["", f"Sign in with the password {settings.DEMO_PASSWORD} as"]
            lines += [f"  {user.email:<26}{user.get_role_display()}" for user in demo]
        else:
            lines += ["", "Nobody can sign in yet: `manage.py createsuperuser` makes an account."]
        if folder := getattr(settings, "EMAIL_FILE_PATH", None):
            lines += ["", f"Mails are files in {shown(Path(folder))}"]
        connection.close()
        self.say("\n".join([*lines, "", "Ctrl-C ends it.", ""]))


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ArgumentTypeError(f"{text!r} is no port: it must be a number from 1 to 65535.")
    return int(text)


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} of {HOST} can't be used ({error.strerror}): "
                "choose another one, e.g. `make run PORT=8001`."
            ) from error


def check_writable(directory: Path, data: Path) -> None:
    """Both may belong to somebody else: root, where the clinic was started with sudo before."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
        if data.exists():
            os.listdir(data)
    except OSError as error:
        raise CommandError(
            f"The folder {error.filename or directory} can't be used ({error.strerror}): "
            "make it yours and writable, or set VAR_DIR to another one."
        ) from error


def uses_embedded() -> bool:
    return settings.DATABASES["default"]["ENGINE"] == "clinic.embedded"


def catch_signals() -> None:
    """Let SIGTERM, and a closed terminal, end everything in the way that Ctrl-C does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asked to live on.
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def end_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def start_web(port: int) -> Part:
    """Start the process that serves, without Django's process above it, which would do nothing but
    load all of the clinic once more and start that one again when code has changed."""
    return start("runserver", f"{HOST}:{port}", **{DJANGO_AUTORELOAD_ENV: "true"})


def follow_code(port: int, parts: dict[str, Part]) -> None:
    """Start the web server anew when code has changed, and once that answers, the job worker.

    Code that can't be loaded has no worker: the web server says why and waits for the next change.
    """
    if parts[WEB].poll() == CODE_CHANGED:
        parts[WEB] = start_web(port)
        if WORKER in parts:
            end([parts.pop(WORKER)])
    elif WORKER in parts and met_a_change(WORKER, parts[WORKER]):
        del parts[WORKER]
    elif WORKER not in parts and answers(port):
        parts[WORKER] = start("procrastinate", "worker")


def met_a_change(name: str, process: Part) -> bool:
    """Did it end because code has changed? The worker may meet a mistake in it before the web
    server notices that there is a change."""
    if name == WEB:
        return process.poll() == CODE_CHANGED
    return bool(process.poll()) and has_changed_since(process.started_at)


def has_changed_since(instant: float) -> bool:
    """Was code of the project changed after that many seconds since 1970?"""
    folders = {Path(config.path) for config in apps.get_app_configs()}
    ours = [folder for folder in folders if folder.parent == settings.BASE_DIR]
    return any(file.stat().st_mtime >= instant for folder in ours for file in folder.rglob("*.py"))


def start(*command: str, **environment: str) -> Part:
    """Start a `manage.py` command out of the terminal's reach: `end()` decides when it ends.

    On Linux the kernel ends it even where this process is killed.
    """
    end_with_us = None
    if sys.platform == "linux":
        end_with_us = partial(ctypes.CDLL(None).prctl, PR_SET_PDEATHSIG, signal.SIGTERM)
    return Part(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        env={
            **os.environ,
            "DJANGO_RUNSERVER_HIDE_WARNING": "true",
            "PYTHONUNBUFFERED": "1",
            **environment,
        },
        start_new_session=True,
        preexec_fn=end_with_us,
    )


def check_alive(parts: dict[str, Part]) -> None:
    for name, process in parts.items():
        if process.poll() is not None and not met_a_change(name, process):
            raise CommandError(
                f"The {name} ended (exit code {process.returncode}), and so does the rest."
            )


def wait_for_page(port: int, parts: dict[str, Part]) -> None:
    """Return as soon as the first page is answered, and the job worker started."""
    until = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < until:
        follow_code(port, parts)
        if WORKER in parts:
            return
        check_alive(parts)
        time.sleep(0.05)
    raise CommandError(f"The web server has not answered for {ANSWER_WITHIN} seconds.")


def answers(port: int) -> bool:
    page = http.client.HTTPConnection(HOST, port, timeout=ANSWER_WITHIN)
    try:
        page.request("GET", "/")
        page.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        page.close()
    return True


def end(processes: list[subprocess.Popen]) -> bool:
    """End them with all that they started. False where asking did not help, and force did."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        until = time.monotonic() + END_WITHIN
        while (left := running_groups(processes)) and time.monotonic() < until:
            time.sleep(0.05)
        if not left:
            return number == signal.SIGTERM
    return False


def running_groups(processes: list[subprocess.Popen]) -> set[int]:
    """The process groups of these in which somebody runs. The dead whom nobody has reaped, as in
    a container without an init, do not."""
    for process in processes:
        process.poll()
    running = set()
    for other in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if other.info["status"] != psutil.STATUS_ZOMBIE:
                running.add(os.getpgid(other.pid))
    return running & {process.pid for process in processes}


def shown(path: Path) -> str:
    """The path as seen from where the command was started, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
