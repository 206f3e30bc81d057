"""People who belong together, for tests."""

from datetime import date, timedelta

from django.utils import timezone

from clinic.days import born_by
from patients.models import Patient, RelatedPerson
from patients.tests.factories import PatientFactory


def birthday(years: int, days: int = 0) -> date:
    """Of somebody who turns so many years old today, or so many days from now."""
    return born_by(timezone.localdate() + timedelta(days=days), years)


def guardian(**fields) -> Patient:
    """A patient with an account and a confirmed address."""
    return PatientFactory(with_account=True, email_verified_at=timezone.now(), **fields)


def child_of(*parents: Patient, born: date | None = None, **fields) -> Patient:
    """A child of eight years without contacts, for whom these act."""
    born = born or birthday(8)
    child = PatientFactory(email="", phone="", date_of_birth=born, **fields)
    for parent in parents:
        related(child, parent)
    return child


def related(patient: Patient, person: Patient | None, **fields) -> RelatedPerson:
    defaults = {"relationship": "parent", "may_act": person is not None}
    return RelatedPerson.objects.create(
        patient=patient, related_patient=person, **{**defaults, **fields}
    )
