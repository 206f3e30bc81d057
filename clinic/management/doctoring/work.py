"""What should go on by itself: jobs, mails, the audit's chain, backups; and whether photos open."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accounts.models import AccessLog, AuditSeal
from clinic.encryption import Unreadable
from clinic.management.doctoring.findings import Finding, fault_of, long_ago, warning, well
from clinic.management.working import alive
from clinic.metrics.gauges import waiting_seconds_by_queue
from clinic.models import MailHold
from clinic.operations import status
from clinic.operations.backup.latest import last_backup
from patients.models import IdentityDocument, documents_storage

WAITING_FOR_LONG = 600  # Seconds.
SEAL_LATE = timedelta(minutes=10)
BACKUP_LATE = timedelta(hours=30)  # One each night, and some time to make it.
NEWEST_PHOTOS = 3


def check_worker() -> Iterator[Finding]:
    found = status.condition()
    here = alive.silent_seconds(settings.VAR_DIR)
    if not found.has_worker:
        seen = found.worker_seen_at
        told = "never" if seen is None else f"{long_ago(seconds_ago(seen))} ago"
        yield fault_of(
            f"No job worker runs (the last sign: {told}): no mail goes out.",
            "Start `manage.py work`; its log says what it waits for.",
        )
    else:
        where = "" if here is None else f", the one of this machine {here:.0f} s ago"
        yield well(
            f"A job worker gave a sign {seconds_ago(found.worker_seen_at):.0f} s ago{where}."
        )
    for queue, seconds in waiting_seconds_by_queue().items():
        if seconds > WAITING_FOR_LONG:
            yield fault_of(
                f"Jobs of the queue {queue} wait for {long_ago(seconds)}.",
                "Of messages: look at the mail server. Of all: look at the worker.",
            )
    if found.failed:
        yield warning(
            f"{found.failed} jobs were given up.", "The console's System page tries them again."
        )


def check_mails() -> Iterator[Finding]:
    found = status.condition()
    if hold := MailHold.objects.first():
        yield warning(
            f"Mails are held since {hold.since:%Y-%m-%d %H:%M} UTC: this was {hold.reason}.",
            "If this is the clinic, and no copy of it: `manage.py release_mails`.",
        )
    if not settings.MAIL_IS_SENT:
        yield warning("EMAIL_URL is none: no mail is sent.", "Name a mail server in EMAIL_URL.")
    if found.mails_failed:
        yield warning(
            f"{found.mails_failed} messages couldn't be sent, {found.mails_owed} are owed.",
            "Once the cause is gone: `manage.py resend_mails --dry-run`.",
        )
    else:
        yield well(f"No message failed, {found.mails_owed} are owed.")


def check_audit() -> Iterator[Finding]:
    """The age of the chain, not whether it holds: that is `verify_audit`."""
    sealed = AuditSeal.objects.aggregate(at=Max("sealed_at"), latest=Max("latest"))
    newest = AccessLog.objects.aggregate(at=Max("at"))["at"]
    if newest is None:
        return
    since = sealed["latest"] or newest
    is_behind = sealed["at"] is None or newest - since > SEAL_LATE
    if is_behind and timezone.now() - newest > SEAL_LATE / 2:
        yield fault_of(
            "The audit's chain lags behind what was written.",
            "The worker seals each minute; `manage.py seal_audit` says what is in its way.",
        )
    else:
        yield well("The audit is sealed. `manage.py verify_audit` says whether it holds.")


def check_backups() -> Iterator[Finding]:
    last = last_backup()
    if settings.DEBUG and last is None:
        return
    if last is None:
        yield fault_of("No backup was ever made here.", "`manage.py backup`, docs/operations.md.")
    elif (old := seconds_ago(last.made_at)) > BACKUP_LATE.total_seconds():
        yield fault_of(
            f"The last backup is {long_ago(old)} old.", "`manage.py backup`, each night."
        )
    elif last.missing:
        yield fault_of(
            f"{last.missing} photos were missing in the last backup.", "Its output has them."
        )
    else:
        yield well(f"The last backup is {long_ago(old)} old, in {last.folder}.")


def check_photos() -> Iterator[Finding]:
    """Do the newest ones open with the keys that are set?"""
    storage = documents_storage()
    names = list(IdentityDocument.objects.order_by("-pk").values_list("file", flat=True))[
        :NEWEST_PHOTOS
    ]
    for name in names:
        try:
            with storage.open(name) as file:
                file.read(1)
        except FileNotFoundError:
            yield fault_of(f"The photo {name} is gone.", "Restore it from a backup.")
        except Unreadable:
            yield fault_of(
                f"The photo {name} doesn't open.", "DOCUMENT_KEYS lacks the key that wrote it."
            )
    if names:
        yield well(f"Looked at the newest {len(names)} photos.")


def seconds_ago(instant) -> float:
    return max(0.0, (timezone.now() - instant).total_seconds())
