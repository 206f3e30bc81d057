"""`manage.py export_patients`: all patients into a file, which their access log tells of."""

from typing import Any

from accounts.services.access import note_command
from clinic.files.commands import ExportCommand
from patients.files.patients import PatientFile


class Command(ExportCommand):
    help = "Write all patients into a new CSV or XLSX file, readable by you alone."
    resource = PatientFile

    def note(self, user: Any, command: str, records: list[Any]) -> None:
        note_command(user, command, [patient.pk for patient in records])
