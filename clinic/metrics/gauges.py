"""What the database knows: jobs, mails and its own connections. It is the same for every process
and every machine, and asked at each scrape."""

import math
from collections.abc import Callable, Iterable, Iterator

from django.db import Error, connection
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinateWorker,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clinic.models import Notification
from clinic.queues import DEFAULT, FILES, MESSAGES

JOB_STATUSES = ("todo", "doing", "failed")
NOT_SENT = (Notification.Status.OWED.value, Notification.Status.FAILED.value)
QUEUES = (MESSAGES, FILES, DEFAULT)
CONNECTIONS = """
SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1
"""
CONNECTION_STATES = ("active", "idle", "idle in transaction")

Figures = Callable[[], Iterable[Metric]]


class DatabaseCollector(Collector):
    """Asks for all figures, unless the database doesn't answer: then it says that alone."""

    def __init__(self, figures: Iterable[Figures]):
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        try:
            found = [metric for figure in self.figures for metric in figure()]
        except Error:
            found = []
        up = "Does the database answer?"
        yield GaugeMetricFamily("clinic_database_up", up, value=1 if found else 0)
        yield from found


class Together(Collector):
    def __init__(self, *collectors: Collector):
        self.collectors = collectors

    def collect(self) -> Iterator[Metric]:
        for collector in self.collectors:
            yield from collector.collect()


def jobs() -> Iterator[Metric]:
    rows = ProcrastinateJob.objects.filter(status__in=JOB_STATUSES)
    yield by_value("clinic_jobs", "Jobs by status.", rows, "status", JOB_STATUSES)
    waiting = waiting_seconds_by_queue()
    yield GaugeMetricFamily(
        "clinic_jobs_oldest_waiting_seconds",
        "How long the job that waits longest has been due. 0 where none waits.",
        value=max(waiting.values()),
    )
    by_queue = GaugeMetricFamily(
        "clinic_queue_oldest_waiting_seconds",
        "How long the job that waits longest in a queue has been due. 0 where none waits.",
        labels=["queue"],
    )
    for queue, seconds in waiting.items():
        by_queue.add_metric([queue], seconds)
    yield by_queue


def oldest_waiting_seconds() -> float:
    return max(waiting_seconds_by_queue().values())


def waiting_seconds_by_queue() -> dict[str, float]:
    """For each queue, how long the job that waits longest has been due; 0 where none waits."""
    now = timezone.now()
    todo = ProcrastinateJob.objects.filter(status="todo")
    scheduled = todo.filter(scheduled_at__lt=now).values_list("queue_name")
    deferred = ProcrastinateEvent.objects.filter(
        type="deferred", job__in=todo.filter(scheduled_at=None)
    ).values_list("job__queue_name")
    waiting = dict.fromkeys(QUEUES, 0.0)
    for queue, since in [
        *scheduled.order_by().annotate(Min("scheduled_at")),
        *deferred.order_by().annotate(Min("at")),
    ]:
        waiting[queue] = max(waiting.get(queue, 0.0), (now - since).total_seconds())
    return waiting


def workers() -> Iterator[Metric]:
    seen = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
    yield GaugeMetricFamily(
        "clinic_worker_silent_seconds",
        "How long ago a job worker gave its last sign. Infinite where none is there.",
        value=max(0.0, (timezone.now() - seen).total_seconds()) if seen else math.inf,
    )


def notification_gauges() -> Iterator[Metric]:
    rows = Notification.objects.filter(~Q(status=Notification.Status.SENT))
    text = "Mails that are owed, or couldn't be sent."
    yield by_value("clinic_notifications", text, rows, "status", NOT_SENT)


def connections() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        found = dict(cursor.fetchall())
        cursor.execute("SELECT current_setting('max_connections')::int")
        (limit,) = cursor.fetchone()
    metric = GaugeMetricFamily(
        "clinic_database_connections",
        "Connections to the clinic's database, of all processes and machines.",
        labels=["state"],
    )
    other = sum(found.values())
    for state in CONNECTION_STATES:
        metric.add_metric([state.replace(" ", "_")], found.get(state, 0))
        other -= found.get(state, 0)
    metric.add_metric(["other"], other)
    yield metric
    yield GaugeMetricFamily(
        "clinic_database_connections_limit", "The most that the server takes.", value=limit
    )


def by_value(
    name: str, text: str, rows: QuerySet, field: str, values: Iterable[str]
) -> GaugeMetricFamily:
    """How many rows have each of these values; 0 is said, too."""
    found = dict(rows.order_by().values_list(field).annotate(Count("pk")))
    metric = GaugeMetricFamily(name, text, labels=[field])
    for value in values:
        metric.add_metric([value], found.get(value, 0))
    return metric
