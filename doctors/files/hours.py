"""Working hours in files: the columns, and the services behind them."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from import_export import widgets

from clinic.api.fields import CLOCK
from clinic.emails import normal_email
from clinic.errors import NotAllowed
from clinic.files.admin.pages import FilesAdmin
from clinic.files.resource import (
    ChoiceWidget,
    DayWidget,
    Faults,
    FileResource,
    KeyColumn,
    column,
)
from doctors import services
from doctors.models import Doctor, WorkingHours


class ClockWidget(widgets.Widget):
    """A local time, written as 09:30."""

    def clean(self, value, row=None, **kwargs):
        if not CLOCK.fullmatch(value):
            raise ValueError("Write the time as hours and minutes, such as 09:30.")
        return time.fromisoformat(value)

    def render(self, value, obj=None, **kwargs):
        return f"{value:%H:%M}" if value else ""


class DoctorWidget(widgets.Widget):
    """A doctor, by the e-mail address."""

    def clean(self, value, row=None, **kwargs):
        doctor = Doctor.objects.filter(email=normal_email(value)).first()
        if doctor is None:
            raise ValueError("There is no doctor with this e-mail address.")
        return doctor

    def render(self, value, obj=None, **kwargs):
        return value.email if value else ""


class HoursFile(FileResource):
    """A row is a span of a weekday. Rows that are missing leave their spans as they are."""

    model = WorkingHours
    kind = "hours"
    no_mails = "Nobody gets a mail about it. Visits that are booked stay as they are."
    example = (
        {"doctor": "maria@clinic.example", "weekday": "Monday", "starts": "09:00", "ends": "12:30"},
        {"doctor": "maria@clinic.example", "weekday": "Monday", "starts": "13:30", "ends": "17:00"},
    )

    id = KeyColumn("pk", "Id")
    doctor = column("doctor", "Doctor's e-mail", DoctorWidget())
    weekday = column("weekday", "Weekday", ChoiceWidget(WorkingHours.Weekday.choices))
    starts = column("starts", "From", ClockWidget())
    ends = column("ends", "To", ClockWidget())
    valid_from = column("valid_from", "First day", DayWidget())
    valid_until = column("valid_until", "Last day", DayWidget())

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
