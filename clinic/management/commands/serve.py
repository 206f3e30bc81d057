"""The web server."""

import logging
import os
import socket
import sys
from importlib import import_module

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic.management.running.ground import port_number
from clinic.management.serving.master import WHEN_TOLD, run_master
from clinic.metrics.requests import shared_directory
from clinic.web.front.threads import Application


class Command(BaseCommand):
    help = (
        "Serve the clinic: pages, console and API. The clinic is loaded once, then forked. SIGTERM "
        "ends it, and answers what has begun; SIGHUP loads code and settings anew, and replaces "
        "one process after the other."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--host", default=settings.WEB_HOST, help="default: WEB_HOST")
        parser.add_argument(
            "--port", type=port_number, default=settings.WEB_PORT, help="default: WEB_PORT"
        )
        parser.add_argument(
            WHEN_TOLD, action="store_true", help="open the port at a line of standard input"
        )
        parser.add_argument(
            "--check", action="store_true", help="load the clinic, and serve nothing"
        )

    def handle(self, *args, host, port, when_told, check, **options):
        if check:
            load_clinic()
            return
        if when_told:
            load_clinic()
            if not sys.stdin.readline():  # Nothing comes where the parent has ended.
                return
        try:
            workers, seconds = settings.WEB_WORKERS, settings.WEB_STOP_SECONDS
            run_master(host, port, workers, seconds, load_clinic)
        except OSError as error:
            raise CommandError(f"Port {port} of {host} can't be used: {error.strerror}.") from error


def load_clinic() -> Application:
    """All of it, so that processes that serve needn't, and share its memory."""
    logging.captureWarnings(True)  # They are lines of the log like all others.
    if directory := shared_directory():
        # Figures are of this server; those of others that have ended are none of its own.
        name = f"{socket.gethostname()}-{os.getpid()}"
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory.with_name(name))
    return import_module("clinic.wsgi").application
