"""Who is known to belong together: people of one family share much and are several persons.

On record are related persons; the records themselves say whom to call in an emergency, which in a
family is each other's number, or for all of them the mother's.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from enum import Enum
from uuid import UUID

from django.db.models import Q

from patients.duplicates.compared import Compared
from patients.models import RelatedPerson

# Of patients: those who belong to them, by record or by what a person without one is reached at.
Kin = Mapping[UUID, Collection[str]]


class Family(Enum):
    """What is known of two patients."""

    SAME = "of one family"
    OTHER = "of two families"
    UNKNOWN = "unknown"


SIDES = ("patient", "related_patient")


def kin_of(keys: Collection[UUID]) -> Kin:
    """Of each of these patients, who is related to them on record. One query."""
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    rows = RelatedPerson.objects.filter(Q(patient__in=keys) | Q(related_patient__in=keys))
    sides = [f"{side}{field}" for side in SIDES for field in ("", "__email", "__phone")]
    for email, phone, *both in rows.values_list("email", "phone", *sides):
        patient, related = both[:3], both[3:]
        found[patient[0]].update(str(one) for one in (email, phone, *related) if one)
        if related[0]:
            found[related[0]].update(str(one) for one in patient if one)
    return found


def family_of(one: Compared, other: Compared, kin: Kin) -> Family:
    """Are the two related to each other, or to the same third person? Or is somebody known of
    each, and nobody of both?"""
    own, others = own_marks(one), own_marks(other)
    related, others_related = marks_of_kin(one, kin) - own, marks_of_kin(other, kin) - others
    if related & {*others, *others_related} or others_related & own:
        return Family.SAME
    return Family.OTHER if related and others_related else Family.UNKNOWN


def own_marks(patient: Compared) -> set[str]:
    return {str(patient.pk), str(patient.phone or ""), patient.email} - {""}


def marks_of_kin(patient: Compared, kin: Kin) -> set[str]:
    called = str(patient.emergency_contact_phone or "")
    return {*kin.get(patient.pk, ()), called} - {""}
