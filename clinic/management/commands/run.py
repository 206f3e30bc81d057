"""The whole clinic on one machine, served as in production."""

import os

from django.conf import settings

from clinic.management.running.command import WEB, ClinicCommand
from clinic.management.running.ground import HOST

# As in the Dockerfile; a line for each start and end of a process tells a developer nothing.
GRANIAN = [
    *("--interface", "wsgi", "--workers", "2", "--blocking-threads", "2"),
    *("--respawn-failed-workers", "--workers-kill-timeout", "8"),
    *("--log-level", "warning"),
]


class Command(ClinicCommand):
    help = "Run the clinic to try it: database, demo clinic, web server and job worker."
    name = "run"
    pause = 1

    def load_web(self) -> None:
        command = ["-m", "clinic.management.running.web", *GRANIAN]
        command += ["--host", HOST, "--port", str(self.port), "clinic.wsgi:application"]
        path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        self.start(WEB, *command, waits=True, environment={"PYTHONPATH": path})

    def open_web(self) -> None:
        self.check_alive()
        self.parts[WEB].tell("open\n")
