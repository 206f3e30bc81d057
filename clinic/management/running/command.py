"""One process tree with database, web server and job worker; Ctrl-C ends all of it."""

import http.client
import subprocess  # nosec B404
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from clinic.embedded import server
from clinic.management.running.endings import catch_signals, end_with_parent, ignore_signals
from clinic.management.running.ground import (
    HOST,
    check_port,
    check_writable,
    port_number,
    uses_embedded,
)
from clinic.management.running.processes import MANAGE, Part, end_parts, start_part
from clinic.management.running.welcome import welcome_text
from doctors.models import Doctor
from patients.models import Patient

WEB, WORKER = "web server", "job worker"
ANSWER_WITHIN = 60


class ClinicCommand(BaseCommand):
    """What `run` and `dev` have in common; they say which web server, and what becomes of it."""

    requires_system_checks = ()
    name: str
    pause: float  # Seconds between two looks at the processes: each look costs some.

    def add_arguments(self, parser):
        parser.add_argument("--port", type=port_number, default=8000, help="default: 8000")
        parser.add_argument("--no-seed", action="store_true", help="leave an empty database empty")
        parser.add_argument(
            "--with-parent", action="store_true", help="end when the process that started it ends"
        )

    def handle(self, *args, port, no_seed, with_parent, **options):
        if not settings.DEBUG:
            raise CommandError(f"{self.name} is for development only, and DEBUG is off.")
        catch_signals()
        if with_parent:
            end_with_parent()
        check_port(port)
        check_writable(settings.VAR_DIR, settings.EMBEDDED_DATABASE_DIR)
        is_ours = uses_embedded() and not server.is_running(settings.EMBEDDED_DATABASE_DIR)
        self.port = port
        self.parts: dict[str, Part] = {}
        try:
            self.load_web()
            self.prepare(seed=not no_seed)
            self.open_web()
            self.wait_for_page()
            self.say(welcome_text(port))
            while True:
                self.follow()
                self.check_alive()
                time.sleep(self.pause)
        except KeyboardInterrupt:
            self.stdout.write("\nEnding the clinic.")
        finally:
            ignore_signals()
            if not end_parts(list(self.parts.values())):
                self.say("Some of it had to be ended by force.")
            if is_ours:
                server.stop(settings.EMBEDDED_DATABASE_DIR)

    def load_web(self) -> None:
        """Begin what needs no database, while that is prepared."""

    def open_web(self) -> None:
        raise NotImplementedError

    def follow(self) -> None:
        """Start the job worker once the web server answers."""
        if WORKER not in self.parts and answers(self.port):
            self.start(WORKER, MANAGE, "work")

    def may_end(self, name: str) -> bool:
        """Is it no fault that this part has ended?"""
        return False

    def start(
        self, name: str, *command: str, waits: bool = False, environment: dict | None = None
    ) -> None:
        # Links in mails lead to this port, unless CLINIC_URL says otherwise.
        own = {"CLINIC_PORT": str(self.port), **(environment or {})}
        self.parts[name] = start_part(*command, waits=waits, environment=own)

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

    def wait_for_page(self) -> None:
        """Return as soon as the first page is answered, and the job worker started."""
        until = time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < until:
            self.follow()
            if WORKER in self.parts:
                return
            self.check_alive()
            time.sleep(0.05)
        raise CommandError(f"The web server has not answered for {ANSWER_WITHIN} seconds.")

    def check_alive(self) -> None:
        for name, part in self.parts.items():
            if part.poll() is not None and not self.may_end(name):
                raise CommandError(
                    f"The {name} ended (exit code {part.returncode}), and so does the rest."
                )

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


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
