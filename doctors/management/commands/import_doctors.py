"""`manage.py import_doctors`: doctors out of a file, all of them or none."""

from clinic.files.commands import ImportCommand
from doctors.files.doctors import DoctorFile


class Command(ImportCommand):
    help = "Add and change the doctors of a CSV or XLSX file: all of them, or none."
    resource = DoctorFile
