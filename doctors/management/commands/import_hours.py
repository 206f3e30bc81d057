"""`manage.py import_hours`: the doctors' working hours out of a file, all of them or none."""

from clinic.files.commands import ImportCommand
from doctors.files.hours import HoursFile


class Command(ImportCommand):
    help = "Add and change the working hours of a CSV or XLSX file: all of them, or none."
    resource = HoursFile
