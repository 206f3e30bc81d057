"""What is offered, and where."""

from typing import Any, cast

from django.db import transaction
from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.views import ClinicViewSet, Service
from clinic.sorting import as_read
from doctors import services
from doctors.api.catalogue_serializers import (
    HealthcareServiceSerializer,
    LocationQuery,
    LocationSerializer,
    SavedServiceSerializer,
    ServiceQuery,
)
from doctors.api.examples import A_PLACE, A_SCAN
from doctors.models import HealthcareService, Location

SERVICES, LOCATIONS = "/api/v1/services", "/api/v1/locations"


class CatalogueViewSet(ClinicViewSet):
    """Read by whoever may see it, written by administrators."""

    tagged = frozenset({"create", "retrieve", "update", "partial_update"})
    matched = frozenset({"update", "partial_update", "destroy"})
    located = frozenset({"create"})

    def added(self, save: Service, path: str) -> Response:
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        record = save(serializer.build(serializer.validated_data), by=self.request.user)
        return self.created(record, path)


class ServiceViewSet(CatalogueViewSet):
    """What patients can come for."""

    anonymous_actions = frozenset({"list", "retrieve"})
    permissions = {
        "list": "doctors.view_healthcareservice",
        "retrieve": "doctors.view_healthcareservice",
        "create": "doctors.add_healthcareservice",
        "update": "doctors.change_healthcareservice",
        "partial_update": "doctors.change_healthcareservice",
        "destroy": "doctors.delete_healthcareservice",
    }
    queries = {"list": ServiceQuery}
    error_names = HealthcareServiceSerializer.error_names
    serializer_class = HealthcareServiceSerializer

    def get_queryset(self) -> QuerySet[HealthcareService]:
        visible = HealthcareService.objects.visible_to(self.request.user)
        return visible.prefetch_related("service_doctors", "service_locations", "needs")

    @extend_schema(parameters=[ServiceQuery], responses=HealthcareServiceSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List visit types.

        By name. Patients and anybody else see those that can be booked online, staff all that are
        offered, administrators those that aren't any more, too.
        """
        found = self.get_queryset()
        if "doctor_id" in self.query:
            found = found.offered_by(self.query["doctor_id"])
        if "location_id" in self.query:
            found = found.offered_at(self.query["location_id"])
        if "is_online" in self.query:
            found = found.filter(is_online=self.query["is_online"])
        return self.paged(found.order_by(*by_name()))

    @extend_schema(
        request=HealthcareServiceSerializer,
        responses={201: SavedServiceSerializer},
        examples=[A_SCAN],
    )
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Add a visit type.

        What a visit of it needs is named by pools of `/resources`; one that has too few in use
        yet is taken, and told in `warnings`.
        """
        saved = self.saved(self.get_serializer(data=request.data))
        return self.created(saved, SERVICES, **warned(saved))

    @extend_schema(responses=HealthcareServiceSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a visit type.

        Its length, buffers and price, who offers it, where, and what it needs.
        """
        return self.single(self.get_object())

    @extend_schema(request=HealthcareServiceSerializer, responses=SavedServiceSerializer)
    def update(self, request: Request, id: str) -> Response:
        """Replace a visit type.

        Optional fields that are left out get their defaults. Visits that are booked keep the
        length, the buffers and the price that they were booked with.
        """
        return self.replaced(partial=False)

    @extend_schema(request=HealthcareServiceSerializer, responses=SavedServiceSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a visit type.

        Change the fields that are sent; lists are sent whole. Visits that are booked keep the
        length, the buffers and the price that they were booked with.
        """
        return self.replaced(partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a visit type.

        One to which no visit, no hours and nobody who waits refers; 409 `in_use` else: then
        `is_active: false` takes it out of what is offered.
        """
        return self.deleted(services.remove_service)

    @transaction.atomic
    def replaced(self, partial: bool) -> Response:
        instance = self.get_matching()
        serializer = self.get_serializer(instance, data=self.request.data, partial=partial)
        saved = self.saved(serializer)
        return self.single(saved, **warned(saved))

    def saved(self, serializer: Any) -> HealthcareService:
        """The visit type as it is stored then."""
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        service = services.save_service(
            serializer.build(valid), by=self.request.user, **serializer.lists(valid)
        )
        return cast(HealthcareService, self.find(self.get_queryset(), service.pk))


def warned(service: HealthcareService) -> dict[str, list[str]]:
    found = services.unmet_needs(service)
    return {"warnings": found} if found else {}


def by_name() -> list[Any]:
    return [as_read("name").asc(), F("pk").asc()]


class LocationViewSet(CatalogueViewSet):
    """Where visits take place."""

    anonymous_actions = frozenset({"list", "retrieve"})
    permissions = {
        "list": "doctors.view_location",
        "retrieve": "doctors.view_location",
        "create": "doctors.add_location",
        "update": "doctors.change_location",
        "partial_update": "doctors.change_location",
        "destroy": "doctors.delete_location",
    }
    queries = {"list": LocationQuery}
    serializer_class = LocationSerializer

    def get_queryset(self) -> QuerySet[Location]:
        return Location.objects.visible_to(self.request.user)

    @extend_schema(parameters=[LocationQuery], responses=LocationSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the clinic's places.

        By name. Those that are in use; administrators see the others, too. All of them share the
        clinic's time zone.
        """
        return self.paged(self.get_queryset().order_by(*by_name()))

    @extend_schema(
        request=LocationSerializer, responses={201: LocationSerializer}, examples=[A_PLACE]
    )
    def create(self, request: Request) -> Response:
        """Add a place.

        A clinic with one place only needs none.
        """
        return self.added(services.save_location, LOCATIONS)

    @extend_schema(responses=LocationSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a place.

        Its address, its phone number, and where it is on a map.
        """
        return self.single(self.get_object())

    @extend_schema(request=LocationSerializer, responses=LocationSerializer)
    def update(self, request: Request, id: str) -> Response:
        """Replace a place.

        Optional fields that are left out get their defaults.
        """
        return self.changed(services.save_location, partial=False)

    @extend_schema(request=LocationSerializer, responses=LocationSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a place.

        Change the fields that are sent. 409 `in_use` where it is to be out of use, and doctors
        still have hours there.
        """
        return self.changed(services.save_location, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a place.

        One to which nothing refers; 409 `in_use` else: then `is_active: false` takes it out of
        use.
        """
        return self.deleted(services.remove_location)
