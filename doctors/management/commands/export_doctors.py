"""`manage.py export_doctors`: all doctors into a file."""

from clinic.files.commands import ExportCommand
from doctors.files.doctors import DoctorFile


class Command(ExportCommand):
    help = "Write all doctors into a new CSV or XLSX file, readable by you alone."
    resource = DoctorFile
