"""The whole clinic on one machine, served as in production."""

from clinic.management.running.command import WEB, ClinicCommand
from clinic.management.running.ground import HOST
from clinic.management.running.processes import MANAGE
from clinic.management.serving.master import WHEN_TOLD


class Command(ClinicCommand):
    help = "Run the clinic to try it: database, demo clinic, web server and job worker."
    name = "run"
    pause = 1

    def load_web(self) -> None:
        """The web server loads the clinic while the database is prepared."""
        command = (MANAGE, "serve", WHEN_TOLD, "--host", HOST, "--port", str(self.port))
        self.start(WEB, *command, waits=True)

    def open_web(self) -> None:
        self.check_alive()
        self.parts[WEB].tell("open\n")
