"""Requests that take longer than they should, told in the log with their route."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.http import HttpRequest, HttpResponse

from clinic.metrics.requests import route_of

logger = logging.getLogger(__name__)


class SlowRequestMiddleware:
    """Log a request that took `SLOW_REQUEST_MS` or more, and where its time went.

    The line names the route, never the address: that may hold a name or a token. Of the
    statements it tells how many they were and how long they took; which one was slow, PostgreSQL
    knows (`log_min_duration_statement`).
    """

    def __init__(self, get_response):
        if not settings.SLOW_REQUEST_MS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        statements = Statements()
        began, worked = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(statements):
            response = self.get_response(request)
        took = milliseconds(time.perf_counter() - began)
        if took >= settings.SLOW_REQUEST_MS:
            fields = {
                "method": request.method,
                "route": route_of(request),
                "status": response.status_code,
                "ms": took,
                "cpu_ms": milliseconds(time.thread_time() - worked),
                "statements": statements.count,
                "statements_ms": milliseconds(statements.seconds),
            }
            line = "Slow: %(method)s %(route)s took %(ms)s ms, %(statements_ms)s of them for "
            line += "%(statements)s statements, %(cpu_ms)s of its own CPU"
            logger.warning(line, fields, extra={"fields": fields})
        return response


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
