from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Role
from clinic.api.views import ClinicViewSet
from doctors import services
from doctors.models import Doctor
from doctors.serializers import DoctorQuery, DoctorSerializer, PublicDoctorSerializer

PATH = "/api/v1/doctors"
ANY_DOCTOR = PolymorphicProxySerializer(
    "AnyDoctor", [DoctorSerializer, PublicDoctorSerializer], resource_type_field_name=None
)


class DoctorViewSet(ClinicViewSet):
    """The clinic's doctors. Anybody may know who takes appointments; the rest is for staff."""

    anonymous_actions = frozenset({"list", "retrieve"})
    permissions = {
        "list": "doctors.view_doctor",
        "retrieve": "doctors.view_doctor",
        "create": "doctors.add_doctor",
        "update": "doctors.change_doctor",
        "partial_update": "doctors.change_doctor",
        "destroy": "doctors.delete_doctor",
    }
    queries = {"list": DoctorQuery}

    def get_queryset(self) -> QuerySet[Doctor]:
        return Doctor.objects.visible_to(self.request.user)

    def get_serializer_class(self):
        role = getattr(getattr(self.request, "user", None), "role", None)
        is_front_office = role in (Role.ADMIN, Role.RECEPTIONIST)
        return DoctorSerializer if is_front_office else PublicDoctorSerializer

    @extend_schema(
        parameters=[DoctorQuery],
        responses=PolymorphicProxySerializer(
            "AnyDoctor",
            [DoctorSerializer, PublicDoctorSerializer],
            resource_type_field_name=None,
            many=True,
        ),
        auth=[{"OAuth2": []}, {}],
    )
    def list(self, request: Request) -> Response:
        """Active doctors with their public fields; the front office sees all of all."""
        doctors = self.get_queryset()
        if "specialization" in self.query:
            doctors = doctors.filter(specialization__iexact=self.query["specialization"])
        ordering = self.query.get("ordering", "last_name")
        minus = "-" if ordering.startswith("-") else ""
        return self.paged(
            doctors.order_by(ordering, f"{minus}last_name", f"{minus}first_name", f"{minus}pk")
        )

    @extend_schema(request=DoctorSerializer, responses={201: DoctorSerializer})
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        doctor = services.create(serializer.build(serializer.validated_data), by=request.user)
        return self.created(doctor, PATH)

    @extend_schema(responses=ANY_DOCTOR, auth=[{"OAuth2": []}, {}])
    def retrieve(self, request: Request, id: str) -> Response:
        return self.single(self.get_object())

    @extend_schema(request=DoctorSerializer, responses=DoctorSerializer)
    def update(self, request: Request, id: str) -> Response:
        """Replace the record. Optional fields that are left out get their defaults."""
        return self.change(request, partial=False)

    @extend_schema(request=DoctorSerializer, responses=DoctorSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change the fields that are sent."""
        return self.change(request, partial=True)

    @transaction.atomic
    def change(self, request: Request, partial: bool) -> Response:
        doctor = self.get_matching()
        serializer = self.get_serializer(doctor, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        changed = services.change(serializer.build(serializer.validated_data), by=request.user)
        return self.single(changed)

    @extend_schema(responses={204: None})
    @transaction.atomic
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a doctor to whom no appointment refers."""
        instance = self.get_matching()
        self.read_no_body()
        services.delete(instance, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
