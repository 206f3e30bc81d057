"""Patients out of a file: the rules of registration and change, asked for many at once.

What each registration asks the database about its e-mail address and phone number is asked here
once for a whole batch. The constraints themselves hold as ever.
"""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from clinic.errors import UNIQUE, constraint_errors
from patients import tasks
from patients.models import Patient, RelatedPerson
from patients.services.registration import Faults, register
from patients.services.relating import change_relation, relate

UNIQUE_FIELDS = ("email", "phone")
# The database itself makes these.
MADE = frozenset({"user", "number"})
# A cell was read as one of them: to list them all for each row is a third of the work.
COUNTRY = frozenset({"country"})


def faults_of_many(patients: list[Patient], skip: list[set[str]]) -> list[Faults]:
    """What `register()` or `change()` would refuse of each of these patients, new or on record.

    A known address or number is told with the record number of its owner. Fields in `skip`
    are faulty in themselves and told already.
    """
    faults = [own_faults(one, told) for one, told in zip(patients, skip, strict=True)]
    for name in UNIQUE_FIELDS:
        asked = [
            (one, found)
            for one, found, told in zip(patients, faults, skip, strict=True)
            if name not in found and name not in told
        ]
        add_known(name, asked)
    return faults


def own_faults(patient: Patient, told: set[str]) -> Faults:
    try:
        patient.full_clean(
            exclude=MADE | COUNTRY | told, validate_unique=False, validate_constraints=False
        )
    except ValidationError as error:
        return error.update_error_dict({})
    return {}


def add_known(name: str, asked: list[tuple[Patient, Faults]]) -> None:
    """Add to the faults of those whose value of this field is another patient's."""
    values = {str(getattr(patient, name) or "") for patient, _ in asked} - {""}
    standing = Patient.objects.standing()
    rows = standing.filter(**{f"{name}__in": values}) if values else standing.none()
    owners = {str(getattr(owner, name)): owner for owner in rows.only("number", name)}
    accounts = known_accounts(values) if name == "email" else {}
    for patient, faults in asked:
        value = str(getattr(patient, name))
        owner = owners.get(value)
        if owner is not None and owner.pk != patient.pk:
            faults[name] = [known(patient, name, f": {owner.record_number}")]
        elif patient.user_id and accounts.get(value, patient.user_id) != patient.user_id:
            faults[name] = [known(patient, name, " for another account")]


def known_accounts(emails: set[str]) -> dict[str, object]:
    """Whose accounts bear these addresses: a patient's account follows its record."""
    return dict(User.objects.filter(email__in=emails).values_list("email", "pk"))


def known(patient: Patient, name: str, owner: str) -> ValidationError:
    [sentence] = patient.unique_error_message(Patient, (name,)).messages
    return ValidationError(f"{sentence.rstrip('.')}{owner}.", code=UNIQUE)


@transaction.atomic
def register_many(patients: list[Patient], by: User) -> list[Faults]:
    """Save new patients in whom `faults_of_many()` found no fault, without confirming it by mail.

    Returns no faults where all are saved. Where somebody was faster with an address or number,
    returns the faults of each, and the caller must roll back: some are saved then. Their twins
    are looked for when all batches are saved, by `look_for_twins()`.
    """
    try:
        with constraint_errors(patients[0]):
            Patient.objects.bulk_create(patients)
    except (ValidationError, IntegrityError):  # It doesn't say whose address or number it was.
        return [import_refusal(patient, by) for patient in patients]
    return []


def relate_guardian(patient: Patient, guardian: Patient, relationship: str, by: User) -> None:
    """Let the guardian act for the patient and get the messages, on the word of whoever imports
    the file. `relationship` is what the guardian is to the patient; empty, it stays as it is, or is
    that of a guardian. Raises ValidationError as `relate()` does.
    """
    pair = RelatedPerson.objects.valid().filter(patient=patient, related_patient=guardian)
    known = pair.first()
    if known is None:
        relation = RelatedPerson(patient=patient, related_patient=guardian)
        relation.relationship = relationship or RelatedPerson.Relationship.GUARDIAN
        relation.may_act = relation.gets_messages = True
        relate(relation, by)
    elif relationship and known.relationship != relationship:
        known.relationship = relationship
        change_relation(known, by)


def look_for_twins(first: UUID, last: UUID, since: datetime) -> None:
    """Have the likely twins looked for of patients who were registered or changed together since
    an instant, in a job of this transaction. `first` and `last` are the least and the greatest of
    their keys: whoever of those between was changed by others meanwhile is looked at once more.
    """
    tasks.find_duplicates_among.defer(first=str(first), last=str(last), since=since.isoformat())


def import_refusal(patient: Patient, by: User) -> Faults:
    try:
        register(patient, None, by, confirms=False)
    except ValidationError as error:
        return error.update_error_dict({})
    return {}
