"""Log lines that can be followed: each bears the id of the request that caused it."""

import json
import logging
import re
from contextvars import ContextVar

from django.http import HttpRequest

# The request that is being answered: None in jobs and commands.
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class SecretFilter(logging.Filter):
    """Strikes out the secrets of links wherever an address gets logged."""

    SECRET = re.compile(r"(token=)[^&\s\"']+")

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "token=" in message:
            record.msg, record.args = self.SECRET.sub(r"\1...", message), None
        return True


# What errors of others tell of people: addresses, numbers, and the values of a row.
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}\b")
VALUES = re.compile(r"(Key \([^)]*\)=|Failing row contains )\(.*?\)(?=[ .\n\"\\]|$)")


# What ends or turns a line, moves a terminal's cursor, or has no bytes in UTF-8.
UNPRINTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def without_controls(line: str) -> str:
    """The line with such characters written out, as JSON does: what somebody sent stays text."""
    return UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def without_people(line: str) -> str:
    """A line of the log, less what it tells of people. Which request or job it is, ids say."""
    if "@" in line:
        line = ADDRESS.sub("(address)", line)
    if "+" in line:
        line = NUMBER.sub("(number)", line)
    if "Key (" in line or "Failing row" in line:
        line = VALUES.sub(r"\1(...)", line)
    return line


class TextFormatter(logging.Formatter):
    """A line for who reads it at once."""

    def format(self, record: logging.LogRecord) -> str:
        return without_controls(without_people(super().format(record)))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, `request_id`, `exception`, and
    what a line's `fields` hold besides."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            **named_by_client(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return without_controls(without_people(json.dumps(line, ensure_ascii=False)))


def named_by_client() -> dict[str, str]:
    """What the client, or a proxy, calls the request: beside the id of our own, never instead."""
    request = current_request.get()
    given = getattr(request, "client_request_id", "")
    return {"client_request_id": given} if given else {}
