"""A line of the log for each request, and a louder one for one that takes longer than it should."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.http import HttpRequest, HttpResponse

from clinic.metrics.requests import STATIC, route_of

logger = logging.getLogger(__name__)
answered = logging.getLogger("clinic.requests")

ANSWERED = "%(method)s %(route)s: %(status)s in %(ms)s ms, %(statements)s statements"
SLOW = (
    "Slow: %(method)s %(route)s took %(ms)s ms, %(statements_ms)s of them for "
    "%(statements)s statements, %(cpu_ms)s of its own CPU"
)


class RequestLogMiddleware:
    """Tell each request in a line (INFO), and as a warning one that took `SLOW_REQUEST_MS` or more.

    The line names the route, never the address or the query: those may hold a name or a token. Of
    the statements it tells how many they were and how long they took; which one was slow,
    PostgreSQL knows (`log_min_duration_statement`). Static files have no line, nor has `/livez`,
    which never comes so far.
    """

    def __init__(self, get_response):
        if not (settings.SLOW_REQUEST_MS or answered.isEnabledFor(logging.INFO)):
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        statements = Statements()
        began, worked = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(statements):
            response = self.get_response(request)
        took = milliseconds(time.perf_counter() - began)
        is_slow = 0 < settings.SLOW_REQUEST_MS <= took
        if not is_slow and not answered.isEnabledFor(logging.INFO):
            return response
        if (route := route_of(request)) == STATIC and not is_slow:
            return response
        fields = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": took,
            "cpu_ms": milliseconds(time.thread_time() - worked),
            "statements": statements.count,
            "statements_ms": milliseconds(statements.seconds),
        }
        if is_slow:
            logger.warning(SLOW, fields, extra={"fields": fields})
        else:
            answered.info(ANSWERED, fields, extra={"fields": fields})
        return response


class ToldOnce(logging.Filter):
    """Of Django's lines about requests those that say what went wrong: without an exception they
    repeat what the view has told already. The route stands in place of the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple):
            places = {request.path: route_of(request)}
            record.args = tuple(places.get(arg, arg) for arg in record.args)
        return bool(record.exc_info) or record.name != "django.request"


class Statements:
    """Counts what is asked of the database, and for how long that is waited for."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def __call__(self, execute: Callable, sql, params, many: bool, context: dict[str, Any]):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
