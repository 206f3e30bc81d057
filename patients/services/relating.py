"""Who belongs to a patient, and who acts for one: related, changed, confirmed, withdrawn.

Locks are taken in this order: `lock_acting()`, both patients by id, the relation. A booking holds
the patient's row while it looks whether its caller acts for the patient: a relation is withdrawn
before it or after it.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.forms import Field
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clinic.copies import changed_fields, take_over, write
from clinic.errors import UNIQUE, WRONG_STATE, NotAllowed, constraint_errors
from patients import tasks
from patients.models import Patient, RelatedPerson
from patients.models.related import NOT_ONESELF, SAME_PAIR
from patients.services.documents import check_not_merged
from patients.services.registration import YOUNGEST, age_on, follow_up, record_faults

Check = Callable[[RelatedPerson], None]
Relationship = RelatedPerson.Relationship
PARENTAL = frozenset({Relationship.PARENT, Relationship.GUARDIAN})
MOST_DEPENDANTS = 60  # Whom patients relate to themselves on their own word.
FIXED = ("patient", "related_patient")
CIRCLE = _("These two would act for each other, if only by way of others.")
SAME_NAME = _("This person is on record already.")
ENDED = _("This relation has ended. Make a new one.")
GONE = _("This relation was withdrawn meanwhile.")
NOT_CHANGED = _("A relation stays that of these two. Withdraw it, and make another one.")
KNOWN_DEPENDANT = _("You have registered this person already.")
TOO_MANY = _("You act for many people already. Please ask the front desk to register more.")
ASK_THE_DESK = _("Please ask the front desk to change this.")


@transaction.atomic
def relate(relation: RelatedPerson, by: User) -> RelatedPerson:
    """Keep a new relation, confirmed by the member of staff who makes it: now, if not before.

    One of the same two that has ended goes: its history stays. Raises NotAllowed, and
    ValidationError keyed to fields, or `wrong_state` where a record was merged into another.
    """
    check_staff(by, "patients.add_relatedperson")
    lock_acting()
    lock_people(relation.patient_id, relation.related_patient_id)
    if relation.related_patient_id == relation.patient_id:
        raise ValidationError({"related_patient": NOT_ONESELF})
    make_room(relation)
    relation.confirmed_at = relation.confirmed_at or timezone.now()
    relation.confirmed_by = by
    save_new(relation)
    # Who belongs together is not taken for one person.
    tasks.find_duplicates.defer(patient_id=str(relation.patient_id))
    return relation


@transaction.atomic
def change_relation(relation: RelatedPerson, by: User, check: Check | None = None) -> RelatedPerson:
    """Save what was changed about a relation. Who is allowed to act by it is confirmed by that.

    `check` may refuse what has changed since it was shown. Raises as `relate()` does, also where
    the relation has ended or was withdrawn.
    """
    check_staff(by, "patients.change_relatedperson")
    before = lock_relation(relation, check)
    if fixed := set(FIXED) & changed_fields(relation):
        raise ValidationError(dict.fromkeys(fixed, NOT_CHANGED))
    changed = take_over(relation, before)
    if before.has_ended and changed:
        raise ValidationError({"valid_until": ENDED})
    if "confirmed_at" in changed:
        relation.confirmed_by = by if relation.confirmed_at else None
        changed.add("confirmed_by")
    elif "may_act" in changed and relation.may_act:
        changed |= note_confirmation(relation, by)
    if "name" in changed:
        make_room(relation)
    relation.full_clean()
    write(relation, changed)
    check_no_circle(relation)
    return relation


@transaction.atomic
def confirm(relation: RelatedPerson, by: User) -> RelatedPerson:
    """Note that a member of staff saw that it is so. Of what a patient has told of, that person
    acts for the patient from now on, and gets the messages.

    Raises as `change_relation()` does.
    """
    check_staff(by, "patients.change_relatedperson")
    now = lock_relation(relation)
    if now.has_ended:
        raise ValidationError({"valid_until": ENDED})
    names = {"may_act", "gets_messages"} if now.confirmed_at is None else set()
    for name in names:
        setattr(now, name, now.related_patient_id is not None or getattr(now, name))
    write(now, names | note_confirmation(now, by))
    check_no_circle(now)
    return now


@transaction.atomic
def withdraw(relation: RelatedPerson, by: User, check: Check | None = None) -> None:
    """Let a relation be none any more; its history stays. Who has acted by it is out at once.

    Patients withdraw the relations of their own record, and those by which they act themselves.
    Raises NotAllowed, and ValidationError (`wrong_state`) where it was withdrawn already.
    """
    now = lock_relation(relation, check)
    people = now.patient, now.related_patient
    is_own = any(person is not None and person.user_id == by.pk for person in people)
    if not (is_own or by.is_staff):
        raise NotAllowed(ASK_THE_DESK)
    if by.is_staff:
        check_staff(by, "patients.delete_relatedperson")
    now.delete()


@transaction.atomic
def register_dependant(patient: Patient, relationship: str, by: User) -> RelatedPerson:
    """Save a new record without contacts of its own for somebody whom a patient cares for.

    `relationship` is what the patient is to that person. A parent or guardian of a child that is
    too young for a registration of its own acts for it at once; in all other cases staff confirm
    it first. Raises ValidationError keyed to fields (`unique` where it was sent twice), and
    NotAllowed to whoever is no patient.
    """
    acting = Patient.objects.own(by).select_for_update(no_key=True, of=("self",)).first()
    if acting is None:
        raise NotAllowed("Patients register those whom they care for.")
    for name in ("street", "city", "state", "zip", "country", "language"):
        setattr(patient, name, getattr(acting, name))
    faults = record_faults(patient)
    if patient.date_of_birth is None:
        faults.setdefault("date_of_birth", []).append(
            ValidationError(Field.default_error_messages["required"])
        )
    if faults:
        raise ValidationError(faults)
    check_dependants(acting, patient)
    with constraint_errors(patient):
        patient.save(force_insert=True)
    is_at_once = relationship in PARENTAL and is_young(patient.date_of_birth)
    relation = RelatedPerson(
        patient=patient,
        related_patient=acting,
        relationship=relationship,
        may_act=is_at_once,
        gets_messages=is_at_once,
    )
    save_new(relation)
    follow_up(patient)
    return relation


def is_young(born: date | None) -> bool:
    """Is somebody too young for a registration of their own?"""
    return born is not None and age_on(timezone.localdate(), born) < YOUNGEST


def check_dependants(acting: Patient, patient: Patient) -> None:
    """Raise ValidationError where the patient, whose row is locked, has registered this person
    already, or as many as patients may."""
    known = Patient.objects.standing().filter(related_persons__related_patient=acting)
    names = known.filter(date_of_birth=patient.date_of_birth).values_list("first_name", "last_name")
    if folded_name(patient.name) in {folded_name(" ".join(name)) for name in names}:
        raise ValidationError({"first_name": ValidationError(KNOWN_DEPENDANT, code=UNIQUE)})
    if known.count() >= MOST_DEPENDANTS:
        raise ValidationError(TOO_MANY, code=WRONG_STATE)


def folded_name(name: str) -> str:
    return " ".join(name.split()).casefold()


def save_new(relation: RelatedPerson) -> RelatedPerson:
    relation.full_clean()
    with constraint_errors(relation):
        relation.save(force_insert=True)
    check_no_circle(relation)
    return relation


def note_confirmation(relation: RelatedPerson, by: User) -> set[str]:
    relation.confirmed_at, relation.confirmed_by = timezone.now(), by
    return {"confirmed_at", "confirmed_by"}


def check_staff(by: User, permission: str) -> None:
    if not (by.is_staff and by.has_perm(permission)):
        raise NotAllowed("Only the front desk keeps who belongs to a patient.")


def make_room(relation: RelatedPerson) -> None:
    """Delete what has ended of the same two; raise ValidationError where they are related still.

    A person who is no patient is known by the name.
    """
    others = RelatedPerson.objects.filter(patient=relation.patient_id).exclude(pk=relation.pk)
    if relation.related_patient_id is not None:
        same = list(others.filter(related_patient=relation.related_patient_id))
        fault = {"related_patient": SAME_PAIR}
    else:
        wanted, fault = folded_name(relation.name), {"name": SAME_NAME}
        named = others.filter(related_patient=None)
        same = [other for other in named if folded_name(other.name) == wanted]
    for other in same:
        if not other.has_ended:
            raise ValidationError(fault)
        other.delete()


def check_no_circle(relation: RelatedPerson) -> None:
    """Raise ValidationError where somebody, by way of this relation as it is stored, would act
    for who acts for them. `lock_acting()` must be held."""
    relations = RelatedPerson.objects
    if not relations.in_force().filter(pk=relation.pk).exists():
        return
    if relation.patient_id in relations.acted_for_by([relation.patient_id]):
        raise ValidationError({"related_patient": CIRCLE})


def lock_acting() -> None:
    """Let one at a time decide who acts for whom, until the transaction ends: circles may be
    closed by relations that have no patient in common. Taken before any row is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relations of acting'))")


def lock_people(*patients: UUID | None) -> None:
    """Hold the patients, by their ids, until the transaction ends. Raises ValidationError
    (`wrong_state`) where another record stands for one of them now."""
    keys = {key for key in patients if key is not None}
    rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=keys)
    for row in rows.order_by("pk"):
        check_not_merged(row)


def lock_relation(relation: RelatedPerson, check: Check | None = None) -> RelatedPerson:
    """The relation as it stands, with its people, held until the transaction ends."""
    lock_acting()
    lock_people(relation.patient_id, relation.related_patient_id)
    rows = RelatedPerson.objects.select_for_update(of=("self",), no_key=True)
    now = rows.select_related("patient", "related_patient").filter(pk=relation.pk).first()
    if now is None:
        raise ValidationError(GONE, code=WRONG_STATE)
    if check is not None:
        check(now)
    return now
