"""`manage.py import_patients`: any number of patients out of a file, all of them or none."""

from typing import Any

from accounts.models import AccessLog
from accounts.services.access import note_command
from clinic.files.commands import ImportCommand
from patients.files.patients import PatientFile


class Command(ImportCommand):
    help = "Register and change the patients of a CSV or XLSX file: all of them, or none."
    resource = PatientFile

    def note(self, user: Any, command: str, records: list[Any]) -> None:
        keys = [patient.pk for patient in records]
        note_command(user, command, keys, AccessLog.Action.LIST)
