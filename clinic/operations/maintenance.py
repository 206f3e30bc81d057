"""Closed for a while: every page and the API answer 503, monitors go on.

`manage.py maintenance on` writes a file into VAR_DIR, which holds with the database down, too, for
all web processes that share the folder; where there is a cache that all machines share, those that
don't share the folder learn it there.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import languages
from clinic.api.errors import Problem, error_response, is_api_path
from clinic.cache import shared_cache
from clinic.storage import WholeFileSystemStorage
from clinic.web.handlers import plain_page
from clinic.web.middleware import accepts_json_only

FILE, KEY = "maintenance.json", "maintenance"
LOOKED_EVERY, ASKED_EVERY = 1.0, 5.0  # Seconds: at the file, and of the shared cache.
# What monitors ask: no host name, no HTTPS and no maintenance is between it and its answer.
MONITORED = frozenset(
    path + end for path in ("/livez", "/readyz", "/health", "/metrics") for end in ("", "/")
)
LEAST_WAIT, USUAL_WAIT = 30, 120  # Seconds that whoever comes is told to wait.


@dataclass(frozen=True)
class Maintenance:
    """Since when, and until when at the latest if that is known: seconds since 1970."""

    since: float
    until: float | None = None

    def seconds_left(self) -> int:
        if self.until is None:
            return USUAL_WAIT
        return max(LEAST_WAIT, round(self.until - time.time()))


def maintenance_file() -> Path:
    return Path(settings.VAR_DIR) / FILE


def begin_maintenance(minutes: int | None) -> list[str]:
    """Close the clinic; returns in words where that is written. Raises OSError where it is nowhere.

    It stays closed until `end_maintenance()`, whatever was expected.
    """
    now = time.time()
    text = json.dumps(asdict(Maintenance(now, now + 60 * minutes if minutes else None)))
    told = []
    if cache := shared_cache():
        cache.set(KEY, text, timeout=None)
        if cache.answers():
            told.append("the shared cache")
    try:
        WholeFileSystemStorage(location=settings.VAR_DIR).save(FILE, ContentFile(text.encode()))
        told.append(str(maintenance_file()))
    except OSError:
        if not told:
            raise
    return told


def end_maintenance() -> None:
    """Open it again. Raises OSError where the file can't be removed."""
    maintenance_file().unlink(missing_ok=True)
    if cache := shared_cache():
        cache.delete(KEY)


class Lookout:
    """What was found is believed for a moment: to look costs each request nothing."""

    def __init__(self) -> None:
        self.looked_at = self.asked_at = float("-inf")
        self.in_file: Maintenance | None = None
        self.in_cache: Maintenance | None = None

    def now(self) -> Maintenance | None:
        instant = time.monotonic()
        if instant - self.looked_at >= LOOKED_EVERY:
            self.looked_at = instant
            self.look(instant)
        return self.in_file or self.in_cache

    def look(self, instant: float) -> None:
        self.in_file = None
        with suppress(OSError):
            self.in_file = read_maintenance(maintenance_file().read_text())
        if instant - self.asked_at >= ASKED_EVERY:
            self.asked_at = instant
            cache = shared_cache()
            self.in_cache = read_maintenance(cache.get(KEY)) if cache else None


def read_maintenance(text: str | None) -> Maintenance | None:
    """A file that can't be read was put there by somebody: the clinic is closed all the same."""
    if not text:
        return None
    try:
        return Maintenance(**json.loads(text))
    except (ValueError, TypeError):
        return Maintenance(time.time())


class MaintenanceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self.lookout = Lookout()
        self.host = settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in MONITORED:
            if self.host:  # A scraper knows the machine by another name than patients do.
                request.META["HTTP_HOST"] = self.host
            return self.get_response(request)
        found = self.lookout.now()
        if found is None:
            return self.get_response(request)
        return closed(request, found)


def closed(request: HttpRequest, found: Maintenance) -> HttpResponse:
    """503 in the reader's language, or as the API tells it."""
    until = local_clock(found.until) if found.until and found.until > time.time() else ""
    english = "The clinic's system is under maintenance"
    sentence = f"{english} until about {until}." if until else f"{english}."
    problem = Problem(503, message=sentence, headers={"Retry-After": str(found.seconds_left())})
    if is_api_path(request.path) or accepts_json_only(request):
        return error_response(request, problem)
    is_english = languages.IN_ENGLISH.match(request.path)
    with languages.spoken(settings.LANGUAGE_CODE if is_english else languages.wanted(request)):
        words = _(
            "We are working on our system. Please come back in a few minutes: what is booked "
            "stays booked."
        )
        if until:
            words = _(
                "We are working on our system until about %(until)s. Please come back then: what "
                "is booked stays booked."
            ) % {"until": until}
        return plain_page(request, problem, "maintenance.html", words=words)


def local_clock(instant: float) -> str:
    zone = ZoneInfo(settings.CLINIC_TIME_ZONE)
    at = datetime.fromtimestamp(instant, zone)
    is_today = at.date() == timezone.now().astimezone(zone).date()
    return f"{at:%H:%M}" if is_today else f"{at:%Y-%m-%d %H:%M}"
