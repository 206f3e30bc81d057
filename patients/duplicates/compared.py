from datetime import date
from typing import NamedTuple
from uuid import UUID

from patients.models import Patient

PHONES = ("phone", "emergency_contact_phone")


class Columns(NamedTuple):
    """What is compared of a stored record: to make a `Patient` of each of hundreds of candidates
    takes longer than to compare them, most of all to parse their phones. Phones are E.164."""

    pk: UUID
    first_name: str
    last_name: str
    preferred_name: str
    former_names: str
    date_of_birth: date | None
    gender: str
    phone: str
    email: str
    emergency_contact_phone: str
    street: str
    zip: str
    city: str


Compared = Patient | Columns


def columns_of(patient: Patient) -> Columns:
    phones = {name: str(getattr(patient, name) or "") for name in PHONES}
    return Columns(**{name: getattr(patient, name) for name in Columns._fields} | phones)
