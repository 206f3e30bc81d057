"""`manage.py export_hours`: the doctors' working hours into a file."""

from clinic.files.commands import ExportCommand
from doctors.files.hours import HoursFile


class Command(ExportCommand):
    help = "Write all working hours into a new CSV or XLSX file, readable by you alone."
    resource = HoursFile
