"""Families at the desk: somebody is registered who is reached through somebody else on record."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from patients.models import Patient, RelatedPerson
from patients.models.patients import ADDRESS
from patients.photos import CleanPhoto
from patients.services.records import change
from patients.services.registration import age_on, owe_confirmation, register
from patients.services.relating import (
    PARENTAL,
    change_relation,
    check_staff,
    lock_acting,
    lock_people,
    relate,
)


def desk_relation(patient: Patient, person: Patient, relationship: str) -> RelatedPerson:
    """Somebody through whom the desk reaches a patient, unsaved. A parent or guardian acts for
    the patient, too, as long as that is a minor."""
    acts = relationship in PARENTAL and is_minor(patient)
    return RelatedPerson(
        patient=patient,
        related_patient=person,
        relationship=relationship,
        gets_messages=True,
        may_act=acts,
    )


def is_minor(patient: Patient) -> bool:
    born = patient.date_of_birth
    return born is not None and age_on(timezone.localdate(), born) < settings.AGE_OF_MAJORITY


def family_values(person: Patient) -> dict[str, object]:
    """What a family usually has in common."""
    names = ("last_name", *sorted(ADDRESS), "language", "insurance_provider")
    return {name: getattr(person, name) for name in names}


@transaction.atomic
def register_relative(
    patient: Patient, relation: RelatedPerson, photo: CleanPhoto | None, by: User
) -> Patient:
    """Save a new patient with the relation to somebody on record, and owe the confirmation to
    whoever is reached; or do none of it.

    Raises NotAllowed, and ValidationError as `register()` and `relate()` do.
    """
    check_staff(by, "patients.add_relatedperson")
    lock_acting()
    lock_people(relation.related_patient_id)
    register(patient, photo, by, confirms=False)
    relation.patient = patient
    relate(relation, by)
    owe_confirmation(patient)
    return patient


@transaction.atomic
def change_and_relate(patient: Patient, relation: RelatedPerson, by: User) -> Patient:
    """Save what was changed in a patient's record, who gets the messages through somebody else
    from now on. Where the two are related already, that relation says so.

    Raises as `change()` and `relate()` do.
    """
    check_staff(by, "patients.add_relatedperson")
    lock_acting()
    lock_people(patient.pk, relation.related_patient_id)
    change(patient, by=by)
    known = RelatedPerson.objects.valid().filter(patient=patient)
    same = known.filter(related_patient=relation.related_patient_id).first()
    if same is None:
        relate(relation, by)
    else:
        same.gets_messages = True
        change_relation(same, by)
    return patient
