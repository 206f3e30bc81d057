"""The visits of a period in a file, as a tax adviser or an insurer asks for them."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import AccessLog, User
from accounts.services.access import note_read
from appointments.models import Appointment, AppointmentResource
from appointments.transitions import Status
from clinic.days import day_bounds
from clinic.files.admin.exports import ExportPages
from clinic.files.columns import Choice, Column, Text
from clinic.files.forms import PeriodForm, checked_format
from clinic.files.resource import FileResource


class LocalDay(Text):
    def write(self, value: Any) -> str:
        return timezone.localtime(value).date().isoformat()


class LocalTime(Text):
    def write(self, value: Any) -> str:
        return f"{timezone.localtime(value):%H:%M}"


class PatientNumber(Text):
    def write(self, value: Any) -> str:
        return value.record_number


ROOMS_BOOKED = Prefetch(
    "resource_bookings",
    AppointmentResource.objects.select_related("resource").order_by("resource__name", "pk"),
    to_attr="rooms_booked",
)


class RoomNames(Text):
    def write(self, value: Any) -> str:
        return ", ".join(str(one.resource) for one in value)


class AmountAlone(Text):
    """Of `45.00 EUR` the number, which a spreadsheet can add up."""

    def write(self, value: Any) -> str:
        return value.partition(" ")[0]


class VisitFile(FileResource):
    """Visits only go out in files: they are booked, never imported."""

    model = Appointment
    kind = "visits"
    order = ("starts_at", "pk")

    date = Column("starts_at", "Date", LocalDay())
    time = Column("starts_at", "Time", LocalTime())
    doctor = Column("doctor", "Doctor")
    patient = Column("patient", "Patient number", PatientNumber())
    name = Column("patient", "Name")
    status = Column("status", "Status", Choice(Status.choices))
    length = Column("duration_minutes", "Minutes")
    type = Column("service", "Visit type")
    place = Column("location", "Place")
    rooms = Column("rooms_booked", "Rooms", RoomNames())
    price = Column("price_text", "Price", AmountAlone())
    currency = Column("price_currency", "Currency")

    def loaded(self, records: Any, names: list[str]) -> Any:
        return (
            records.with_people()
            .select_related("service", "location")
            .prefetch_related(ROOMS_BOOKED)
        )


class VisitExport(ExportPages):
    """Export of the visits from one day to another, whatever the list shows."""

    file_resource = VisitFile

    def note_handed_out(self, request, records: list[Appointment]) -> None:
        note_read(request, AccessLog.Action.EXPORTED, [visit.patient_id for visit in records])

    def export_view(self, request: HttpRequest) -> HttpResponse:
        resource = self.resource_for(request, "export")
        last_month = timezone.localdate().replace(day=1) - timedelta(days=1)
        days = {"first": last_month.replace(day=1), "last": last_month}
        form = PeriodForm(request.POST or None, initial=days, label_suffix="")
        if request.method == "POST" and form.is_valid():
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
            visits = visits_between(first, last, request.user)
            try:
                checked_format(form.cleaned_data["format"], visits.count())
            except ValidationError as error:
                form.add_error("format", error)
            else:
                chosen = form.cleaned_data | {"period": f"{first}-to-{last}"}
                return self.hand_out(request, resource, visits.order_by(*resource.order), chosen)
        return self.files_page(
            request,
            "period",
            "Export visits",
            form=form,
            headings=resource.headings(list(resource.columns)),
        )


def visits_between(first: date, last: date, user: User | AnonymousUser) -> QuerySet[Appointment]:
    """The visits that start on these days of the clinic or between them."""
    starts, ends = day_bounds(first)[0], day_bounds(last)[1]
    visible = Appointment.objects.visible_to(user)
    return visible.filter(starts_at__gte=starts, starts_at__lt=ends)
