"""Working hours in files: the columns, and the services behind them."""

from datetime import time
from typing import Any, cast
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import models

from clinic.api.fields import CLOCK
from clinic.emails import normal_email
from clinic.errors import NotAllowed
from clinic.files.admin.pages import FilesAdmin
from clinic.files.columns import Choice, Column, Day, Text
from clinic.files.resource import Faults, FileResource
from doctors import services
from doctors.models import Doctor, HealthcareService, HoursService, Location, WorkingHours
from doctors.models.hours import WorkingHoursQuerySet

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


class PlaceByName(Text):
    """A place in use, by its name in any case; empty: any place."""

    def read(self, cell: str) -> Any:
        place = Location.objects.active().filter(name__iexact=cell).first()
        if cell and place is None:
            raise ValueError("There is no place of this name in use.")
        return place

    def write(self, value: Any) -> str:
        return value.name if value else ""


class TypesByName(Text):
    """The ids of visit types, by their names in any case, with semicolons between them."""

    def read(self, cell: str) -> frozenset[UUID]:
        known = {
            name.casefold(): pk for pk, name in HealthcareService.objects.values_list("pk", "name")
        }
        found, words = set(), cell.split(";") if cell else []
        while words:
            # A name may have semicolons of its own: the longest that is known.
            for end in range(len(words), 0, -1):
                key = known.get(";".join(words[:end]).strip().casefold())
                if key is not None:
                    break
            else:
                raise ValueError(f"There is no visit type called {words[0].strip()}.")
            found.add(key)
            words = words[end:]
        return frozenset(found)


class TypesColumn(Column):
    def text_of(self, record: WorkingHours) -> str:
        if not record.has_set_services and hasattr(record, "type_names"):
            return "; ".join(record.type_names)
        named = HealthcareService.objects.filter(pk__in=record.service_ids)
        return "; ".join(named.values_list("name", flat=True)) if record.service_ids else ""


class HoursFile(FileResource):
    """A row is a span of a weekday. Rows that are missing leave their spans as they are.

    Without a place it is at any, without visit types the doctor offers in it what they do.
    """

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
    location = Column("location", "Place", PlaceByName(), also=("Ort", "Standort", "Location"))
    services = TypesColumn(
        "service_ids", "Visit types", TypesByName(), also=("Terminarten", "Leistungen", "Services")
    )

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
        rows = with_names(WorkingHours.objects.filter(pk__in=keys))
        return {str(one.pk): one for one in rows} if keys else {}

    def loaded(self, records: models.QuerySet, names: list[str]) -> models.QuerySet:
        return with_names(cast(WorkingHoursQuerySet, records))

    def heading_of(self, name: str) -> str:
        return super().heading_of("service_ids" if name == "services" else name)

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


def with_names(rows: WorkingHoursQuerySet) -> WorkingHoursQuerySet:
    """With all that a row of the file says, in one query."""
    types = HoursService.objects.filter(hours=models.OuterRef("pk")).order_by("service__name")
    whole = rows.with_services().select_related("doctor", "location")
    return whole.annotate(type_names=ArraySubquery(types.values("service__name")))


class HoursFiles(FilesAdmin):
    """Import and export of everybody's working hours, beside those of the doctors."""

    file_resource = HoursFile
