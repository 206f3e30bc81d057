"""The whole clinic on one machine, where changed code is served at once."""

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from clinic.management.running.command import WEB, WORKER, ClinicCommand
from clinic.management.running.ground import HOST
from clinic.management.running.processes import MANAGE, Part, end_parts

CODE_CHANGED = 3  # With this the process that serves ends, so that it is started anew.


class Command(ClinicCommand):
    help = "Run the clinic for those who change its code: as `run` does, with reload."
    name = "dev"
    pause = 0.2

    def open_web(self) -> None:
        """Start the process that serves, without Django's process above it, which would do nothing
        but load all of the clinic once more and start that one again when code has changed."""
        self.start(
            WEB,
            *(MANAGE, "runserver", f"{HOST}:{self.port}"),
            environment={DJANGO_AUTORELOAD_ENV: "true", "DJANGO_RUNSERVER_HIDE_WARNING": "true"},
        )

    def follow(self) -> None:
        """Start the web server anew when code has changed, and once that answers, the job worker.

        Code that can't be loaded has no worker: the web server says why and waits for the next
        change.
        """
        web = self.parts[WEB]
        if web.poll() == CODE_CHANGED or self.may_have_missed(web):
            end_parts([web])
            self.open_web()
            if WORKER in self.parts:
                end_parts([self.parts.pop(WORKER)])
        elif WORKER in self.parts and self.may_end(WORKER):
            del self.parts[WORKER]
        else:
            super().follow()

    def may_have_missed(self, web: Part) -> bool:
        """Has code changed while the web server loaded it, or since it found a mistake in it?

        Django looks for changes only since the first time that it has looked at all files.
        """
        return WORKER not in self.parts and has_changed_since(web.started_at)

    def may_end(self, name: str) -> bool:
        """Did it end because code has changed? The worker may meet a mistake in it before the web
        server notices that there is a change."""
        part = self.parts[name]
        return part.poll() == CODE_CHANGED if name == WEB else met_a_change(part)


def met_a_change(part: Part) -> bool:
    return bool(part.poll()) and has_changed_since(part.started_at)


def has_changed_since(instant: float) -> bool:
    """Was code of the project changed after that many seconds since 1970?"""
    folders = {Path(config.path) for config in apps.get_app_configs()}
    ours = [folder for folder in folders if folder.parent == settings.BASE_DIR]
    return any(file.stat().st_mtime >= instant for folder in ours for file in folder.rglob("*.py"))
