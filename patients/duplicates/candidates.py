"""Which records are compared with one: those that share a key with it, found through indexes."""

from contextlib import suppress
from datetime import date
from typing import Any

from django.db.models import Case, FloatField, Func, Q, Value, When
from django.db.models.lookups import Exact

from clinic.emails import normal_email
from patients.models import Patient, PatientQuerySet
from patients.models.constraints import LAST_DIGITS, MAILBOX

MOST = 500  # Candidates for one record: a cap on the work, where a name is everybody's.
# What is encrypted would be read and decrypted for nothing.
NOT_COMPARED = ("insurance_policy_number", "medical_history")


def candidates_for(patient: Patient, among: PatientQuerySet) -> PatientQuerySet:
    """The records of `among` that have as much as one key in common with the patient.

    The keys: a name as like as pg_trgm.similarity_threshold says, whatever the order of its
    words; the birthday, also with day and month swapped; the phone number or its last seven
    digits; the e-mail address or its mailbox; the postal code together with the street. Where
    there are too many, those of the same birthday and the likest names are taken.
    """
    name = Func(Value(patient.name), function="clinic_fold")
    shared = Q(search_name__trigram_similar=name)
    likeness = Func("search_name", name, function="SIMILARITY", output_field=FloatField())
    order: list[Any] = [likeness.desc(), "pk"]
    if patient.date_of_birth is not None:
        birthday = Q(date_of_birth__in=birthdays(patient.date_of_birth))
        shared |= birthday
        order.insert(0, Case(When(birthday, then=0), default=1))
    if phone := str(patient.phone or ""):
        shared |= Q(Exact(LAST_DIGITS, phone[-7:]))
    if mailbox := normal_email(patient.email).partition("@")[0]:
        shared |= Q(Exact(MAILBOX, mailbox))
    if patient.zip and patient.street:
        shared |= Q(zip=patient.zip, street=patient.street)
    among = among.defer(*NOT_COMPARED)
    return among.filter(shared).exclude(pk=patient.pk).order_by(*order)[:MOST]


def birthdays(born: date) -> list[date]:
    days = [born]
    with suppress(ValueError):
        days.append(date(born.year, born.day, born.month))
    return days
