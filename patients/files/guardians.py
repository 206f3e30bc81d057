"""The guardian in a patient's row: by the record number, which the clinic's own files have."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, Subquery

from clinic.files.columns import Choice, Text
from clinic.files.resource import Faults
from patients.models import Patient, RelatedPerson

NUMBER, RELATIONSHIP = "guardian_number", "guardian_relationship"
NOBODY = "Nobody on record has this. Register the guardian first."
ONESELF = "Nobody is a guardian of their own."
WHOSE = "Whose? Write the guardian's record number, too."
IS_RECORD_NUMBER = re.compile(r"(?i:p-?)?0*([0-9]{1,12})", re.ASCII)


class GuardianNumber(Text):
    """A record number. An empty cell leaves the guardian on record as it is."""

    def read_for(self, record: Any, cell: str) -> int | None:
        if not cell:
            return getattr(record, NUMBER, None)
        if number := IS_RECORD_NUMBER.fullmatch(cell):
            return int(number[1])
        raise ValueError("Write a record number such as P-000123.")

    def write(self, value: Any) -> str:
        return f"P-{value:06d}" if value else ""


class GuardianRelationship(Choice):
    """An empty cell leaves it as it is."""

    def read_for(self, record: Any, cell: str) -> Any:
        return self.read(cell) if cell else getattr(record, RELATIONSHIP, "")


def with_guardians(patients: Any) -> Any:
    """Each with the number of the guardian on record, and what that is to the patient: who acts
    for the patient comes first."""
    parents = Q(relationship__in=("parent", "guardian")) | Q(may_act=True)
    found = RelatedPerson.objects.valid().filter(parents, related_patient__isnull=False)
    first = found.filter(patient=OuterRef("pk")).order_by("-may_act", "created_at", "id")
    return patients.annotate(
        **{
            NUMBER: Subquery(first.values("related_patient__number")[:1]),
            RELATIONSHIP: Subquery(first.values("relationship")[:1]),
        }
    )


def guardian_faults(patient: Patient, guardians: dict[int, Patient]) -> Faults:
    """What is wrong with the guardian that a row names, of those who are on record."""
    number = getattr(patient, NUMBER, None)
    guardian = guardians.get(number) if number else None
    if number is None:
        is_whose = not getattr(patient, RELATIONSHIP, "")
        return {} if is_whose else {RELATIONSHIP: [ValidationError(WHOSE)]}
    if guardian is None:
        return {NUMBER: [ValidationError(NOBODY)]}
    return {NUMBER: [ValidationError(ONESELF)]} if guardian.pk == patient.pk else {}
