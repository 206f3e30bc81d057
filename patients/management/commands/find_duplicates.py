from django.core.management.base import BaseCommand

from patients.duplicates import find_and_keep
from patients.models import Patient, PossibleDuplicate


class Command(BaseCommand):
    help = (
        "Look for records that are likely the same person's, for every patient: once, for those "
        "who were registered before new patients were compared at once."
    )

    def handle(self, *args, **options):
        for patient in Patient.objects.standing().order_by("pk").iterator(chunk_size=1000):
            find_and_keep(patient)
        self.stdout.write(
            f"Pairs to be decided in the console: {PossibleDuplicate.objects.open().count():,}."
        )
