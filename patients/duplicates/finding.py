"""The likely twins of a patient, for the front desk at once and for the list of open pairs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, When

from patients.duplicates.candidates import NOT_COMPARED, candidates_for
from patients.duplicates.compared import Columns, columns_of
from patients.duplicates.comparing import Comparison, compare, is_out_of_question
from patients.duplicates.kinship import kin_of
from patients.models import Patient, PatientQuerySet, PossibleDuplicate

State = PossibleDuplicate.State


@dataclass(frozen=True)
class Twin:
    patient: Patient
    comparison: Comparison

    @property
    def kind(self) -> str:
        """The first word of how sure it is, for the style sheet."""
        return self.comparison.word.split()[0]

    @property
    def percent(self) -> int:
        """99 at most: nobody is sure but who has asked."""
        return min(99, int(self.comparison.score * 100))


def twins_of(
    patient: Patient, among: PatientQuerySet, most: int = 5, related: Iterable[Patient] = ()
) -> list[Twin]:
    """The likeliest twins first; `patient` may be unsaved. Takes three queries at most.

    `related` are those to whom an unsaved patient is about to be related. Left out are those of
    whom somebody said that they are another person.
    """
    among = among.exclude(pk__in=dismissed(patient))
    own, likely = columns_of(patient), likely_ones(patient, among)
    if not likely:
        return []
    # Do they look like the patient still when it is known who belongs to whom?
    kin = {**kin_of([own.pk, *(one.pk for one in likely)])}
    kin[own.pk] = {*kin.get(own.pk, ()), *(str(one.pk) for one in related)}
    compared = [(one.pk, compare(own, one, kin)) for one in likely]
    listed = sorted(
        ((key, comparison) for key, comparison in compared if comparison.is_likely),
        key=lambda one: -one[1].score,
    )[:most]
    records = among.defer(*NOT_COMPARED).in_bulk([key for key, _ in listed])
    return [Twin(records[key], comparison) for key, comparison in listed if key in records]


def likely_ones(patient: Patient, among: PatientQuerySet) -> list[Columns]:
    """Those who look like the patient as long as it isn't asked who belongs to whom."""
    own = columns_of(patient)
    rows = candidates_for(patient, among).values_list(*Columns._fields)
    possible = (one for one in map(Columns._make, rows) if not is_out_of_question(own, one))
    return [one for one in possible if compare(own, one).is_likely]


def compare_on_record(one: Patient, other: Patient) -> Comparison:
    """Two stored records, with what is on record about who belongs to whom."""
    return compare(one, other, kin_of([one.pk, other.pk]))


def dismissed(patient: Patient) -> QuerySet:
    """The keys of those of whom somebody said that they are another person."""
    pairs = PossibleDuplicate.objects.of(patient).filter(state=State.DISMISSED)
    return pairs.values_list(Case(When(first=patient.pk, then="second"), default="first"))


def find_and_keep(patient: Patient) -> int:
    """Keep the patient's likely twins as open pairs, and drop open pairs that are none any more.

    What somebody has decided stays decided. Returns the number of likely twins.
    """
    twins = twins_of(patient, Patient.objects.standing(), most=50)
    PossibleDuplicate.objects.bulk_create(
        [pair_of(patient, twin.patient, twin.comparison) for twin in twins], ignore_conflicts=True
    )
    for twin in twins:
        kept = PossibleDuplicate.objects.between(patient, twin.patient).open()
        kept.update(score=twin.comparison.score, reasons=twin.comparison.reasons)
    likely = [twin.patient.pk for twin in twins]
    gone = ~Q(first__in=likely) & ~Q(second__in=likely)
    PossibleDuplicate.objects.of(patient).open().filter(gone).delete()
    return len(twins)


def pair_of(one: Patient, other: Patient, comparison: Comparison) -> PossibleDuplicate:
    first, second = sorted((one, other), key=lambda patient: patient.pk)
    return PossibleDuplicate(
        first=first, second=second, score=comparison.score, reasons=comparison.reasons
    )
