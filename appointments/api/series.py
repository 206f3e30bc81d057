from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from appointments.api.examples import PREVIEWED, REPEATING, SERIES_SHOWN
from appointments.api.series_serializers import (
    BookSeriesSerializer,
    CancelSeriesSerializer,
    NewSeriesSerializer,
    OccurrencesSerializer,
    RefusedSeriesSerializer,
    RescheduleSeriesSerializer,
    SeriesSerializer,
)
from appointments.models import Appointment, AppointmentSeries
from appointments.services.series import NOT_ONLINE, book_series, preview
from appointments.services.series_changes import cancel_series, reschedule_series
from clinic.api.serializers import fault
from doctors.models import Doctor
from patients.models import Patient

PATH = "/api/v1/appointment-series"


class AppointmentSeriesViewSet(ReadsNoted):
    """Visits that are booked at once by a rule, and changed together from one of them on."""

    patient_key = "patient_id"
    permissions = {
        "preview": "appointments.add_appointmentseries",
        "create": "appointments.add_appointmentseries",
        "retrieve": "appointments.view_appointmentseries",
        "cancel": "appointments.cancel_appointment",
        "reschedule": "appointments.add_appointmentseries",
    }
    tagged = frozenset({"create", "retrieve", "cancel", "reschedule"})
    matched = frozenset({"cancel", "reschedule"})
    located = frozenset({"create"})
    serializer_class = SeriesSerializer
    beside_problems = {name: {"409": RefusedSeriesSerializer} for name in ("create", "reschedule")}
    error_names = {
        "doctor": "doctor_id",
        "patient": "patient_id",
        "ends_at": "duration_minutes",
        "service": "service_id",
        "location": "location_id",
        "rule": "rrule",
    }

    def get_queryset(self) -> QuerySet[AppointmentSeries]:
        user = self.request.user
        visits = Appointment.objects.visible_to(user).with_people().with_offering()
        shown = Prefetch("appointments", visits.order_by("starts_at", "pk"))
        series = AppointmentSeries.objects.visible_to(user).select_related("doctor", "patient")
        return series.prefetch_related(shown, "dates")

    @extend_schema(
        request=NewSeriesSerializer,
        responses=OccurrencesSerializer,
        examples=[REPEATING, PREVIEWED],
    )
    def preview(self, request: Request) -> Response:
        """Look at a series.

        The dates of the rule, each with what stands in its way and the nearest free time. Nothing
        is booked or held.
        """
        given = self.read(NewSeriesSerializer, request.data)
        found = preview(self.first_of(given), given["rrule"], request.user)
        return Response(OccurrencesSerializer({"occurrences": found}).data)

    @extend_schema(
        request=BookSeriesSerializer,
        responses={201: SeriesSerializer},
        examples=[REPEATING, SERIES_SHOWN],
    )
    def create(self, request: Request) -> Response:
        """Book a series.

        All visits at once. Where one of the dates can't be had, `on_conflict` says what is done:
        `refuse` books none (409 with all `occurrences`), `skip` those that are free, `nearest` the
        others at the nearest free time. `skipped` and `replaced` tell which those are. One mail
        tells the patient of all visits.
        """
        given = self.read(BookSeriesSerializer, request.data)
        booked = book_series(
            self.first_of(given), given["rrule"], request.user, given["on_conflict"]
        )
        return self.created(self.shown(booked), PATH)

    @extend_schema(responses=SeriesSerializer, examples=[SERIES_SHOWN])
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a series.

        With all its visits, those that were moved or cancelled too.
        """
        return self.single(self.shown(self.get_object()))

    @extend_schema(request=CancelSeriesSerializer, responses=SeriesSerializer)
    def cancel(self, request: Request, id: str) -> Response:
        """Cancel visits of a series.

        This one and the later ones, or all that are to come. What has been moved or cancelled on
        its own stays as it is. Patients may do so up to the clinic's notice period.
        """
        series = self.get_unchanged()
        given = self.read(CancelSeriesSerializer, request.data)
        from_ = self.from_of(series, given.pop("from", None))
        cancelled = cancel_series(
            series, request.user, from_, check=self.check_still_unchanged, **given
        )
        return self.single(self.shown(cancelled))

    @extend_schema(request=RescheduleSeriesSerializer, responses=SeriesSerializer)
    def reschedule(self, request: Request, id: str) -> Response:
        """Move visits of a series.

        This one to the time, and the later ones by as much on the clinic's clocks: all of them, or
        none (409 with all `occurrences`). What has been moved or cancelled on its own stays as it
        is.
        """
        series = self.get_unchanged()
        given = self.read(RescheduleSeriesSerializer, request.data)
        from_ = self.from_of(series, given["from"])
        check = self.check_still_unchanged
        moved = reschedule_series(series, request.user, from_, given["starts_at"], check=check)
        return self.single(self.shown(moved))

    def get_unchanged(self) -> AppointmentSeries:
        """The series, if `If-Match` holds: judged here before the body is read, and once more by
        the service, which has locked the row."""
        series = self.get_object()
        self.check_still_unchanged(series)
        return series

    def check_still_unchanged(self, series: AppointmentSeries) -> None:
        if "If-Match" in self.request.headers:
            self.check_unchanged(self.shown(series))

    def first_of(self, given: dict[str, Any]) -> Appointment:
        """The first visit, unsaved. Not found where doctor or patient aren't, for who asks."""
        minutes, user = given.get("duration_minutes"), self.request.user
        if "patient_id" not in given:
            self.permission_denied(self.request, NOT_ONLINE)
        return Appointment(
            doctor=self.find(Doctor.objects.visible_to(user), given["doctor_id"]),
            patient=self.find(Patient.objects.visible_to(user), given["patient_id"]),
            service_id=given.get("service_id"),
            location_id=given.get("location_id"),
            starts_at=given["starts_at"],
            ends_at=given["starts_at"] + timedelta(minutes=minutes) if minutes else None,
            reason=given.get("reason", ""),
            overbook_reason=given.get("overbook_reason", ""),
        )

    def from_of(
        self, series: AppointmentSeries, given: UUID | datetime | None
    ) -> Appointment | datetime | None:
        if not isinstance(given, UUID):
            return given
        visit = next((one for one in series.appointments.all() if one.pk == given), None)
        if visit is None:
            raise ValidationError({"from": fault("The series has no such visit.")})
        return visit

    def shown(self, series: AppointmentSeries) -> Any:
        """The series as it is now, with its dates told apart."""
        now: Any = self.get_queryset().get(pk=series.pk)
        now.visits = list(now.appointments.all())
        dates = now.dates.all()
        now.skipped = [date for date in dates if date.appointment_id is None]
        now.replaced = [date for date in dates if date.appointment_id and date.refused_code]
        return now

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        """Where a conflict refused all, the dates."""
        found = getattr(error, "occurrences", None)
        if found is None:
            return {}
        return dict(OccurrencesSerializer({"occurrences": found}).data)
