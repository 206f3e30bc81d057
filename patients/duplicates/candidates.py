"""Which records are compared with one: those that share a key with it, found through indexes."""

from contextlib import suppress
from datetime import date

from django.db.models import Func, Q, Value
from django.db.models.lookups import Exact

from patients.models import Patient, PatientQuerySet
from patients.models.patients import LAST_DIGITS, MAILBOX

MOST = 500  # Candidates for one record: a cap on the work, where a name is everybody's.


def candidates_for(patient: Patient, among: PatientQuerySet) -> PatientQuerySet:
    """The records of `among` that have as much as one key in common with the patient.

    The keys: a name as like as pg_trgm.similarity_threshold says, whatever the order of its
    words; the birthday, also with day and month swapped; the phone number or its last seven
    digits; the e-mail address or its mailbox; the postal code together with the street.
    """
    name = Func(Value(patient.name), function="clinic_fold")
    shared = Q(search_name__trigram_similar=name)
    if patient.date_of_birth is not None:
        shared |= Q(date_of_birth__in=birthdays(patient.date_of_birth))
    if phone := str(patient.phone or ""):
        shared |= Q(Exact(LAST_DIGITS, phone[-7:]))
    if mailbox := patient.email.strip().lower().partition("@")[0]:
        shared |= Q(Exact(MAILBOX, mailbox))
    if patient.zip and patient.street:
        shared |= Q(zip=patient.zip, street=patient.street)
    return among.filter(shared).exclude(pk=patient.pk).order_by()[:MOST]


def birthdays(born: date) -> list[date]:
    days = [born]
    with suppress(ValueError):
        days.append(date(born.year, born.day, born.month))
    return days
