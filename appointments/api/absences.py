from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from appointments.api.serializers import AppointmentSerializer
from appointments.models import Appointment
from appointments.services import absences
from doctors import services as doctors_services
from doctors.api.hours import DoctorsTimesViewSet
from doctors.api.hours_serializers import AbsenceSerializer, ClosureQuery, ClosureSerializer
from doctors.models import Closure

CLOSURES = "/api/v1/closures"


class WithAffected(ReadsNoted):
    """Adding something says which booked visits it affects. They stay as they are."""

    patient_key = "patient_id"

    def told(self, affected: list[Appointment]) -> list[dict]:
        self.note_shown(affected, is_list=True)
        return AppointmentSerializer(affected, many=True).data


class AbsenceWithAffectedSerializer(AbsenceSerializer):
    affected = AppointmentSerializer(many=True, read_only=True)


class ClosureWithAffectedSerializer(ClosureSerializer):
    affected = AppointmentSerializer(many=True, read_only=True)


class TimeOffViewSet(WithAffected, DoctorsTimesViewSet):
    """When a doctor is absent."""

    permissions = {
        "list": "doctors.view_workinghours",
        "create": "doctors.change_workinghours",
        "retrieve": "doctors.view_workinghours",
        "destroy": "doctors.change_workinghours",
    }
    serializer_class = AbsenceSerializer

    @extend_schema(responses=AbsenceSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List a doctor's absences.

        By their start.
        """
        absences_of_doctor = self.get_doctor().absences.all()
        return Response(self.get_serializer(absences_of_doctor, many=True).data)

    @extend_schema(request=AbsenceSerializer, responses={201: AbsenceWithAffectedSerializer})
    def create(self, request: Request, id: str) -> Response:
        """Add an absence.

        Nobody can book in it any more. The visits booked in it stay as they are and are listed
        as `affected`.
        """
        doctor = self.get_doctor()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        absence = serializer.build(serializer.validated_data)
        absence.doctor = doctor
        affected = absences.add_absence(absence, by=request.user)
        return self.added(absence, "time-off", affected=self.told(affected))

    @extend_schema(responses=AbsenceSerializer)
    def retrieve(self, request: Request, id: str, time_off_id: str) -> Response:
        """Show an absence.

        From when until when, and why.
        """
        return self.shown(self.get_doctor().absences.all(), time_off_id)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, time_off_id: str) -> Response:
        """Remove an absence.

        The doctor's hours in it can be booked again.
        """
        return self.removed(self.get_doctor().absences.all(), time_off_id)


class ClosureViewSet(WithAffected):
    """Days on which the whole clinic is closed."""

    permissions = {
        "list": "doctors.view_closure",
        "create": "doctors.add_closure",
        "retrieve": "doctors.view_closure",
        "destroy": "doctors.delete_closure",
    }
    queries = {"list": ClosureQuery}
    located = frozenset({"create"})
    serializer_class = ClosureSerializer

    def get_queryset(self) -> QuerySet[Closure]:
        return Closure.objects.order_by("starts_on", "pk")

    def note_shown(self, records, is_list: bool = False) -> None:
        """Closures themselves show no patient."""
        if records and isinstance(records[0], Appointment):
            super().note_shown(records, is_list)

    @extend_schema(parameters=[ClosureQuery], responses=ClosureSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the clinic's closures.

        By their first day.
        """
        return self.paged(self.get_queryset())

    @extend_schema(request=ClosureSerializer, responses={201: ClosureWithAffectedSerializer})
    def create(self, request: Request) -> Response:
        """Close the clinic.

        The visits booked on these days stay as they are and are listed as `affected`.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        closure = serializer.build(serializer.validated_data)
        affected = absences.add_closure(closure, by=request.user)
        return Response(
            {**self.get_serializer(closure).data, "affected": self.told(affected)},
            status.HTTP_201_CREATED,
            headers={"Location": request.build_absolute_uri(f"{CLOSURES}/{closure.pk}")},
        )

    @extend_schema(responses=ClosureSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a closure.

        The days, and why.
        """
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Remove a closure.

        The clinic is open again on these days.
        """
        closure = self.get_object()
        self.read_no_body()
        doctors_services.remove_closure(closure, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
