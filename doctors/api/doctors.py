from django.db import transaction
from django.db.models import F, QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.views import ClinicViewSet
from clinic.sorting import as_read, name_key
from doctors import services
from doctors.api.serializers import (
    ApplicationSerializer,
    AppliedSerializer,
    DoctorQuery,
    DoctorSerializer,
    NewAccountSerializer,
    PublicDoctorSerializer,
    StaffAccountSerializer,
    StaffSerializer,
)
from doctors.models import Doctor

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
        "approve": "doctors.approve_doctor",
    }
    queries = {"list": DoctorQuery}
    tagged = frozenset({"create", "retrieve", "update", "partial_update", "approve"})
    matched = frozenset({"update", "partial_update", "destroy", "approve"})
    located = frozenset({"create"})

    def get_queryset(self) -> QuerySet[Doctor]:
        return Doctor.objects.visible_to(self.request.user)

    def get_serializer_class(self):
        user = getattr(self.request, "user", None)
        sees_all = user is not None and user.has_perm("doctors.view_all_doctor")
        return DoctorSerializer if sees_all else PublicDoctorSerializer

    @extend_schema(
        parameters=[DoctorQuery],
        responses=PolymorphicProxySerializer(
            "AnyDoctor",
            [DoctorSerializer, PublicDoctorSerializer],
            resource_type_field_name=None,
            many=True,
        ),
    )
    def list(self, request: Request) -> Response:
        """List doctors.

        Active doctors with their public fields; the front office sees all of all.
        """
        doctors = self.get_queryset()
        if "specialization" in self.query:
            doctors = doctors.named_so(self.query["specialization"])
        ordering = self.query.get("ordering", "last_name")
        is_turned = ordering.startswith("-")
        keys = [name_key(), F("pk")]
        if ordering.endswith("specialization"):
            keys.insert(0, as_read("specialization"))
        order = [key.desc() if is_turned else key.asc() for key in keys]
        return self.paged(doctors.order_by(*order))

    @extend_schema(request=DoctorSerializer, responses={201: DoctorSerializer})
    def create(self, request: Request) -> Response:
        """Add a doctor.

        A doctor without an account; `POST /api/v1/auth/register` opens one.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        doctor = services.create(serializer.build(serializer.validated_data), by=request.user)
        return self.created(doctor, PATH)

    @extend_schema(responses=ANY_DOCTOR)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a doctor.

        The front office sees all of the record, others its public fields.
        """
        return self.single(self.get_object())

    @extend_schema(request=DoctorSerializer, responses=DoctorSerializer)
    def update(self, request: Request, id: str) -> Response:
        """Replace a doctor.

        Replace the record. Optional fields that are left out get their defaults.
        """
        return self.changed(services.change, partial=False)

    @extend_schema(request=DoctorSerializer, responses=DoctorSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a doctor.

        Change the fields that are sent.
        """
        return self.changed(services.change, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a doctor.

        Delete a doctor to whom no appointment refers. An application goes with its account.
        """
        return self.deleted(services.delete)

    @extend_schema(request=None, responses=DoctorSerializer)
    @transaction.atomic
    def approve(self, request: Request, id: str) -> Response:
        """Approve a doctor.

        Activate a doctor who applied, and the account, and mail them a link to choose a password.
        409 `wrong_state` where no application waits, or its address isn't confirmed yet. `DELETE`
        rejects an application.
        """
        doctor = self.get_matching()
        self.read_no_body()
        return self.single(services.approve(doctor, by=request.user))


class StaffViewSet(ClinicViewSet):
    """How members of staff get their accounts."""

    anonymous_actions = frozenset({"apply"})
    permissions = {"register": "accounts.add_user", "apply": ""}
    limits = {"apply": "provider"}
    serializer_class = StaffAccountSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever applies has no account yet."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    @extend_schema(request=StaffSerializer, responses={201: StaffAccountSerializer})
    def register(self, request: Request) -> Response:
        """Open a staff account.

        Open an account of staff. A doctor's comes with the doctor's record: the one with this
        e-mail address if it has no account yet, or else a new one, which needs a
        `specialization`. 409 `already_registered` for a known e-mail.
        """
        serializer = self.valid(StaffSerializer)
        user, doctor = serializer.build(serializer.validated_data)
        password = serializer.validated_data["password"]
        services.register_staff(user, password, doctor, by=request.user)
        return Response(self.get_serializer(user).data, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="provider_register",
        request=ApplicationSerializer,
        responses={201: AppliedSerializer},
    )
    def apply(self, request: Request) -> Response:
        """Apply as a doctor.

        An inactive doctor and account, until the address is confirmed by the link of a mail and an
        admin approves them. The password is judged but not kept: approval sends a link to choose
        one. 409 `already_registered` for a
        known e-mail; where the clinic conceals who is known, it is answered as a success is: then
        without `doctor_id`, for everybody.
        """
        serializer = self.valid(ApplicationSerializer)
        _, doctor = serializer.build(serializer.validated_data)
        valid = serializer.validated_data
        consents = bool(valid.get("privacy_consent"))
        services.apply(doctor, valid["password"], consents=consents)
        answer = {"success": True, "message": APPLIED, "data": doctor}
        return Response(AppliedSerializer(answer).data, status.HTTP_201_CREATED)

    def valid(self, serializer_class: type[NewAccountSerializer]) -> NewAccountSerializer:
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer


APPLIED = "Thank you. We look at your application and write to you."
