"""Where a patient is reached, and in whose language: every mail and text goes by it."""

from dataclasses import dataclass

from patients.models import Patient, RelatedPerson


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the messages about a patient."""

    name: str
    email: str  # Empty: no mail reaches them.
    phone: str  # In E.164; empty where no text message reaches them.
    language: str
    is_patient: bool  # Else the message says whom it is about.


def reach(patient: Patient) -> list[Recipient]:
    """Those who get the messages about this patient: the patient, where there is a contact, and
    the related persons who get them; nobody twice. Empty where nobody can be reached but by a call
    or a letter.
    """
    own = Recipient(
        name=patient.called,
        email=patient.email,
        phone=verified_phone(patient),
        language=patient.language,
        is_patient=True,
    )
    found = [own, *map(of_relation, messaged_for(patient))]
    kept: list[Recipient] = []
    for one in found:
        email = "" if any(one.email == other.email for other in kept) else one.email
        phone = "" if any(one.phone == other.phone for other in kept) else one.phone
        if email or phone:
            kept.append(Recipient(one.name, email, phone, one.language, one.is_patient))
    return kept


def messaged_for(patient: Patient) -> list[RelatedPerson]:
    """Of the patient's related persons, those who get the messages now."""
    related = patient.related_persons.valid().filter(gets_messages=True)
    return list(
        related.exclude(related_patient__is_deceased=True).select_related("related_patient")
    )


def of_relation(relation: RelatedPerson) -> Recipient:
    person = relation.related_patient
    if person is not None:
        contacts = person.email, verified_phone(person), person.language
    else:
        contacts = relation.email, str(relation.phone or ""), relation.language
    email, phone, language = contacts
    name = person.called if person else relation.name
    return Recipient(name, email, phone, language, is_patient=False)


def verified_phone(patient: Patient) -> str:
    """Texts go only to numbers that their owner has confirmed."""
    return str(patient.phone) if patient.phone and patient.phone_verified_at else ""
