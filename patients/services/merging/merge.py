"""Two records of one person: merged into one, taken apart again, or told apart for good.

The other record stays as a row that says which one stands for it now; nothing of it is lost.
Locks are always taken in this order: `lock_acting()`, both patients by id, then what belongs to
them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg import errors as pg

from accounts.models import User
from clinic.errors import WRONG_STATE, constraint_errors
from patients import tasks
from patients.duplicates import compare_on_record
from patients.duplicates.finding import pair_of
from patients.models import Invitation, MergeRecord, Patient, PossibleDuplicate
from patients.one_time import withdraw_invitations
from patients.services.merging import accounts, belongings
from patients.services.merging.accounts import ACCOUNT
from patients.services.merging.values import (
    Choices,
    changes_of,
    chosen_values,
    kept,
    put_back,
    save_merged,
    version_of_pair,
    write_values,
)
from patients.services.records import VERIFIED
from patients.services.relating import lock_acting

State = PossibleDuplicate.State
PATIENT = "patient"  # The key of the survivor's own changes.
BUSY = "Somebody was just at work on these patients. Please try again."
PAIR_CHANGED = (
    "One of the two records was changed while you had this open. Here they are as they are now, "
    "with what you had chosen: look at them again, and merge then."
)


@contextmanager
def deadlock_told() -> Iterator[None]:
    """A booking for somebody else at the very time of a visit that moves may wait for us, and
    we for it: PostgreSQL then stops one of the two."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, pg.DeadlockDetected):
            raise
        raise merge_refusal(BUSY) from error


def merge(
    survivor: Patient, other: Patient, by: User, choices: Choices | None = None, version: str = ""
) -> MergeRecord:
    """Let `survivor` stand for both, with everything that belongs to `other`.

    `choices` says for fields whose value is kept; for the rest it is the survivor's, or where
    that is empty the other's. Raises ValidationError: keyed to a field where its value isn't
    possible, else `wrong_state`, where one is merged already, visits of the two overlap, they are
    related to each other, or their `version` (`version_of_pair()`) is not that which was shown.
    """
    with deadlock_told(), transaction.atomic():
        lock_acting()
        survivor, other = lock_both(survivor, other)
        check_standing(survivor, other)
        if version and version != version_of_pair(survivor, other):
            raise merge_refusal(PAIR_CHANGED)
        belongings.check_clashes(survivor, other)
        before = copy(survivor)
        withdraw_invitations(Invitation.Ended.MERGED, survivor, other)
        moved = belongings.move_all(other, survivor)
        other.merged_into = survivor
        save_merged(other, ["merged_into"])
        changes = {PATIENT: write_values(survivor, chosen_values(survivor, other, choices or {}))}
        account, account_changes = accounts.settle(survivor, other, before)
        save_merged(survivor, [])  # It was changed, if only by what belongs to it now.
        record = MergeRecord(
            survivor=survivor,
            merged=other,
            merged_by=by,
            moved=moved | account,
            values=kept(changes | account_changes),
        )
        with constraint_errors(record):
            record.save(force_insert=True)
        decide(survivor, other, State.MERGED, by)
        PossibleDuplicate.objects.of(other).open().delete()
        tasks.find_duplicates.defer(patient_id=str(survivor.pk))
    return record


@deadlock_told()
@transaction.atomic
def undo(record: MergeRecord, by: User) -> MergeRecord:
    """Take the two apart again: each gets back what was its own. What was changed in the
    survivor since, or was added to it, stays there.

    Raises ValidationError (`wrong_state`) where that can't be any more, with the reason.
    """
    lock_acting()
    survivor, other = lock_both(record.survivor, record.merged)
    record = MergeRecord.objects.select_for_update(no_key=True).get(pk=record.pk)
    if record.undone_at is not None:
        raise merge_refusal("This merge was undone already.")
    check_standing(survivor)
    changes = changes_of(record)
    names = put_back(survivor, changes.pop(PATIENT, {}))
    check_free(survivor, other)
    withdraw_invitations(Invitation.Ended.MERGED, survivor)
    if account := record.moved.get(ACCOUNT):  # Before the contacts, without which there is none.
        if str(survivor.user_id) != account or survivor.user is None:
            raise merge_refusal("The account that came with the merge is another one's now.")
        accounts.give(survivor.user, survivor, other)
    save_merged(survivor, names)
    belongings.move_back(other, survivor, record.moved)
    for account_id, account_changes in reversed(changes.items()):
        owner = survivor if str(survivor.user_id) == account_id else other
        accounts.take_back(account_id, account_changes, owner)
    other.merged_into = None
    save_merged(other, ["merged_into"])
    record.undone_at, record.undone_by = timezone.now(), by
    record.save(update_fields=["undone_at", "undone_by"])
    decide(survivor, other, State.OPEN, None)
    for patient in (survivor, other):
        tasks.find_duplicates.defer(patient_id=str(patient.pk))
    return record


@deadlock_told()
@transaction.atomic
def dismiss(one: Patient, other: Patient, by: User) -> None:
    """These two are two persons: nobody is asked again."""
    decide(*lock_both(one, other), State.DISMISSED, by)


def decide(one: Patient, other: Patient, state: str, by: User | None) -> None:
    """Note what was decided of the two, whether a job has found them already or not."""
    pair = pair_of(one, other, compare_on_record(one, other))
    PossibleDuplicate.objects.bulk_create([pair], ignore_conflicts=True)
    PossibleDuplicate.objects.between(one, other).update(
        state=state, decided_by=by, decided_at=timezone.now() if by else None
    )


def lock_both(one: Patient, other: Patient) -> tuple[Patient, Patient]:
    """Both rows as they stand, held until the transaction ends."""
    if one.pk == other.pk:
        raise merge_refusal("These are one and the same record.")
    rows = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    found: Mapping[UUID, Patient] = {
        row.pk: row for row in rows.filter(pk__in=[one.pk, other.pk]).order_by("pk")
    }
    if len(found) < 2:
        raise merge_refusal("One of these records was deleted meanwhile.")
    return found[one.pk], found[other.pk]


def check_standing(*patients: Patient) -> None:
    for patient in patients:
        if patient.merged_into is not None:
            into = patient.merged_into.record_number
            raise merge_refusal(f"{patient.record_number} was merged into {into}: undo that first.")


def check_free(survivor: Patient, other: Patient) -> None:
    """Raise ValidationError where the address or number of one was given to somebody since."""
    for patient, twin in ((survivor, other), (other, survivor)):
        for name in VERIFIED:
            value = getattr(patient, name)
            if not value:
                continue
            taken = Patient.objects.standing().exclude(pk__in=[survivor.pk, other.pk])
            owner = taken.filter(**{name: value}).first()
            if owner is None and getattr(twin, name) == value:
                owner = twin
            if owner is not None:
                label = {"email": "e-mail address", "phone": "phone number"}[name]
                raise merge_refusal(
                    f"The {label} of {patient.record_number} is {owner.record_number}'s now. "
                    "Change it there first."
                )


def merge_refusal(sentence: str) -> ValidationError:
    return ValidationError(sentence, code=WRONG_STATE)
