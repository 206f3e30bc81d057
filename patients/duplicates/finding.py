"""The likely twins of a patient, for the front desk at once and for the list of open pairs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from patients.duplicates.candidates import candidates_for
from patients.duplicates.comparing import Comparison, compare
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
    found = [Twin(one, compare(patient, one)) for one in candidates_for(patient, among)]
    likely = [twin for twin in found if twin.comparison.is_likely]
    if likely:
        likely = with_kin(patient, [twin.patient for twin in likely], related)
    if likely and not patient._state.adding:
        others = dismissed(patient)
        likely = [twin for twin in likely if twin.patient.pk not in others]
    return sorted(likely, key=lambda twin: -twin.comparison.score)[:most]


def with_kin(
    patient: Patient, others: list[Patient], related: Iterable[Patient] = ()
) -> list[Twin]:
    """Those who look like the patient still when it is known who belongs to whom."""
    kin = {**kin_of([patient.pk, *(one.pk for one in others)])}
    kin[patient.pk] = {*kin.get(patient.pk, ()), *(str(one.pk) for one in related)}
    twins = [Twin(one, compare(patient, one, kin)) for one in others]
    return [twin for twin in twins if twin.comparison.is_likely]


def compare_on_record(one: Patient, other: Patient) -> Comparison:
    """Two stored records, with what is on record about who belongs to whom."""
    return compare(one, other, kin_of([one.pk, other.pk]))


def dismissed(patient: Patient) -> set:
    pairs = PossibleDuplicate.objects.of(patient).filter(state=State.DISMISSED)
    return {one for pair in pairs.values_list("first", "second") for one in pair}


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
