"""The kinds of rows that `RETENTION_DAYS` names, and which of each were kept long enough."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog
from axes.models import AccessLog as SignInLog
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from accounts.models import EmailChange, OneTimeToken, PhoneCode, SignIn
from accounts.services.sealing import SealedKind
from appointments.models import Appointment
from clinic.models import FileTransfer, IdempotencyKey, Notification
from doctors.models import Doctor
from doctors.services import forget_unconfirmed
from patients.models import Erasure, IdentityDocument, Invitation, Patient
from patients.services import discard_document, forget_sealed

Before = datetime
FINISHED = ("succeeded",)
FAILED = ("failed", "cancelled", "aborted")


@dataclass(frozen=True)
class Kind:
    """`over` answers, of an instant, query sets of what ended before it."""

    name: str  # In RETENTION_DAYS.
    what: str  # As a sentence of people begins.
    over: Callable[[Before], list[QuerySet]]
    remove: Callable[[QuerySet], int] | None  # None: it is listed only.
    sealed: SealedKind | None = None  # Of the audit, whose rows go in sealed ranges.


def delete_rows(rows: QuerySet) -> int:
    count = len(rows)
    rows.model._base_manager.filter(pk__in=[row.pk for row in rows]).delete()
    return count


def delete_jobs(rows: QuerySet) -> int:
    """Their events go with them in the database: the library's models delete nothing."""
    jobs: Any = ProcrastinateJob._base_manager.filter(pk__in=[row.pk for row in rows])
    return jobs._raw_delete(rows.db)


def discard_photos(rows: QuerySet) -> int:
    """With their files, as the desk deletes them; a photo that was replaced meanwhile stays."""
    count = 0
    for row in rows:
        with transaction.atomic():
            now = IdentityDocument.objects.select_for_update(of=("self",)).filter(
                pk=row.pk, check_result=IdentityDocument.Result.REFUSED
            )
            if document := now.select_related("patient").first():
                discard_document(document.patient)
                count += 1
    return count


def no_rows(before: Before) -> list[QuerySet]:
    return []


def told_notifications(before: Before) -> list[QuerySet]:
    told = Notification.objects.exclude(status=Notification.Status.OWED)
    return [told.filter(created_at__lt=before)]


def console_entries(before: Before) -> list[QuerySet]:
    return [LogEntry.objects.filter(action_time__lt=before)]


def failed_sign_ins(before: Before) -> list[QuerySet]:
    kept: tuple[Any, ...] = (AccessAttempt, AccessFailureLog, SignInLog)
    return [model.objects.filter(attempt_time__lt=before) for model in kept]


def ended_sign_ins(before: Before) -> list[QuerySet]:
    return [SignIn.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before))]


def dead_links(before: Before) -> list[QuerySet]:
    kept: tuple[Any, ...] = (OneTimeToken, PhoneCode, EmailChange)
    return [model.objects.filter(expires_at__lt=before) for model in kept]


def ended_invitations(before: Before) -> list[QuerySet]:
    return [Invitation.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before))]


def ended_jobs(*states: str) -> Callable[[Before], list[QuerySet]]:
    def over(before: Before) -> list[QuerySet]:
        lately = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), at__gte=before)
        return [ProcrastinateJob.objects.filter(~Exists(lately), status__in=states)]

    return over


def kept_answers(before: Before) -> list[QuerySet]:
    return [IdempotencyKey.objects.filter(created_at__lt=before)]


def ended_transfers(before: Before) -> list[QuerySet]:
    ended = FileTransfer.objects.exclude(state__in=FileTransfer.AT_WORK).filter(stored_as="")
    return [ended.filter(created_at__lt=before)]


def refused_photos(before: Before) -> list[QuerySet]:
    refused = IdentityDocument.objects.filter(check_result=IdentityDocument.Result.REFUSED)
    return [refused.filter(checked_at__lt=before)]


def sealed_parts(before: Before) -> list[QuerySet]:
    return [Erasure.objects.sealed().filter(kept_until__lt=before.date())]


def forget_sealed_parts(rows: QuerySet) -> int:
    for record in rows:
        forget_sealed(record)
    return len(rows)


def idle_patients(before: Before) -> list[QuerySet]:
    """Who was registered before then, and neither had a visit nor was signed in since."""
    visits = Appointment.objects.filter(patient=OuterRef("pk"), starts_at__gte=before)
    signed_in = SignIn.objects.filter(user=OuterRef("user"), last_used_at__gte=before)
    left = Patient.objects.standing().filter(erased_at=None)
    idle = left.filter(~Exists(visits), ~Exists(signed_in))
    return [idle.filter(created_at__lt=before)]


def unconfirmed_applications(before: Before) -> list[QuerySet]:
    return [Doctor.objects.unconfirmed().filter(applied_at__lt=before)]


def forget_applications(rows: QuerySet) -> int:
    return sum(forget_unconfirmed(row) for row in rows)


KINDS = (
    Kind(
        "unconfirmed_applications",
        "Applications whose address nobody confirmed",
        unconfirmed_applications,
        forget_applications,
    ),
    Kind("notifications", "Mails and texts", told_notifications, delete_rows),
    Kind("console_entries", "Entries of the console's pages", console_entries, delete_rows),
    Kind("failed_sign_ins", "Failed sign-ins", failed_sign_ins, delete_rows),
    Kind("ended_sign_ins", "Sign-ins that ended", ended_sign_ins, delete_rows),
    Kind("dead_links", "Links, codes and new addresses that ran out", dead_links, delete_rows),
    Kind("invitations", "Invitations that ended", ended_invitations, delete_rows),
    Kind("finished_jobs", "Jobs that are done", ended_jobs(*FINISHED), delete_jobs),
    Kind("failed_jobs", "Jobs that failed", ended_jobs(*FAILED), delete_jobs),
    Kind("kept_answers", "Answers kept for repeated requests", kept_answers, delete_rows),
    Kind("file_transfers", "Imports and exports", ended_transfers, delete_rows),
    Kind("refused_photos", "ID photos that were refused", refused_photos, discard_photos),
    Kind(
        "sealed",
        "Sealed treatments of erased patients, past their years",
        sealed_parts,
        forget_sealed_parts,
    ),
    Kind("access_log", "Reads in the access log", no_rows, delete_rows, "access_log"),
    Kind("events", "Changes in the history", no_rows, delete_rows, "events"),
    Kind("idle_patients", "Patients without a visit since", idle_patients, None),
)
