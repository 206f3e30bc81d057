"""Text messages, sent by the backend that `SMS_BACKEND` names, as Django's mails are."""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class TextMessage:
    to: str  # E.164.
    text: str
    key: str  # The same for every try to send this one message, and no other's.


class Backend(Protocol):
    def send(self, message: TextMessage) -> None:
        """Send it, or raise NotSent."""


class NotSent(Exception):
    """The message didn't go out. Its text is never told here: it may hold a code."""


class Refused(NotSent):
    """It never will: the next try would be refused in the same way."""


class TextRetry(BaseRetryStrategy):
    """Try again after 5 s, 10 s, 20 s, 40 s: later, a code would be of no use any more."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, NotSent | OSError) or isinstance(exception, Refused):
            return None
        if job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": 5 * 2**job.attempts})


def is_set_up() -> bool:
    return bool(settings.SMS_BACKEND)


def send(to: str, text: str, key: str) -> None:
    """Send a text message to a number in E.164. Raises NotSent or OSError.

    A job that is tried again, as after a worker's death, sends it under the same `key`, so that
    whoever took it already can drop it: it reaches the phone once.
    """
    backend: Backend = import_string(settings.SMS_BACKEND)()
    backend.send(TextMessage(to, text, key))
