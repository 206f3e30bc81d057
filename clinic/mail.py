"""Mails that the clinic owes: written down with their event, sent by a job, retried, recorded."""

import smtplib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from procrastinate.tasks import Task

from clinic.models import Notification

MAX_ATTEMPTS = 10


class MailRetry(BaseRetryStrategy):
    """Try again after 10 s, 20 s, 40 s, ..., an hour at most; never where it can't help."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if is_permanent(exception) or job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": min(10 * 2**job.attempts, 3600)})


def is_permanent(error: BaseException) -> bool:
    """Would the next try fail in the same way? (RFC 5321: 5yz replies; or the record is gone.)"""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    return isinstance(error, ObjectDoesNotExist)


def owe(event: str, recipient: str, subject_id: UUID, task: Task) -> Notification:
    """Write down that a mail is owed and queue its job, both in the caller's transaction.

    The same event is told to the same recipient once, however often this is called.
    """
    notification, is_new = Notification.objects.get_or_create(
        event=event, recipient=recipient, defaults={"subject_id": subject_id}
    )
    if is_new:
        task.defer(notification_id=str(notification.pk))
    return notification


def deliver(
    notification_id: str, attempt: int, template: str, find: Callable[[UUID], dict[str, Any]]
) -> None:
    """Send the mail unless it was sent, and record what became of it.

    `find` gets the id of the record that the mail is about and returns what the template
    needs. Raises what sending raised, so that the job is retried. A worker that dies after
    the server took the mail sends it again: its Message-ID is the same then.
    """
    failure: Exception | None = None
    with transaction.atomic():
        notification = Notification.objects.select_for_update().get(pk=notification_id)
        if notification.status == Notification.Status.SENT:
            return
        notification.attempts += 1
        try:
            with transaction.atomic():
                compose(notification, template, find(notification.subject_id)).send()
        except Exception as error:  # Whatever it is, it belongs into the record.
            failure = error
            notification.last_error = f"{type(error).__name__}: {error}"[:2000]
            if is_permanent(error) or attempt + 1 >= MAX_ATTEMPTS:
                notification.status = Notification.Status.FAILED
        else:
            notification.status = Notification.Status.SENT
            notification.sent_at = timezone.now()
            notification.last_error = ""
        notification.save()
    if failure is not None:
        raise failure


def compose(
    notification: Notification, template: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """Render `<template>.subject.txt`, `.txt` and `.html` into one message."""
    context = {
        **context,
        "clinic_name": settings.CLINIC_NAME,
        "clinic_url": settings.CLINIC_URL,
        "clinic_email": settings.CLINIC_EMAIL,
        "clinic_phone": settings.CLINIC_PHONE,
    }
    subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"{template}.txt", context),
        to=[notification.recipient],
        headers={"Message-ID": f"<{notification.pk}@{urlsplit(settings.CLINIC_URL).hostname}>"},
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message
