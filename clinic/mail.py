"""Messages the clinic owes: written down with their event, sent by a job, retried, recorded."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate.tasks import Task
from procrastinate.types import JSONDict

from clinic import languages, sms
from clinic.address import is_address
from clinic.languages import spoken
from clinic.mail_tries import (
    MailRetry,
    is_last_try,
    is_permanent,
    is_refusal,
    takes_others,
    told_of_nobody,
)
from clinic.models import MailHold, Notification
from clinic.queues import MESSAGES
from clinic.statements import insert_once

# What `task.defer()` calls, for the statement that writes down what is owed.
QUEUE_JOB = """procrastinate_defer_jobs_v1(ARRAY[
    ROW(%s::text, %s::text, %s::integer, %s::text, %s::text, %s::jsonb, %s::timestamptz)
    ::procrastinate_job_to_defer_v1
])"""
Find = Callable[[Notification], dict[str, Any]]
Send = Callable[[Notification, str, dict[str, Any]], None]
# What stands on a message that is held, instead of an error.
HELD = "Held: this clinic was restored from a backup. `manage.py release_mails` sends it."
NO_SERVER = "EMAIL_URL is none: there is no mail server."


class Outdated(Exception):
    """Raised by a `Find`: nothing is to be told any more, or not to this recipient."""


# How the jobs of mails are declared: `@app.task(name=..., **SENDS_MAIL)`.
SENDS_MAIL: dict[str, Any] = {"queue": MESSAGES, "retry": MailRetry(), "pass_context": True}


def owe(
    event: str,
    recipient: str,
    subject_id: UUID,
    task: Task,
    *,
    version: int | None = None,
    channel: str = Notification.Channel.EMAIL,
) -> None:
    """Write down that a message is owed and queue its job, by one statement: both or neither.

    The same event is told to the same recipient once, however often this is called. `version`
    is that of the record which it tells of.
    """
    if not recipient:
        raise ValueError(f"{event} is owed to nobody.")
    notification = Notification(
        event=event,
        recipient=recipient,
        subject_id=subject_id,
        subject_version=version,
        channel=channel,
    )
    job = task.configure().make_new_job(notification_id=str(notification.pk))
    insert_once(
        notification,
        QUEUE_JOB,
        job.queue,
        job.task_name,
        job.priority,
        job.lock,
        job.queueing_lock,
        json.dumps(job.task_kwargs),
        job.scheduled_at,
    )


@transaction.atomic
def owe_all(notifications: Iterable[Notification], task: Task) -> int:
    """Owe many messages of one kind as `owe()` does each, in a fixed number of queries.

    Returns how many of them were not owed before.
    """
    wanted = {notification.pk: notification for notification in notifications}
    Notification.objects.bulk_create(wanted.values(), ignore_conflicts=True)
    # What somebody else has written meanwhile isn't there under the keys made here.
    new = list(Notification.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if new:
        jobs: list[JSONDict] = [{"notification_id": str(pk)} for pk in new]
        task.batch_defer(*jobs)
    return len(new)


def deliver(
    notification_id: str,
    attempt: int,
    template: str,
    find: Find,
    send: Send | None = None,
) -> None:
    """Send the message unless it was sent or is outdated, and record what became of it.

    `find` gets the notification and returns what the template needs of the record that it is
    about (see `compose`), or raises Outdated. Where that holds a `version` and the notification
    is about another one, nothing is sent; nor where the `patient` or the `user` that it names is
    deceased. `send` sends something else than a mail. While mails are held (MailHold), or
    there is no mail server, it is recorded as failed, and can be sent again later.

    Raises NotSent, or what else went wrong, so that the job is retried; NeverSent where that would
    be in vain. A worker that dies after the server took the mail sends it again: its Message-ID
    is the same then.
    """
    with transaction.atomic():
        notification = Notification.objects.select_for_update().get(pk=notification_id)
        if notification.status in (Notification.Status.SENT, Notification.Status.OUTDATED):
            return
        if why := why_unsent(notification):
            notification.status, notification.last_error = Notification.Status.FAILED, why
            notification.failed_at = timezone.now()
            notification.save()
            return
        notification.attempts += 1
        failure = attempt_delivery(notification, attempt, template, find, send or send_mail)
        notification.save()
    if failure is not None:
        is_final = notification.status == Notification.Status.FAILED
        raise told_of_nobody(failure, is_final) from None


def attempt_delivery(
    notification: Notification, attempt: int, template: str, find: Find, send: Send
) -> Exception | None:
    """One try, recorded on the notification, which the caller saves; what went wrong, if it did."""
    try:
        with transaction.atomic():
            context = find(notification)
            is_current = is_wanted(context, notification.subject_version)
            if is_current:
                send(notification, template, context)
    except Outdated:
        record_end(notification, is_sent=False)
    except Exception as error:  # Whatever it is, it belongs into the record.
        record_failure(notification, error, attempt)
        return error
    else:
        record_end(notification, is_sent=is_current)
    return None


def why_unsent(notification: Notification) -> str:
    """Why no message of its kind is sent from here now; empty where they are."""
    if notification.channel == Notification.Channel.EMAIL and not settings.MAIL_IS_SENT:
        return NO_SERVER
    return HELD if MailHold.objects.exists() else ""


def record_failure(notification: Notification, error: Exception, attempt: int) -> None:
    """A mail that is refused is given up once the server takes others."""
    notification.last_error = f"{type(error).__name__}: {error}"[:2000]
    is_final = is_permanent(error) or is_last_try(attempt)
    if is_refusal(error):
        is_final |= notification.refused_at is not None and takes_others(notification)
        notification.refused_at = notification.refused_at or timezone.now()
    if is_final:
        notification.status = Notification.Status.FAILED
        notification.failed_at = timezone.now()


def is_wanted(context: dict[str, Any], version: int | None) -> bool:
    """Is it about what still is so, and for somebody who lives? The one place that decides."""
    readers = (context.get("patient"), context.get("user"))
    is_current = context.get("version") in (None, version)
    return is_current and not any(getattr(reader, "is_deceased", False) for reader in readers)


def record_end(notification: Notification, *, is_sent: bool) -> None:
    notification.last_error = ""
    notification.refused_at = notification.failed_at = None
    if is_sent:
        notification.status = Notification.Status.SENT
        notification.sent_at = timezone.now()
    else:
        notification.status = Notification.Status.OUTDATED


def send_mail(notification: Notification, template: str, context: dict[str, Any]) -> None:
    compose(notification, template, context).send()


def send_text(notification: Notification, template: str, context: dict[str, Any]) -> None:
    """Send `<template>.sms.txt` as a text message, for `deliver()`."""
    with spoken(context.get("language", "")):
        text = render_to_string(f"{template}.sms.txt", with_clinic(context))
    sms.send(notification.recipient, " ".join(text.split()), key=str(notification.pk))


def compose(
    notification: Notification, template: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """Render `<template>.subject.txt`, `.txt` and `.html` into one message.

    Of the context, `attachments` are parts that go with it, and `language` is the reader's;
    without one, it is the clinic's own.
    """
    with spoken(context.get("language", "")):
        return rendered(notification, template, with_clinic(context))


def rendered(
    notification: Notification, template: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
    message = EmailMultiAlternatives(
        subject,
        re.sub(r"\n{3,}", "\n\n", render_to_string(f"{template}.txt", context)),
        to=[notification.recipient],
        headers={
            "Message-ID": f"<{notification.pk}@{clinic_domain()}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no absence note is sent in answer.
        },
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    for part in context.get("attachments", ()):
        message.attach(part)
    return message


def clinic_domain() -> str:
    """What stands behind the @ in Message-IDs and in UIDs of calendar entries: the clinic's host.

    On a machine of its own, where that is a mere address, the domain of the clinic's e-mail.
    """
    host = urlsplit(settings.CLINIC_URL).hostname or ""
    if "." in host and not is_address(host):
        return host
    return settings.CLINIC_EMAIL.rpartition("@")[2]


def with_clinic(context: dict[str, Any]) -> dict[str, Any]:
    """What every message may say of the clinic, beside what it is about."""
    return {
        **context,
        "language": languages.current(),
        "clinic_name": settings.CLINIC_NAME,
        "clinic_url": settings.CLINIC_URL,
        "clinic_email": settings.CLINIC_EMAIL,
        "clinic_phone": settings.CLINIC_PHONE,
        "clinic_address": settings.CLINIC_ADDRESS,
    }
