"""Errors told to a server that speaks Sentry's protocol, where `SENTRY_DSN` names one.

What leaves the clinic is put together here, from a list of what may: which kind of error, where in
the code, on which route or in which job, and the request's id, by which the log tells the rest.
Never an error's own words: PostgreSQL's name the row, a mail server's the recipient.
"""

import logging
from collections.abc import Iterator
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import EventHandler
from sentry_sdk.types import Event, Hint

from clinic.logs import current_request_id, named_by_client
from clinic.metrics.requests import METHODS, route_of

KEPT = ("event_id", "timestamp", "level", "platform", "logger", "sdk", "environment", "release",
        "server_name")  # fmt: skip
KEPT_OF_FRAMES = ("filename", "function", "module", "lineno", "in_app")


def reporting_handler(dsn: str) -> logging.Handler:
    """The handler that the setting `LOGGING` asks for: what is logged as an error is reported.

    That is what no view has caught, and jobs that are given up. Nothing is patched: of the
    library's integrations there are only those that send each error once, and all of them before
    the process ends. Raises sentry_sdk.utils.BadDsn.
    """
    sentry_sdk.init(
        dsn,
        environment="development" if settings.DEBUG else "production",
        before_send=permitted,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(lambda pending, timeout: None), DedupeIntegration()],
    )
    return EventHandler(level=logging.ERROR)


def permitted(event: Event, hint: Hint) -> Event | None:
    """The event with nothing but what may leave the clinic. None: it is told already."""
    whole: dict[str, Any] = dict(event)
    record: logging.LogRecord = hint["log_record"]
    is_without_error = "exception" not in whole
    if is_without_error and record.name == "django.request":
        return None  # The view's own line came before.
    kept = {name: whole[name] for name in KEPT if name in whole}
    kept["tags"] = dict(tags(record))
    if is_without_error:
        kept["message"] = f"{record.name}: {record.funcName}, line {record.lineno}"
    else:
        kept["exception"] = {"values": [of_error(one) for one in whole["exception"]["values"]]}
    return kept  # type: ignore[return-value]


def of_error(one: dict[str, Any]) -> dict[str, Any]:
    """Its kind and the places in the code that it went through, without its words."""
    frames = (one.get("stacktrace") or {}).get("frames", [])
    return {
        "type": one.get("type"),
        "module": one.get("module"),
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in KEPT_OF_FRAMES if name in frame} for frame in frames
            ]
        },
    }


def tags(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    """What tells where it happened: route and method, or the job; and PostgreSQL's own code."""
    yield "request_id", current_request_id.get()
    yield from named_by_client().items()
    request: Any = getattr(record, "request", None)
    if request is not None:
        yield "method", request.method if request.method in METHODS else "other"
        yield "route", route_of(request)
    job = getattr(record, "job", None)
    if isinstance(job, dict):
        yield "job", str(job.get("task_name"))
    error = record.exc_info[1] if record.exc_info else None
    while error is not None:
        if state := getattr(error, "sqlstate", None):
            yield "sqlstate", str(state)
            return
        error = error.__cause__ or error.__context__
