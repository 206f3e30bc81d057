"""The family on a patient's page: relations of both directions, each in this patient's words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q

from clinic.days import day_text, years_of
from clinic.phones import international
from patients.models import Patient, RelatedPerson
from patients.services.relating import PARENTAL

Relationship = RelatedPerson.Relationship
# Of whom somebody is the parent is that one's child.
FROM_THE_OTHER_SIDE = {
    Relationship.PARENT: "Child",
    Relationship.GUARDIAN: "Ward",
    Relationship.SPOUSE: "Spouse or partner",
    Relationship.CHILD: "Parent",
    Relationship.SIBLING: "Brother or sister",
    Relationship.CAREGIVER: "Cared for",
    Relationship.OTHER: "Other",
}
SEALED = ("insurance_policy_number", "medical_history")  # Encrypted: not read for nothing.


@dataclass(frozen=True)
class Relative:
    """Somebody who belongs to the patient whose page it is."""

    name: str
    word: str  # What that one is to the patient.
    person: Patient | None = None  # With a record that the user may open.
    about: str = ""  # Number and age.
    phone: str = ""  # As people read it, and as it is called.
    calls: str = ""
    email: str = ""
    facts: list[str] = field(default_factory=list)
    relation: RelatedPerson | None = None
    is_own: bool = (
        False  # Is it that one who belongs to the patient, and not the patient to that one?
    )
    is_waiting: bool = False
    has_ended: bool = False
    holds: bool = False

    @property
    def has_lapsed(self) -> bool:
        """Did the patient come of age, and nobody has confirmed since what others go by?"""
        row = self.relation
        is_meant = row is not None and (row.may_act or row.gets_messages)
        return is_meant and not (self.holds or self.is_waiting or self.has_ended)


def relatives_of(patient: Patient, user) -> list[Relative]:
    """Those of both directions, the patient's own first; then the other children of the same
    parents. Who isn't the user's to see is a name alone, or missing on the others' side."""
    if not user.has_perm("patients.view_relatedperson"):
        return []
    both = Q(patient=patient) | Q(related_patient=patient, patient__merged_into=None)
    holding = RelatedPerson.objects.holding().filter(pk=OuterRef("pk"))
    rows = list(with_people(RelatedPerson.objects.filter(both).annotate(holds=Exists(holding))))
    rows = [row for row in rows if not (row.related_patient and row.related_patient.merged_into_id)]
    if not rows:
        return []
    siblings = list(siblings_of(patient, rows))
    others = [other_side(row, patient) for row in rows] + [row.patient for row in siblings]
    keys = {person.pk for person in others if person is not None}
    seen = set(Patient.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    found = [
        as_relative(row, patient, seen)
        for row in rows
        if row.patient_id == patient.pk or row.patient_id in seen
    ]
    found.sort(key=lambda one: one.has_ended)
    return found + [sibling(row, seen) for row in siblings if row.patient_id in seen]


def with_people(rows: Any) -> Any:
    sides = ("patient", "related_patient")
    sealed = [f"{side}__{name}" for side in sides for name in SEALED]
    return rows.select_related(*sides, "confirmed_by").defer(*sealed).order_by("created_at", "pk")


def other_side(row: RelatedPerson, patient: Patient) -> Patient | None:
    return row.related_patient if row.patient_id == patient.pk else row.patient


def as_relative(row: RelatedPerson, patient: Patient, seen: set) -> Relative:
    is_own = row.patient_id == patient.pk
    person = other_side(row, patient)
    is_open = person is not None and person.pk in seen
    return Relative(
        name=str(person or row.name),
        word=row.get_relationship_display() if is_own else FROM_THE_OTHER_SIDE[row.relationship],
        person=person if is_open else None,
        about=record_words(person) if person and is_open else "" if person else "no patient",
        facts=list(facts_of(row, patient, is_own)),
        relation=row,
        is_own=is_own,
        is_waiting=row.confirmed_at is None
        and row.related_patient_id is not None
        and not row.has_ended,
        has_ended=row.has_ended,
        holds=getattr(row, "holds", False),
        **(contacts_of(person) if person and is_open else {} if person else contacts_of(row)),
    )


def sibling(row: RelatedPerson, seen: set) -> Relative:
    person = row.patient
    word = f"also a child of {row.full_name}"
    return Relative(str(person), word, person, record_words(person), **contacts_of(person))


def siblings_of(patient: Patient, rows: list[RelatedPerson]) -> Iterator[RelatedPerson]:
    """Relations of other patients to the same parents, one of each who isn't named already."""
    named = {person.pk for row in rows if (person := other_side(row, patient))}
    parents = [
        row.related_patient_id
        for row in rows
        if row.patient_id == patient.pk and row.relationship in PARENTAL and not row.has_ended
    ]
    if not any(parents):
        return
    others = RelatedPerson.objects.valid().filter(
        related_patient__in=parents, relationship__in=PARENTAL
    )
    for row in with_people(others.exclude(patient=patient)):
        if row.patient_id not in named:
            named.add(row.patient_id)
            yield row


def record_words(person: Patient) -> str:
    born = person.date_of_birth
    age = person.death if person.is_deceased else years_of(born) if born else ""
    return ", ".join(filter(None, (person.record_number, age)))


def contacts_of(one: Patient | RelatedPerson) -> dict[str, str]:
    phone = str(one.phone or "")
    return {"phone": international(phone) if phone else "", "calls": phone, "email": one.email}


def facts_of(row: RelatedPerson, patient: Patient, is_own: bool) -> Iterator[str]:
    """What holds between the two, said of the one who isn't on top of the page."""
    other = row.patient.first_name or row.patient.name
    if row.may_act:
        yield "may act" if is_own else f"{patient.first_name or patient} may act for {other}"
    if row.gets_messages:
        yield (
            "gets the messages"
            if is_own
            else "messages go to " + (patient.first_name or str(patient))
        )
    if row.valid_until:
        yield f"{'ended' if row.has_ended else 'until'} {day_text(row.valid_until)}"
