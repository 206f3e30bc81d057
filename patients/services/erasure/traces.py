"""What tells of a patient without referring to the record: mails, jobs, kept answers, the
console's own list of what was done, failed sign-ins."""

from collections.abc import Iterator
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog
from axes.models import AccessLog as SignInLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Q, QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.models import IdempotencyKey, Notification
from patients.models import Patient
from patients.services.erasure.belongings import Belongings

WORDS_OF_NAMES = """
SELECT DISTINCT unnest(tsvector_to_array(
    clinic_name_words(first_name, last_name) || clinic_name_words(preferred_name, former_names)
)) FROM patients_patientevent WHERE pgh_obj_id = ANY(%s)
"""
FORGET_WORDS = """
DELETE FROM patients_nameword WHERE word = ANY(%s) AND NOT EXISTS (
    SELECT FROM patients_patient
    WHERE clinic_indexed(search_words) @@ format('''%%s''', replace(word, '''', ''''''))::tsquery
)
"""


def contacts_of(found: Belongings) -> set[str]:
    """Every address and number that was ever the person's."""
    told: set[str] = set()
    events: Any = Patient.pgh_event_model  # type: ignore[attr-defined]
    rows = events.objects.filter(pgh_obj__in=found.ids).order_by()
    for pair in rows.values_list("email", "phone").distinct():
        told.update(map(str, pair))
    told.update(str(one) for patient in found.patients for one in (patient.email, patient.phone))
    told.update(account.email for account in found.accounts)
    return told - {"", "None"}


def mails_about(found: Belongings, contacts: set[str]) -> QuerySet[Notification]:
    subjects = {key for keys in found.all_keys.values() for key in keys if not is_number(key)}
    return Notification.objects.filter(Q(recipient__in=contacts) | Q(subject_id__in=subjects))


def is_number(key: Any) -> bool:
    return isinstance(key, int)


def queued_jobs(found: Belongings, contacts: set[str], mails: set[str]) -> QuerySet:
    """Those that are about the person and not at work just now; contacts in clear are of before."""
    ids = [str(pk) for pk in (*found.ids, *(account.pk for account in found.accounts))]
    about = Q(args__notification_id__in=mails)
    for name in ("patient_id", "user_id"):
        about |= Q(**{f"args__{name}__in": ids})
    for name in ("email", "phone"):
        about |= Q(**{f"args__{name}__in": list(contacts)})
    return ProcrastinateJob._base_manager.filter(about).exclude(status="doing")


def kept_answers(found: Belongings) -> list[int]:
    """The person's own, and those given to others that tell of the person."""
    ids = {str(pk) for pk in found.ids}
    callers = {str(account.pk) for account in found.accounts}
    return [
        row.pk
        for row in IdempotencyKey.objects.iterator(chunk_size=500)
        if row.caller in callers or any(pk in row.route or pk in row.body for pk in ids)
    ]


def failed_sign_ins(contacts: set[str]) -> Iterator[QuerySet]:
    kept: tuple[Any, ...] = (AccessAttempt, AccessFailureLog, SignInLog)
    for model in kept:
        yield model.objects.filter(username__in=contacts)


def console_entries(found: Belongings) -> QuerySet[LogEntry]:
    about = Q(pk=None)
    for model, keys in found.all_keys.items():
        kind = ContentType.objects.get_for_model(model)
        about |= Q(content_type=kind, object_id__in=[str(key) for key in keys])
    return LogEntry.objects.filter(about)


def name_words(found: Belongings) -> list[str]:
    """The words of every name that was ever the person's, as the search keeps them."""
    with connection.cursor() as cursor:
        cursor.execute(WORDS_OF_NAMES, [found.ids])
        return [word for (word,) in cursor]


def forget_words(words: list[str]) -> None:
    """Take those from the search that are in nobody's name any more."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_WORDS, [words])


def erase_traces(found: Belongings) -> dict[str, int]:
    """Delete all of it, before the rows themselves go. Returns how many of each kind."""
    contacts = contacts_of(found)
    mails = mails_about(found, contacts)
    queued: Any = queued_jobs(
        found, contacts, {str(pk) for pk in mails.values_list("pk", flat=True)}
    )
    answers = IdempotencyKey.objects.filter(pk__in=kept_answers(found))
    return {
        "Jobs": queued._raw_delete(queued.db),
        "Mails and texts": mails.delete()[0],
        "Answers kept for repeated requests": answers.delete()[0],
        "Failed sign-ins": sum(rows.delete()[0] for rows in failed_sign_ins(contacts)),
        "Names in the console's list of what was done": console_entries(found).update(
            object_repr="", change_message=""
        ),
    }
