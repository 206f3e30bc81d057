"""Messages that failed are sent again: one, or all since a time, as after a server's bad day."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.errors import WRONG_STATE
from clinic.models import Notification
from clinic.operations.status import unsent

logger = logging.getLogger(__name__)
Status = Notification.Status
BATCH = 500  # Messages of one transaction.


@dataclass
class Resent:
    """What became of messages that were to be sent again."""

    queued: int = 0
    left: int = 0  # Nothing says any more which job sent them, or a job is about to.


@transaction.atomic
def send_again(notification_id: UUID, by: Any) -> Notification:
    """Let a message that failed be sent by a new job, with all its tries.

    What was sent, or what a job is about to send, is refused with a ValidationError: nobody gets
    a message twice. The job itself looks again.
    """
    notification = Notification.objects.select_for_update().get(pk=notification_id)
    if notification.status in (Status.SENT, Status.OUTDATED):
        word = notification.get_status_display().lower()
        raise ValidationError(f"This message is {word}: it isn't sent again.", code=WRONG_STATE)
    jobs = jobs_of([notification.pk])
    if jobs.filter(status__in=("todo", "doing")).exists():
        raise ValidationError("A job is about to send this message.", code=WRONG_STATE)
    if not queue_anew([notification.pk]):
        raise ValidationError("Nothing is left of the job that sends it.", code=WRONG_STATE)
    notification.refresh_from_db()
    logger.info("Message %s is sent again, by user %s", notification.pk, by.pk)
    return notification


def failed_since(since: datetime) -> QuerySet[Notification]:
    """The messages that were given up at that time or later."""
    failed = unsent().filter(status=Status.FAILED)
    return failed.alias(given_up=Coalesce("failed_at", "created_at")).filter(given_up__gte=since)


def send_all_again(
    since: datetime, by: Any = None, tell: Callable[[int], object] = lambda count: None
) -> Resent:
    """Let all messages that were given up since then be sent by new jobs, as `send_again()` does.

    It may be broken off, and begun again. `tell` hears of every so many that are done. `by` is
    nobody where an operator runs a command.
    """
    keys = list(failed_since(since).order_by("created_at", "id").values_list("pk", flat=True))
    sum = Resent()
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        queued = send_batch_again(part)
        sum.queued += queued
        sum.left += len(part) - queued
        tell(len(part))
    who = f"user {by.pk}" if by else "a command"
    logger.info("%s messages are sent again, by %s; %s can't be", sum.queued, who, sum.left)
    return sum


@transaction.atomic
def send_batch_again(keys: Collection[UUID]) -> int:
    failed = Notification.objects.filter(pk__in=keys, status=Status.FAILED)
    locked = set(failed.select_for_update().values_list("pk", flat=True))
    at_work = jobs_of(locked).filter(status__in=("todo", "doing"))
    busy = set(at_work.values_list("args__notification_id", flat=True))
    return queue_anew([pk for pk in locked if str(pk) not in busy])


def queue_anew(keys: Collection[UUID]) -> int:
    """Queue a new job for each of these messages, like the last one that it had. Returns for how
    many one was known. Their rows are locked."""
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    named = jobs_of(keys).annotate(message=KeyTextTransform("notification_id", "args"))
    for job in named.order_by("message", "-pk").distinct("message"):
        kinds[job.task_name, job.queue_name].append(job.args["notification_id"])
    for (task, queue), ids in kinds.items():
        owed = Notification.objects.filter(pk__in=ids)
        owed.update(status=Status.OWED, refused_at=None, failed_at=None)
        jobs: list[Any] = [{"notification_id": pk} for pk in ids]
        app.configure_task(task, queue=queue).batch_defer(*jobs)
    return sum(map(len, kinds.values()))


def jobs_of(keys: Collection[UUID]) -> QuerySet[ProcrastinateJob]:
    return ProcrastinateJob.objects.filter(args__notification_id__in=[str(pk) for pk in keys])
