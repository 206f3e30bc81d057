"""`manage.py import_patients`: any number of patients out of a file, all of them or none."""

from clinic.files.commands import ImportCommand
from patients.files import PatientFile


class Command(ImportCommand):
    help = "Register and change the patients of a CSV or XLSX file: all of them, or none."
    resource = PatientFile
