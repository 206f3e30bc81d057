"""Working hours in files: the columns, and the services behind them."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from clinic.api.fields import CLOCK
from clinic.emails import normal_email
from clinic.errors import NotAllowed
from clinic.files.admin.pages import FilesAdmin
from clinic.files.columns import Choice, Column, Day, Text
from clinic.files.resource import Faults, FileResource
from doctors import services
from doctors.models import Doctor, WorkingHours

WEEKDAYS = {
    0: ("Montag", "Mo", "Mon"),
    1: ("Dienstag", "Di", "Tue"),
    2: ("Mittwoch", "Mi", "Wed"),
    3: ("Donnerstag", "Do", "Thu"),
    4: ("Freitag", "Fr", "Fri"),
    5: ("Samstag", "Sa", "Sat"),
    6: ("Sonntag", "So", "Sun"),
}


class Clock(Text):
    """A local time, written as 09:30."""

    def read(self, cell: str) -> Any:
        if not CLOCK.fullmatch(cell):
            raise ValueError("Write the time as hours and minutes, such as 09:30.")
        return time.fromisoformat(cell)

    def write(self, value: Any) -> str:
        return f"{value:%H:%M}" if value else ""


class DoctorByEmail(Text):
    """A doctor, by the e-mail address."""

    def read(self, cell: str) -> Any:
        doctor = Doctor.objects.filter(email=normal_email(cell)).first()
        if doctor is None:
            raise ValueError("There is no doctor with this e-mail address.")
        return doctor

    def write(self, value: Any) -> str:
        return value.email if value else ""


class HoursFile(FileResource):
    """A row is a span of a weekday. Rows that are missing leave their spans as they are."""

    model = WorkingHours
    kind = "hours"
    locks_new = True  # Their doctors.
    no_mails = "Nobody gets a mail about it. Visits that are booked stay as they are."
    example = (
        {"doctor": "maria@clinic.example", "weekday": "Monday", "starts": "09:00", "ends": "12:30"},
        {"doctor": "maria@clinic.example", "weekday": "Monday", "starts": "13:30", "ends": "17:00"},
    )

    id = Column("pk", "Id", is_key=True)
    doctor = Column(
        "doctor", "Doctor's e-mail", DoctorByEmail(), also=("E-Mail", "Arzt", "Ärztin", "Doctor")
    )
    weekday = Column(
        "weekday",
        "Weekday",
        Choice(WorkingHours.Weekday.choices, WEEKDAYS),
        also=("Wochentag", "Tag"),
    )
    starts = Column("starts", "From", Clock(), also=("Von", "Beginn", "Start"))
    ends = Column("ends", "To", Clock(), also=("Bis", "Ende", "End"))
    valid_from = Column("valid_from", "First day", Day(), also=("Gültig ab", "Ab", "Erster Tag"))
    valid_until = Column("valid_until", "Last day", Day(), also=("Gültig bis", "Letzter Tag"))

    @property
    def locked_model(self) -> type[Doctor]:
        return Doctor

    def locked_key(self, before: WorkingHours | None, instance: WorkingHours) -> Any:
        return instance.doctor_id

    def normal_key(self, cell: str) -> str | None:
        return cell if cell.isascii() and cell.isdigit() and len(cell) < 18 else None

    def name_of(self, record: WorkingHours) -> str:
        return f"{record.doctor}, {record}"

    def find(self, keys: set[str]) -> dict[str, WorkingHours]:
        rows = WorkingHours.objects.select_related("doctor").filter(pk__in=keys)
        return {str(one.pk): one for one in rows} if keys else {}

    def loaded(self, records: models.QuerySet, names: list[str]) -> models.QuerySet:
        return records.select_related("doctor")

    def create(self, instances: list[Any]) -> list[Faults]:
        return [self.refusal(hours) for hours in instances]

    def refusal(self, hours: WorkingHours) -> Faults:
        try:
            services.save_hours(hours, by=self.by)
        except ValidationError as error:
            return error.update_error_dict({})
        except NotAllowed as error:
            return ValidationError(str(error)).update_error_dict({})
        return {}

    def change(self, instance: WorkingHours) -> None:
        services.save_hours(instance, by=self.by)


class HoursFiles(FilesAdmin):
    """Import and export of everybody's working hours, beside those of the doctors."""

    file_resource = HoursFile
