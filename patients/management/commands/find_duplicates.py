from django.core.management.base import BaseCommand

from patients.duplicates import find_and_keep
from patients.models import Patient, PossibleDuplicate


class Command(BaseCommand):
    help = "Look for likely twins of every patient: once, for those from before there was a job."

    def handle(self, *args, **options):
        for patient in Patient.objects.standing().order_by("pk").iterator(chunk_size=1000):
            find_and_keep(patient)
        self.stdout.write(f"{PossibleDuplicate.objects.open().count():,} pairs to be decided.")
