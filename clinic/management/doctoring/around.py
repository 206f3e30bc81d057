"""What is around the database: cache, mail server, disk, keys, and the address of the clinic."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.http.request import validate_host
from django.utils import timezone

from clinic.cache import shared_cache
from clinic.management.doctoring.findings import Finding, fault_of, warning, well
from clinic.metrics.requests import shared_directory
from clinic.operations.disk import disk
from clinic.operations.maintenance import Lookout, local_clock

ANSWER_SECONDS = 5
CERTIFICATE_DAYS = 14
LITTLE_SPACE = 0.1


def check_configuration() -> Iterator[Finding]:
    """What `manage.py check --deploy` says."""
    found = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    for message in found:
        if message.is_silenced() or message.level < checks.WARNING:
            continue
        told = fault_of if message.level >= checks.ERROR else warning
        yield told(
            message.msg, message.hint or f"`manage.py check --deploy` has it as {message.id}."
        )
    if settings.DEBUG:
        yield warning("DEBUG is on: this is no production.", "DEBUG=0 where patients are.")


def check_maintenance() -> Iterator[Finding]:
    if found := Lookout().now():
        since = local_clock(found.since)
        yield warning(f"Closed for maintenance since {since}.", "`manage.py maintenance off`.")


def check_cache() -> Iterator[Finding]:
    shared = shared_cache()
    if shared is None:
        if not settings.DEBUG:
            yield warning(
                "No cache is shared: each web process counts limits for itself.", "Set CACHE_URL."
            )
    elif shared.answers():
        yield well("Redis answers.")
    else:
        yield fault_of(
            "Redis doesn't answer: limits are counted by process.",
            "Start it, or look at CACHE_URL. Nothing in it needs to be restored.",
        )


def check_mail_server() -> Iterator[Finding]:
    backend = get_connection(timeout=ANSWER_SECONDS)
    if not isinstance(backend, EmailBackend):
        if not settings.DEBUG:
            yield warning("No mail is sent.", "EMAIL_URL names the mail server.")
        return
    try:
        backend.open()
        backend.close()
    except OSError as error:
        yield fault_of(f"The mail server {backend.host} takes nothing: {error}", "See EMAIL_URL.")
    else:
        yield well(f"The mail server {backend.host} takes mails.")


def check_disks() -> Iterator[Finding]:
    found = disk()
    free = f"{found.free_bytes / 2**30:.1f} of {found.size_bytes / 2**30:.1f} GiB"
    if not found.is_writable:
        yield fault_of(f"{settings.VAR_DIR} can't be written.", "Its owner? Mounted read-only?")
    elif not found.is_well:
        yield fault_of(
            f"{settings.VAR_DIR} is full ({free} free).", "Make room: photos are refused."
        )
    elif found.free_bytes < LITTLE_SPACE * found.size_bytes:
        yield warning(f"{settings.VAR_DIR} fills: {free} free.", "Make room before it is full.")
    else:
        yield well(f"{settings.VAR_DIR} has {free} free.")
    directory = shared_directory()
    if directory and not is_in_memory(directory):
        yield warning(
            f"Web processes count in {directory}, on a disk: when it is full they are ended.",
            "Let METRICS_DIR name a folder in memory (tmpfs), such as /dev/shm/clinic.",
        )


def is_in_memory(directory: Path) -> bool:
    """On Linux; elsewhere nobody knows."""
    try:
        lines = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return True
    kinds = {fields[1]: fields[2] for line in lines if len(fields := line.split()) > 2}
    for place in (directory, *directory.parents):
        if str(place) in kinds:
            return kinds[str(place)] in ("tmpfs", "ramfs")
    return False


def check_static_files() -> Iterator[Finding]:
    """In production a page names them as the list that `collectstatic` writes has them."""
    if getattr(staticfiles_storage, "hashed_files", None) == {}:
        yield fault_of(
            f"There are no style sheets and scripts in {settings.STATIC_ROOT}: pages fail.",
            "`manage.py collectstatic --noinput`, then restart the web server.",
        )


def check_keys() -> Iterator[Finding]:
    for key in settings.DOCUMENT_KEYS:
        Fernet(key.encode())  # Raises where it is none.
    yield well(f"{len(settings.DOCUMENT_KEYS)} of DOCUMENT_KEYS; the first one writes.")


def check_address() -> Iterator[Finding]:
    """Of CLINIC_URL, as patients reach it."""
    url = urlsplit(settings.CLINIC_URL)
    host = url.hostname or ""
    if settings.DEBUG:
        return
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield fault_of(f"ALLOWED_HOSTS lacks {host}, where links in mails lead.", "Add it.")
    if url.scheme != "https":
        yield fault_of(
            "CLINIC_URL is not https.", "Links in mails hold secrets: end TLS in a proxy."
        )
        return
    try:
        days = certificate_days(host, url.port or 443)
    except (OSError, ValueError) as error:
        yield warning(
            f"{settings.CLINIC_URL} can't be reached from here: {error}",
            "Open it in a browser outside; here it may be hidden by the network.",
        )
    else:
        if days < CERTIFICATE_DAYS:
            yield fault_of(f"The certificate of {host} ends in {days} days.", "Renew it.")
        else:
            yield well(f"{host} has a certificate for {days} more days.")


def certificate_days(host: str, port: int) -> int:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), ANSWER_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        told = secured.getpeercert() or {}
    ends = ssl.cert_time_to_seconds(str(told["notAfter"]))
    return (datetime.fromtimestamp(ends, UTC) - timezone.now()).days
