"""`manage.py check --deploy`: what a production is allowed to be, but had better not be.

Each check has an id; `SILENCED_SYSTEM_CHECKS` names those that somebody has thought about. What
production refuses to start on stands in `clinic.settings.safety`.
"""

import base64
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from clinic.address import as_address

VERIFIED = ("verify-ca", "verify-full")
LEAST_TOKEN = 24  # Characters.
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MUCH_MORE = 10  # Times the default of a limit.

Check = Callable[[], str]
CHECKS: list[tuple[str, Check]] = []


def deploy_check(number: str) -> Callable[[Check], Check]:
    """Has a function's sentence, where it has one, told under this id."""

    def noted(check: Check) -> Check:
        CHECKS.append((f"clinic.W{number}", check))
        return check

    return noted


@register(Tags.security, deploy=True)
def check_production(app_configs: Any, **options: Any) -> list[CheckMessage]:
    if settings.DEBUG:
        return []
    told = ((name, check()) for name, check in CHECKS)
    return [Warning(sentence, id=name) for name, sentence in told if sentence]


def stays_near(host: str) -> bool:
    """Is it this machine, or a container beside this one (which has a name without dots)?"""
    host = host.strip("[]")
    if address := as_address(host):
        return address.is_loopback
    return host.startswith("/") or "." not in host


@deploy_check("001")
def made_by_hand() -> str:
    key = base64.urlsafe_b64decode(settings.DOCUMENT_KEYS[0])
    is_likely = len(set(key)) < 16 or all(32 <= byte < 127 for byte in key)
    return "The first of DOCUMENT_KEYS looks typed, not random." if is_likely else ""


@deploy_check("002")
def address_is_safe() -> str:
    url = urlsplit(settings.CLINIC_URL)
    if url.scheme != "https":
        return "CLINIC_URL isn't https: links in mails would lead through a redirect."
    if url.hostname not in settings.ALLOWED_HOSTS:
        return f"CLINIC_URL leads to {url.hostname}, which isn't in ALLOWED_HOSTS."
    return ""


@deploy_check("003")
def hosts_are_named() -> str:
    wide = [host for host in settings.ALLOWED_HOSTS if host.startswith(".")]
    return f"ALLOWED_HOSTS takes any name below {', '.join(wide)}." if wide else ""


@deploy_check("004")
def database_is_encrypted() -> str:
    own = settings.DATABASES["default"]
    mode = own.get("OPTIONS", {}).get("sslmode", "prefer")
    if stays_near(str(own.get("HOST", ""))) or mode in VERIFIED:
        return ""
    return (
        f"The database is on another machine, and sslmode={mode} doesn't make sure that it is the "
        "right one: add ?sslmode=verify-full&sslrootcert=... to DATABASE_URL."
    )


@deploy_check("005")
def cache_is_encrypted() -> str:
    location = str(settings.CACHES["default"].get("LOCATION", ""))
    url = urlsplit(location)
    if url.scheme != "redis" or stays_near(url.hostname or ""):
        return ""
    return "Redis is on another machine without TLS: CACHE_URL=rediss://..."


@deploy_check("006")
def mail_is_encrypted() -> str:
    is_safe = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if not settings.MAIL_IS_SENT or is_safe or stays_near(settings.EMAIL_HOST):
        return ""
    return "Mails go to another machine without TLS: EMAIL_URL=smtp+tls://... or smtp+ssl://..."


@deploy_check("007")
def proxies_are_named() -> str:
    if not settings.TRUSTED_PROXIES:
        return (
            "TRUSTED_PROXIES is empty: behind a proxy all clients share one rate limit and one "
            "address in the logs."
        )
    networks = [ipaddress.ip_network(each, strict=False) for each in settings.TRUSTED_PROXIES]
    wide = [str(each) for each in networks if each.prefixlen < (8 if each.version == 4 else 32)]
    return f"TRUSTED_PROXIES believes anybody: {', '.join(wide)}." if wide else ""


@deploy_check("008")
def limits_hold() -> str:
    high = [
        name
        for name, rate in settings.RATE_LIMITS.items()
        if per_second(rate) > MUCH_MORE * per_second(settings.DEFAULT_RATE_LIMITS[name])
    ]
    return f"RATE_LIMITS hold nobody back any more: {', '.join(high)}." if high else ""


def per_second(rate: str) -> float:
    count, period = rate.split("/")
    return int(count) / (int(period[:-1] or 1) * SECONDS[period[-1]])


@deploy_check("009")
def cache_is_shared() -> str:
    is_own = "locmem" in settings.CACHES["default"]["BACKEND"]
    return "CACHE_URL is unset: each process counts its rate limits for itself." if is_own else ""


@deploy_check("010")
def somebody_watches() -> str:
    if not settings.METRICS_TOKEN:
        return "METRICS_TOKEN is unset: nobody can watch over the clinic (docs/monitoring)."
    is_short = len(settings.METRICS_TOKEN) < LEAST_TOKEN
    return f"METRICS_TOKEN has fewer than {LEAST_TOKEN} characters." if is_short else ""


@deploy_check("011")
def staff_have_two_factors() -> str:
    without = {"admin", "receptionist", "doctor"} - set(settings.MFA_REQUIRED_ROLES)
    if not without:
        return ""
    lacking = ", ".join(sorted(without))
    return f"A password alone opens the records: MFA_REQUIRED_ROLES lacks {lacking}."


@deploy_check("012")
def backups_have_a_place() -> str:
    if not settings.BACKUP_DIR:
        return "BACKUP_DIR is unset: where do backups go (docs/operations.md)?"
    if Path(settings.BACKUP_DIR).resolve().is_relative_to(settings.VAR_DIR):
        return "BACKUP_DIR lies in VAR_DIR: what takes the one takes the other."
    return ""


@deploy_check("013")
def mail_is_sent() -> str:
    return "" if settings.MAIL_IS_SENT else "EMAIL_URL=none: nobody gets a mail, nor a reminder."


@deploy_check("014")
def bucket_is_encrypted() -> str:
    endpoint = settings.DOCUMENTS_BUCKET.get("endpoint_url", "")
    url = urlsplit(endpoint)
    if url.scheme != "http" or stays_near(url.hostname or ""):
        return ""
    return "The endpoint of DOCUMENTS_STORAGE is on another machine without TLS."


@deploy_check("015")
def logs_are_brief() -> str:
    is_long = settings.LOGGING["root"]["level"] == "DEBUG"
    return "LOG_LEVEL=DEBUG writes data of people into the log." if is_long else ""


@deploy_check("016")
def text_messages_are_encrypted() -> str:
    url = urlsplit(settings.SMS_GATEWAY_URL)
    if url.scheme != "http" or stays_near(url.hostname or ""):
        return ""
    return "Text messages, and the gateway's token, go to another machine without TLS."
