from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api import etags
from clinic.api.views import ClinicViewSet
from doctors import services
from doctors.api.hours_serializers import ExtraHoursSerializer, WorkingHoursSerializer
from doctors.models import Absence, Doctor, ExtraHours


class DoctorsTimesViewSet(ClinicViewSet):
    """What is in the calendar of the doctor in the address, for those who keep it."""

    pagination_class = None  # Plain arrays: they are bounded.
    located = frozenset({"create"})
    error_names = {"location": "location_id", "services": "service_ids"}

    def get_doctor(self) -> Doctor:
        """Raises NotAllowed where it is another doctor's calendar."""
        doctor = self.find(Doctor.objects.visible_to(self.request.user), self.kwargs["id"])
        services.check_keeps_hours(doctor, self.request.user)
        return doctor

    def added(self, time: Absence | ExtraHours, path: str, **extra) -> Response:
        """201 with what was put into the calendar, and its `Location`."""
        location = f"/api/v1/doctors/{time.doctor_id}/{path}/{time.pk}"
        return Response(
            {**self.get_serializer(time).data, **extra},
            status.HTTP_201_CREATED,
            headers={"Location": self.request.build_absolute_uri(location)},
        )

    def shown(self, times: QuerySet, id: str) -> Response:
        return Response(self.get_serializer(self.find(times, id)).data)

    def removed(self, times: QuerySet, id: str) -> Response:
        time = self.find(times, id)
        self.read_no_body()
        services.remove_time(time, by=self.request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WorkingHoursViewSet(DoctorsTimesViewSet):
    """The week in which a doctor sees patients."""

    permissions = {
        "list": "doctors.view_workinghours",
        "replace": "doctors.change_workinghours",
    }
    tagged = frozenset(permissions)
    matched = frozenset({"replace"})
    serializer_class = WorkingHoursSerializer

    @extend_schema(responses=WorkingHoursSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List a doctor's working hours.

        The whole week, by weekday and time. A span may name the place where the doctor is then,
        and the visit types that alone are offered in it.
        """
        return self.tagged_answer(self.week_of(self.get_doctor()))

    def week_of(self, doctor: Doctor) -> Any:
        return self.get_serializer(doctor.working_hours.with_services(), many=True).data

    @extend_schema(
        request=WorkingHoursSerializer(many=True), responses=WorkingHoursSerializer(many=True)
    )
    @transaction.atomic
    def replace(self, request: Request, id: str) -> Response:
        """Replace a doctor's working hours.

        The whole week at once: what isn't in it is gone. Spans don't overlap. A span without
        `location_id` is at any place, one without `service_ids` offers whatever the doctor does.
        Visits that are booked stay as they are.
        """
        doctor = self.get_doctor()
        services.lock_doctors([doctor.pk])
        self.check_match(etags.etag_of(self.week_of(doctor)))
        serializer = self.get_serializer(data=request.data, many=True, max_length=MOST_SPANS)
        serializer.is_valid(raise_exception=True)
        week = [serializer.child.build(valid) for valid in serializer.validated_data]
        services.set_week(doctor, week, by=request.user)
        return self.tagged_answer(self.week_of(doctor))


MOST_SPANS = 100


class ExtraHoursViewSet(DoctorsTimesViewSet):
    """Hours in which a doctor sees patients beyond the week."""

    permissions = {
        "list": "doctors.view_workinghours",
        "create": "doctors.change_workinghours",
        "retrieve": "doctors.view_workinghours",
        "destroy": "doctors.change_workinghours",
    }
    serializer_class = ExtraHoursSerializer

    @extend_schema(responses=ExtraHoursSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List a doctor's extra hours.

        By their start.
        """
        times = self.get_doctor().extra_hours.all()
        return Response(self.get_serializer(times, many=True).data)

    @extend_schema(request=ExtraHoursSerializer, responses={201: ExtraHoursSerializer})
    def create(self, request: Request, id: str) -> Response:
        """Add extra hours.

        24 hours at most, not overlapping with others.
        """
        doctor = self.get_doctor()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        extra = serializer.build(serializer.validated_data)
        extra.doctor = doctor
        services.add_extra_hours(extra, by=request.user)
        return self.added(extra, "extra-hours")

    @extend_schema(responses=ExtraHoursSerializer)
    def retrieve(self, request: Request, id: str, extra_hours_id: str) -> Response:
        """Show extra hours.

        From when until when, and why.
        """
        return self.shown(self.get_doctor().extra_hours.all(), extra_hours_id)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, extra_hours_id: str) -> Response:
        """Remove extra hours.

        What is booked in them stays as it is.
        """
        return self.removed(self.get_doctor().extra_hours.all(), extra_hours_id)
