"""When rooms and equipment are out of service, and which booked visits that affects."""

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.absences import WithAffected
from appointments.api.serializers import AppointmentSerializer
from appointments.models import Appointment
from appointments.services import outages
from doctors import services as doctors_services
from doctors.api.catalogue_serializers import OutageQuery, OutageSerializer
from doctors.api.examples import OUT_OF_SERVICE
from doctors.models import Resource, ResourceOutage


class OutageWithAffectedSerializer(OutageSerializer):
    affected = AppointmentSerializer(many=True, read_only=True)


class OutageViewSet(WithAffected):
    """When the room or device of the address can't be used."""

    permissions = {
        "list": "doctors.view_resourceoutage",
        "create": "doctors.add_resourceoutage",
        "retrieve": "doctors.view_resourceoutage",
        "destroy": "doctors.delete_resourceoutage",
    }
    queries = {"list": OutageQuery}
    located = frozenset({"create"})
    serializer_class = OutageSerializer

    def get_resource(self) -> Resource:
        visible = Resource.objects.visible_to(self.request.user)
        return cast(Resource, self.find(visible, self.kwargs["id"]))

    def get_queryset(self) -> QuerySet[ResourceOutage]:
        return self.get_resource().outages.order_by("starts_at", "pk")

    def get_outage(self) -> ResourceOutage:
        return cast(ResourceOutage, self.find(self.get_queryset(), self.kwargs["period_id"]))

    def note_shown(self, records, is_list: bool = False) -> None:
        """Times out of service themselves show no patient."""
        if records and isinstance(records[0], Appointment):
            super().note_shown(records, is_list)

    @extend_schema(parameters=[OutageQuery], responses=OutageSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List when something is out of service.

        A room's or device's times, by their start.
        """
        return self.paged(self.get_queryset())

    @extend_schema(
        request=OutageSerializer,
        responses={201: OutageWithAffectedSerializer},
        examples=[OUT_OF_SERVICE],
    )
    def create(self, request: Request, id: str) -> Response:
        """Take a room or device out of service.

        No visit gets it then any more. The visits that are booked with it stay as they are and
        are listed as `affected`.
        """
        resource = self.get_resource()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        outage = serializer.build(serializer.validated_data)
        outage.resource = resource
        affected = outages.add_outage(outage, by=request.user)
        path = f"/api/v1/resources/{resource.pk}/out-of-service/{outage.pk}"
        return Response(
            {**self.get_serializer(outage).data, "affected": self.told(affected)},
            status.HTTP_201_CREATED,
            headers={"Location": request.build_absolute_uri(path)},
        )

    @extend_schema(responses=OutageSerializer)
    def retrieve(self, request: Request, id: str, period_id: str) -> Response:
        """Show a time out of service.

        From when until when, and why.
        """
        return Response(self.get_serializer(self.get_outage()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, period_id: str) -> Response:
        """Remove a time out of service.

        The room or device can be booked then again.
        """
        outage = self.get_outage()
        self.read_no_body()
        doctors_services.remove_outage(outage, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
