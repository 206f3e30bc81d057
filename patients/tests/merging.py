"""What tests of merging compare: every row that a merge may touch, field by field."""

from typing import Any

from accounts.models import User
from appointments.models import Appointment
from patients.models import CareAssignment, IdentityDocument, Patient, RelatedPerson

STAMPS = ("updated_at", "last_login")


def everything() -> dict[Any, dict[str, Any]]:
    """All rows of patients, what belongs to them, and accounts; without when they were changed."""
    rows = {}
    for model in (Patient, User, Appointment, CareAssignment, IdentityDocument, RelatedPerson):
        for row in model._base_manager.all():
            values = {
                field.name: field.value_from_object(row)
                for field in model._meta.concrete_fields
                if field.name not in STAMPS
            }
            rows[model.__name__, row.pk] = values
    return rows
