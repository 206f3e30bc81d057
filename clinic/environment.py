"""How the settings read the environment: what can't be read is said in a sentence."""

import os
from datetime import time
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured
from iso4217 import Currency

# With what this process was started, before a file added to it: who loads anew reads that again.
STARTED_WITH = dict(os.environ)
BUCKET_OPTIONS = {
    "region": "region_name",
    "endpoint": "endpoint_url",
    "addressing": "addressing_style",
}


class Environment(environ.Env):
    def int(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """A whole number. Raises ImproperlyConfigured where it is none."""
        try:
            return super().int(var, *args, **kwargs)
        except ValueError as error:
            value = self.ENVIRON[var]
            raise ImproperlyConfigured(f"{var}={value!r} is no whole number.") from error

    def clocks(self, var: str, default: str) -> tuple[time, time]:
        """Two times of a day as "08:00-20:00". Raises ImproperlyConfigured where they are none."""
        text = self.str(var, default)
        try:
            opens, closes = map(time.fromisoformat, text.split("-"))
        except ValueError as error:
            raise ImproperlyConfigured(f"{var}={text!r}: write hours as 08:00-20:00.") from error
        if opens >= closes:
            raise ImproperlyConfigured(f"{var}={text!r}: the hours must end after they begin.")
        return opens, closes

    def bucket(self, var: str) -> dict[str, str]:
        """A bucket as `s3://[key:secret@]bucket[/folder][?region=&endpoint=&addressing=]`, in the
        words of its storage; empty where none is named. Raises ImproperlyConfigured."""
        text = self.str(var, "")
        if not text:
            return {}
        url = urlsplit(text)
        query = dict(parse_qsl(url.query))
        if url.scheme != "s3" or not url.hostname or not query.keys() <= BUCKET_OPTIONS.keys():
            raise ImproperlyConfigured(
                f"{var} must be s3://bucket/folder?region=...&endpoint=...&addressing=path."
            )
        if not find_spec("storages"):
            raise ImproperlyConfigured(f"{var} needs the packages of requirements-s3.txt.")
        told = {
            "bucket_name": url.hostname,
            "location": url.path.strip("/"),
            "access_key": unquote(url.username or ""),
            "secret_key": unquote(url.password or ""),
            **{BUCKET_OPTIONS[name]: value for name, value in query.items()},
        }
        return {name: value for name, value in told.items() if value}

    def currency(self, var: str, default: str) -> str:
        """The code of a currency. Raises ImproperlyConfigured where ISO 4217 has none of it."""
        code = self.str(var, default).upper()
        try:
            is_money = Currency(code).exponent is not None
        except ValueError:
            is_money = False
        if not is_money:
            raise ImproperlyConfigured(f"{var}={code!r} is no currency: name one such as EUR.")
        return code

    def zone(self, var: str, default: str) -> str:
        """The name of a time zone. Raises ImproperlyConfigured where there is none of that name."""
        name = self.str(var, default)
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ImproperlyConfigured(
                f"{var}={name!r} is no time zone: name one such as Europe/Berlin."
            ) from error
