from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.sorting import as_read
from doctors import services
from doctors.api.catalogue import CatalogueViewSet, by_name
from doctors.api.catalogue_serializers import ResourceQuery, ResourceSerializer
from doctors.api.examples import A_ROOM
from doctors.models import Resource

RESOURCES = "/api/v1/resources"


class ResourceViewSet(CatalogueViewSet):
    """Rooms and equipment, for staff."""

    permissions = {
        "list": "doctors.view_resource",
        "retrieve": "doctors.view_resource",
        "create": "doctors.add_resource",
        "update": "doctors.change_resource",
        "partial_update": "doctors.change_resource",
        "destroy": "doctors.delete_resource",
    }
    queries = {"list": ResourceQuery}
    error_names = ResourceSerializer.error_names
    serializer_class = ResourceSerializer

    def get_queryset(self) -> QuerySet[Resource]:
        return Resource.objects.visible_to(self.request.user)

    @extend_schema(parameters=[ResourceQuery], responses=ResourceSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List rooms and equipment.

        By pool and name. Those that are in use; administrators see the others, too.
        """
        found = self.get_queryset()
        if "pool" in self.query:
            found = found.filter(pool__iexact=self.query["pool"])
        for name in ("kind", "location_id"):
            if name in self.query:
                found = found.filter(**{name: self.query[name]})
        return self.paged(found.order_by(as_read("pool").asc(), *by_name()))

    @extend_schema(
        request=ResourceSerializer, responses={201: ResourceSerializer}, examples=[A_ROOM]
    )
    def create(self, request: Request) -> Response:
        """Add a room or equipment.

        One of a pool: a visit that needs one of the pool gets the first that is free, by name.
        """
        return self.added(services.save_resource, RESOURCES)

    @extend_schema(responses=ResourceSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a room or equipment.

        What it is, and where.
        """
        return self.single(self.get_object())

    @extend_schema(request=ResourceSerializer, responses=ResourceSerializer)
    def update(self, request: Request, id: str) -> Response:
        """Replace a room or equipment.

        Optional fields that are left out get their defaults. Visits that have it keep it.
        """
        return self.changed(services.save_resource, partial=False)

    @extend_schema(request=ResourceSerializer, responses=ResourceSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a room or equipment.

        Change the fields that are sent. Visits that have it keep it.
        """
        return self.changed(services.save_resource, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a room or equipment.

        With which no visit was ever booked; 409 `in_use` else: then `is_active: false` takes it
        out of use.
        """
        return self.deleted(services.remove_resource)
