"""What operators look at: is the machinery well? And they have jobs that failed tried again."""

import logging
import platform
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from clinic.errors import WRONG_STATE
from clinic.metrics.gauges import oldest_waiting_seconds
from clinic.models import Notification

logger = logging.getLogger(__name__)
Status = Notification.Status

LATE = timedelta(minutes=2)
HEARTBEAT_LATE = timedelta(minutes=1)  # A worker gives a sign every 10 seconds.
LITTLE_SPACE = 0.1  # Of the disk.


@dataclass(frozen=True)
class Condition:
    """The state of the machinery at this moment."""

    database: str
    database_bytes: int
    worker_seen_at: datetime | None
    waiting: int
    late: int
    failed: int
    oldest_waiting: timedelta
    mails_owed: int
    mails_failed: int
    disk_bytes: int
    free_bytes: int
    version: str

    @property
    def has_worker(self) -> bool:
        seen = self.worker_seen_at
        return seen is not None and timezone.now() - seen < HEARTBEAT_LATE

    @property
    def is_late(self) -> bool:
        return self.oldest_waiting > LATE

    @property
    def has_space(self) -> bool:
        return self.free_bytes > LITTLE_SPACE * self.disk_bytes


def condition() -> Condition:
    """Five queries. Raises Error where the database doesn't answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        )
        version, size = cursor.fetchone()
    jobs = ProcrastinateJob.objects.all()
    disk = shutil.disk_usage(settings.VAR_DIR)
    return Condition(
        database=f"PostgreSQL {version.split()[0]}",
        database_bytes=size,
        worker_seen_at=ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"],
        waiting=jobs.filter(status="todo").count(),
        late=late_jobs().count(),
        failed=jobs.filter(status="failed").count(),
        oldest_waiting=timedelta(seconds=oldest_waiting_seconds()),
        mails_owed=unsent().filter(status=Status.OWED).count(),
        mails_failed=unsent().filter(status=Status.FAILED).count(),
        disk_bytes=disk.total,
        free_bytes=disk.free,
        version=(
            f"Clinic {settings.SPECTACULAR_SETTINGS['VERSION']}, "
            f"Django {django.get_version()}, Python {platform.python_version()}"
        ),
    )


def late_jobs() -> QuerySet[ProcrastinateJob]:
    """Jobs that are due and have been waiting for a worker for longer than `LATE`."""
    late = timezone.now() - LATE
    return ProcrastinateJob.objects.filter(
        Q(scheduled_at__lt=late)
        | Q(
            scheduled_at=None, procrastinateevent__type="deferred", procrastinateevent__at__lt=late
        ),
        status="todo",
    ).distinct()


def unsent() -> QuerySet[Notification]:
    """The messages that are owed or failed, as their index has them."""
    return Notification.objects.filter(~Q(status__in=(Status.SENT, Status.OUTDATED)))


@transaction.atomic
def retry_job(job_id: int, by: Any) -> ProcrastinateJob:
    """Let a failed job run again, now. Raises ValidationError where it hasn't failed."""
    job = ProcrastinateJob.objects.select_for_update().get(pk=job_id)
    if job.status != "failed":
        raise ValidationError("This job has not failed.", code=WRONG_STATE)
    lock = job.queueing_lock
    if lock and ProcrastinateJob.objects.filter(status="todo", queueing_lock=lock).exists():
        raise ValidationError("The same work is waiting already.", code=WRONG_STATE)
    app.job_manager.retry_job_by_id(job_id=job.pk, retry_at=timezone.now())
    logger.info("Job %s is tried again, by user %s", job.pk, by.pk)
    return job
