"""When a message is tried again, and what of a mail server's refusal is told."""

import smtplib

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from clinic import sms
from clinic.models import Notification

# Seconds until the next try double from the first on, up to an hour: RFC 5321, 4.5.4.1, has two
# tries in the first hour and then one every two or three, for days.
FIRST_PAUSE, LONGEST_PAUSE = 10, 3600


class NotSent(Exception):
    """The mail server didn't take it. Nobody's address stands here: it is told in logs."""


class NeverSent(NotSent):
    """Nor would it at any further try."""


class MailRetry(BaseRetryStrategy):
    """Try again after 10 s, 20 s, 40 s, ..., an hour at most, for `MAIL_RETRY_HOURS`; never where
    it can't help."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        is_final = isinstance(exception, NeverSent) or is_permanent(exception)
        if is_final or is_last_try(job.attempts):
            return None
        return RetryDecision(retry_in={"seconds": pause_after(job.attempts)})


def pause_after(attempt: int) -> int:
    """Seconds between this try, counted from 0, and the next."""
    return min(FIRST_PAUSE * 2 ** min(attempt, 20), LONGEST_PAUSE)


def is_last_try(attempt: int) -> bool:
    """Would the next try, counted from the first of this job, be too late?"""
    tried_for = sum(pause_after(earlier) for earlier in range(attempt + 1))
    return tried_for > settings.MAIL_RETRY_HOURS * 3600


def is_permanent(error: BaseException) -> bool:
    """Would the next try fail in the same way, whatever the server? The record is gone, or the
    gateway of text messages says so."""
    return isinstance(error, ObjectDoesNotExist | sms.Refused)


def is_refusal(error: BaseException) -> bool:
    """Did the mail server refuse this recipient, or this very mail, for good (5yz at RCPT or DATA)?

    A 5yz at any other step (connecting, log-in, our own address) is about the server or the
    settings: no mail is at fault.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600


def takes_others(notification: Notification) -> bool:
    """Has the server taken a mail for anybody else since it first refused this one?

    Until it has, it may be the server that is set up wrongly, and refuses everybody.
    """
    sent = Notification.objects.filter(channel=Notification.Channel.EMAIL)
    others = sent.exclude(recipient=notification.recipient)
    return others.filter(sent_at__gt=notification.refused_at).exists()


def told_of_nobody(error: Exception, is_final: bool) -> Exception:
    """The error for the worker's log: what a mail server answers repeats the recipient's address,
    and stands in the message's own record."""
    if isinstance(error, smtplib.SMTPException):
        kind = NeverSent if is_final else NotSent
        return kind(f"{type(error).__name__} {' '.join(map(str, codes_of(error)))}".strip())
    return error


def codes_of(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return sorted({code for code, _ in error.recipients.values()})
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []
