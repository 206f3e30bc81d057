"""Where a patient is reached, and in whose language: every mail and text goes by it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from procrastinate.tasks import Task

from clinic.mail import Outdated, owe
from clinic.models import Notification
from clinic.phones import international
from clinic.statements import Statement, stand_in_key
from patients.models import Patient, RelatedPerson

NO_LETTER_BOX = "No e-mail, no phone: write a letter."


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the messages about a patient."""

    name: str
    email: str  # Empty: no mail reaches them.
    phone: str  # In E.164; empty where no text message reaches them.
    language: str
    is_patient: bool  # Else the message says whom it is about.
    signs_in: bool  # To an account in which the patient's pages open.


def reach(patient: Patient, told: Collection | None = None) -> list[Recipient]:
    """Those who get the messages about this patient: the patient, where there is a contact, and
    the related persons who get them; nobody twice. Empty where nobody can be reached but by a call
    or a letter, and of the deceased. `told` is what `told_statement()` answers, where it was asked.
    """
    if told is None:
        told = told_statement().rows(patient=patient.pk)
    if told:
        return reach_of([patient])[patient.pk]
    return [] if is_silent(patient) else once_each([as_reached(patient)])  # As of most patients.


def reach_of(patients: Iterable[Patient]) -> dict[UUID, list[Recipient]]:
    """The same of many patients, in two queries."""
    among = {patient.pk: patient for patient in patients}
    relations = messaged_for(among)
    return {
        pk: [] if is_silent(patient) else once_each([as_reached(patient), *relations[pk]])
        for pk, patient in among.items()
    }


def is_silent(patient: Patient) -> bool:
    """Is nobody written to about this patient?"""
    return patient.is_deceased or patient.restricted_at is not None


def once_each(found: list[Recipient]) -> list[Recipient]:
    kept: list[Recipient] = []
    for one in found:
        email = "" if any(one.email == other.email for other in kept) else one.email
        phone = "" if any(one.phone == other.phone for other in kept) else one.phone
        if email or phone:
            kept.append(replace(one, email=email, phone=phone))
    return kept


def messaged_for(patients: Iterable[UUID]) -> dict[UUID, list[Recipient]]:
    """Of each patient's related persons, those who get the messages now."""
    related = RelatedPerson.objects.holding().filter(patient__in=list(patients), gets_messages=True)
    living = related.exclude(related_patient__is_deceased=True)
    acting = Exists(RelatedPerson.objects.acting().filter(pk=OuterRef("pk")))
    found: dict[UUID, list[Recipient]] = defaultdict(list)
    for relation in living.annotate(acts=acting).select_related("related_patient"):
        found[relation.patient_id].append(of_relation(relation, signs_in=relation.acts))
    return found


def as_reached(patient: Patient) -> Recipient:
    return Recipient(
        name=patient.called,
        email=patient.email,
        phone=verified_phone(patient),
        language=patient.language,
        is_patient=True,
        signs_in=patient.user_id is not None,
    )


@cache
def told_statement() -> Statement:
    """Whether a patient ever had related persons who get the messages."""
    patient = stand_in_key()
    told = RelatedPerson.objects.filter(patient=patient, gets_messages=True)
    return Statement(told.order_by().values_list("pk"), patient=patient)


def of_relation(relation: RelatedPerson, *, signs_in: bool) -> Recipient:
    person = relation.related_patient
    if person is not None:
        contacts = person.email, verified_phone(person), person.language
    else:
        contacts = relation.email, str(relation.phone or ""), relation.language
    email, phone, language = contacts
    name = person.called if person else relation.name
    return Recipient(name, email, phone, language, False, signs_in)


def verified_phone(patient: Patient) -> str:
    """Texts go only to numbers that their owner has confirmed."""
    return str(patient.phone) if patient.phone and patient.phone_verified_at else ""


def owe_to_reached(
    patient: Patient,
    event: str,
    subject_id: UUID,
    task: Task,
    *,
    version: int | None = None,
    told: Collection | None = None,
) -> None:
    """Owe a mail about the patient to each whom mails about this patient reach (see `reach()`)."""
    for recipient in reach(patient, told):
        if recipient.email:
            owe(event, recipient.email, subject_id, task, version=version)


def read_by(patient: Patient, notification: Notification) -> dict[str, Any]:
    """What a message about the patient says of its reader: `recipient`, `reader` (the name),
    `language`, and `whose`, the patient's name where the reader is somebody else.

    Raises Outdated where messages about the patient don't go there any more.
    """
    is_mail = notification.channel == Notification.Channel.EMAIL
    for recipient in reach(patient):
        if notification.recipient == (recipient.email if is_mail else recipient.phone):
            return {
                "patient": patient,
                "recipient": recipient,
                "reader": recipient.name,
                "language": recipient.language,
                "whose": "" if recipient.is_patient else patient.name,
            }
    raise Outdated


def without_mail(patients: Iterable[Patient]) -> dict[UUID, str]:
    """What the desk does instead, for each of these patients whom no mail reaches: a sentence
    such as "No e-mail: call +49 30 901820."."""
    silent = {
        one.pk: one
        for one in patients
        if not one.is_deceased and (not one.email or one.restricted_at is not None)
    }
    reached = reach_of(silent.values()) if silent else {}
    left = [
        patient
        for pk, patient in silent.items()
        if not any(recipient.email for recipient in reached[pk])
    ]
    numbers = numbers_to_call(left)
    return {
        patient.pk: f"{why_silent(patient)}: call {numbers[patient.pk]}."
        if patient.pk in numbers
        else NO_LETTER_BOX
        for patient in left
    }


def why_silent(patient: Patient) -> str:
    return "No e-mail" if patient.restricted_at is None else "Restricted, no mails"


def nothing_mailed(patient: Patient) -> str:
    """What is said to the desk once something was done of which no mail tells the patient; empty
    where one does."""
    told = without_mail([patient]).get(patient.pk)
    return f"Nothing is mailed to {patient}. {told}" if told else ""


def note_numbers(patients: Iterable[Patient]) -> None:
    """Let each who has no phone number know whose number is called instead: `to_call`."""
    silent = [patient for patient in patients if not patient.phone]
    numbers = numbers_to_call(silent)
    for patient in silent:
        patient.__dict__["to_call"] = numbers.get(patient.pk, "")


def numbers_to_call(patients: list[Patient]) -> dict[UUID, str]:
    """The patient's own number, or whose it is of those who belong to the patient."""
    own = {one.pk: international(str(one.phone)) for one in patients if one.phone}
    others = [patient.pk for patient in patients if patient.pk not in own]
    if not others:
        return own
    related = RelatedPerson.objects.holding().filter(patient__in=others)
    related = related.exclude(related_patient__is_deceased=True)
    found: dict[UUID, str] = {}
    for relation in related.select_related("related_patient").order_by("-gets_messages", "pk"):
        phone = (relation.related_patient or relation).phone
        if phone:
            word = relation.get_relationship_display().lower()
            number = f"{relation.full_name} ({word}), {international(str(phone))}"
            found.setdefault(relation.patient_id, number)
    return own | found
