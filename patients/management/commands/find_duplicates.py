import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from patients.duplicates import find_and_keep
from patients.models import Patient, PossibleDuplicate

TOLD_EVERY = 10_000  # Patients, where nobody looks at a bar.
BATCH = 1000


def batched_by_key(patients):
    """A batch at a time, by what comes after the last key: no cursor stays open meanwhile, which
    a pooler between would close, and what is long done is not kept in the database's sight."""
    last = None
    while True:
        ahead = patients.filter(pk__gt=last) if last else patients
        batch = list(ahead.order_by("pk")[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


class Command(BaseCommand):
    help = (
        "Look for records that are likely the same person's, for every patient: once, for those "
        "who were registered before new patients were compared at once."
    )

    def handle(self, *args, verbosity, **options):
        patients = Patient.objects.standing()
        is_shown = verbosity > 0 and sys.stderr.isatty()
        with tqdm(
            total=patients.count(), unit=" patients", file=sys.stderr, disable=not is_shown
        ) as bar:
            for number, patient in enumerate(batched_by_key(patients), start=1):
                find_and_keep(patient)
                bar.update()
                if not is_shown and verbosity > 0 and number % TOLD_EVERY == 0:
                    self.stderr.write(f"{number:,} of {bar.total:,} patients compared")
        self.stdout.write(
            f"Pairs to be decided in the console: {PossibleDuplicate.objects.open().count():,}."
        )
