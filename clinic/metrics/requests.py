"""What each web process counts: requests, how long they take, and its database connections.

A server has several processes, and a scrape reaches one of them. So they count in files of the
directory that `PROMETHEUS_MULTIPROC_DIR` names, which the one that is scraped adds up. Where it
isn't set, a process counts for itself alone.
"""

import logging
import os
import re
import shutil
import threading
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import psutil
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

LEAST_BYTES = 8 * 1024 * 1024  # Who writes beyond the end of a disk is ended by the kernel.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATIC, UNMATCHED = "static", "unmatched"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # Seconds.
ABANDONED_AFTER = 7 * 24 * 3600  # Seconds.
VARIABLE = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<\w+:(\w+)>")

registry = CollectorRegistry()
requests_total = Counter(
    "clinic_http_requests",
    "Requests answered.",
    ["method", "route", "status"],
    registry=registry,
)
request_seconds = Histogram(
    "clinic_http_request_duration_seconds",
    "How long requests took.",
    ["route"],
    buckets=BUCKETS,
    registry=registry,
)


class ProcessGauges:
    """A gauge without labels writes its file when it is made: only web processes make these."""

    def __init__(self) -> None:
        self.processes = Gauge(
            "clinic_web_processes",
            "Web processes of this server that run.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.started = Gauge(
            "clinic_process_start_time_seconds",
            "When the oldest running web process of this server began (Unix time).",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.pool = Gauge(
            "clinic_database_pool_connections",
            "Connections in the pools of this server's processes, when their last requests began.",
            ["state"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.waiting = Gauge(
            "clinic_database_pool_waiting_requests",
            "Requests that waited for a connection of the pools.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.processes.set(1)
        self.started.set(psutil.Process().create_time())

    def note_pool(self) -> None:
        """Its pool, if it has opened one: to ask Django for it might open it."""
        pool = getattr(connections[DEFAULT_DB_ALIAS], "_connection_pools", {}).get(DEFAULT_DB_ALIAS)
        if pool is not None:
            stats = pool.get_stats()
            free = stats.get("pool_available", 0)
            self.pool.labels("free").set(free)
            self.pool.labels("in_use").set(stats.get("pool_size", 0) - free)
            self.waiting.set(stats.get("requests_waiting", 0))


MADE: list[ProcessGauges] = []
MAKING = threading.Lock()


def process_gauges() -> ProcessGauges:
    """Made where requests are answered, once for all threads: a process that only loads the clinic
    and forks answers none."""
    if not MADE:
        with MAKING:
            if not MADE:
                MADE.append(ProcessGauges())
    return MADE[0]


class MetricsMiddleware:
    """Count every request, where `METRICS_TOKEN` opens the figures to somebody."""

    def __init__(self, get_response):
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response
        if directory := shared_directory():
            prepare(directory)
            if shutil.disk_usage(directory).free < LEAST_BYTES:
                logger.error("%s is full: requests are not counted", directory)
                raise MiddlewareNotUsed

    def __call__(self, request: HttpRequest) -> HttpResponse:
        process_gauges().note_pool()  # Now, as this request has taken no connection yet.
        began = time.perf_counter()
        response = self.get_response(request)
        route = route_of(request)
        method = str(request.method)
        requests_total.labels(
            method if method in METHODS else "other", route, str(response.status_code)
        ).inc()
        request_seconds.labels(route).observe(time.perf_counter() - began)
        return response


def route_of(request: HttpRequest) -> str:
    """The route as `clinic.urls` has it, such as `/api/v1/patients/<id>`: no ids."""
    match = request.resolver_match
    if match is not None and match.url_name != UNMATCHED:
        return readable_route(match.route)
    return STATIC if request.path.startswith(settings.STATIC_URL) else UNMATCHED


@lru_cache(maxsize=1024)
def readable_route(route: str) -> str:
    text = VARIABLE.sub(lambda match: f"<{match[1] or match[2]}>", route)
    return "/" + re.sub(r"/\?|\\Z|[$^]", "", text).replace("\\", "")


def shared_directory() -> Path | None:
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(name) if name else None


def prepare(directory: Path) -> None:
    """Make the directory, and remove those that servers left behind which run no more.

    Their names end in `<host>-<id of the process that started the web processes>`. What another
    machine or container left is known by its age alone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    host = directory.name.rpartition("-")[0]
    for other in directory.parent.iterdir():
        other_host, _, pid = other.name.rpartition("-")
        if other == directory or not pid.isdigit():
            continue
        is_gone = other_host == host and not psutil.pid_exists(int(pid))
        if is_gone or age(other) > ABANDONED_AFTER:
            shutil.rmtree(other, ignore_errors=True)


def age(directory: Path) -> float:
    """Seconds since anything was written there."""
    newest = 0.0
    with suppress(FileNotFoundError):  # Another process removes it just now.
        newest = directory.stat().st_mtime
        for path in directory.iterdir():
            newest = max(newest, path.stat().st_mtime)
    return time.time() - newest


def counted_requests() -> Collector:
    """The figures of all web processes of this server."""
    directory = shared_directory()
    if directory is None:
        return registry
    forget_the_dead(directory)
    return MultiProcessCollector(None, str(directory))


def forget_the_dead(directory: Path) -> None:
    """Drop the gauges of processes that run no more; what they counted stays counted."""
    pids = {int(path.stem.rpartition("_")[2]) for path in directory.glob("gauge_live*.db")}
    for pid in pids:
        if not psutil.pid_exists(pid):
            mark_process_dead(pid, str(directory))
