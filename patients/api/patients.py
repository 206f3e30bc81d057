from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from accounts.models import AccessLog
from accounts.services.access import note_read
from accounts.services.concealment import conceals
from clinic.api.etags import is_known
from clinic.api.parsers import StrictJSONParser, StrictMultiPartParser
from clinic.api.serializers import PageQuery
from clinic.api.views import ClinicViewSet
from doctors.models import Doctor
from patients import services
from patients.api.examples import NEW_NUMBER, STAFF_REGISTERS, STAFF_REGISTERS_BY_FORM
from patients.api.known import (
    ExistingOrHintSerializer,
    ExistingSerializer,
    TellsOwners,
    hint_of,
    is_conflict,
)
from patients.api.one_patient import short_patient, shown_patients
from patients.api.registration_serializers import (
    RegistrationSerializer,
    SelfRegisteredSerializer,
    SelfRegistrationSerializer,
)
from patients.api.serializers import (
    ERROR_NAMES,
    InvitationSerializer,
    InviteSerializer,
    PatientDocumentSerializer,
    PatientQuery,
    PatientSerializer,
)
from patients.models import CareAssignment, IdentityDocument, Patient
from patients.search.finding import MORE_FIT

PATH = "/api/v1/patients"
REGISTERED = PolymorphicProxySerializer(
    "Registered", [PatientSerializer, SelfRegisteredSerializer], resource_type_field_name=None
)


def order_of(ordering: str) -> list[str]:
    is_turned = ordering.startswith("-")
    if not ordering:
        return ["-likeness", "sort_name", "pk"]
    field = ordering.replace("last_name", "sort_name")
    return [field, "-pk" if is_turned else "pk"]


class PatientViewSet(ReadsNoted, TellsOwners):
    """Patients and the photos of their identity documents."""

    anonymous_actions = frozenset({"create"})
    permissions = {
        "list": "patients.list_patient",
        "create": "patients.add_patient",
        "retrieve": "patients.view_patient",
        "update": "patients.change_patient",
        "partial_update": "patients.change_patient",
        "destroy": "patients.delete_patient",
        "document": "patients.view_identitydocument",
        "replace_document": "patients.change_identitydocument",
        "invite": "patients.invite_patient",
    }
    queries = {"list": PatientQuery}
    parsers = {
        "create": [StrictJSONParser, StrictMultiPartParser],
        "replace_document": [StrictMultiPartParser],
    }
    limits = {"create": "register"}
    tagged = frozenset({"create", "retrieve", "update", "partial_update", "document"})
    matched = frozenset({"update", "partial_update", "destroy", "replace_document"})
    located = frozenset({"create"})
    beside_problems = {
        "create": {"409": ExistingOrHintSerializer},
        **{action: {"409": ExistingSerializer} for action in ("update", "partial_update")},
    }
    error_names = ERROR_NAMES
    leads_on = True
    short_ways = {"retrieve": short_patient}

    def is_limited(self) -> bool:
        return not self.on_behalf()

    def get_queryset(self) -> QuerySet[Patient]:
        return shown_patients(self.request.user)

    def get_serializer_class(self):
        if self.action == "replace_document":
            return PatientDocumentSerializer
        if self.action != "create":
            return PatientSerializer
        return RegistrationSerializer if self.on_behalf() else SelfRegistrationSerializer

    def perform_content_negotiation(self, request, force=False):
        """A photo is what it is, whatever the client would rather have."""
        return super().perform_content_negotiation(request, force or self.action == "document")

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        if self.action == "create" and not self.on_behalf():
            return hint_of(error) if is_conflict(error) else {}
        return super().beside_problem(error)

    def on_behalf(self) -> bool:
        """Does somebody who may do so register a patient, and not the patient?"""
        user = getattr(self.request, "user", None)
        return user is not None and user.has_perm("patients.add_patient")

    @extend_schema(parameters=[PatientQuery], responses=PatientSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List patients.

        The patients whom the caller may see, by name; of those searched, the likest first, 200 at
        most. Where more fit, the answer says so in `warnings`.
        """
        query = self.query
        patients = self.get_queryset()
        if "doctor_id" in query:
            patients = patients.filter(
                pk__in=Patient.objects.filter(care_assignments__doctor=query["doctor_id"])
            )
        if "active" in query:
            patients = patients.filter(is_active=query["active"])
        patients = patients.search(query.get("search", ""))
        response = self.paged(patients.order_by(*order_of(query.get("ordering", ""))))
        if patients.has_more:
            response.data["warnings"] = [MORE_FIT]
        return response

    @extend_schema(
        request={
            "application/json": RegistrationSerializer,
            "multipart/form-data": RegistrationSerializer,
        },
        responses={201: REGISTERED},
        examples=[STAFF_REGISTERS, STAFF_REGISTERS_BY_FORM],
    )
    def create(self, request: Request) -> Response:
        """Register a patient.

        Staff do so on a patient's behalf. Patients themselves need no token, must send
        `document_photo`, and so a form, and get back only what they sent, and the id. E-mail
        and phone are needed of them; staff may leave out either, or both.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        patient = serializer.build(valid)
        by = request.user if self.on_behalf() else None
        services.register(patient, valid.get("document_photo"), by)
        data = serializer.to_representation(patient)
        if by is None:
            location = request.build_absolute_uri(f"{PATH}/{patient.pk}")
            headers = {} if conceals() else {"Location": location}
            return Response(data, status.HTTP_201_CREATED, headers=headers)
        return self.created(self.find(self.get_queryset(), patient.pk), PATH)

    @extend_schema(responses=PatientSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a patient.

        The whole record. It is noted who read it.
        """
        return self.single(self.get_object())

    @extend_schema(request=PatientSerializer, responses=PatientSerializer)
    def update(self, request: Request, id: str) -> Response:
        """Replace a patient.

        Replace the record. Optional fields that are left out are emptied.
        """
        return self.changed(services.change, partial=False)

    @extend_schema(request=PatientSerializer, responses=PatientSerializer, examples=[NEW_NUMBER])
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a patient.

        Change the fields that are sent.
        """
        return self.changed(services.change, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a patient.

        Delete a patient to whom no appointment refers.
        """
        return self.deleted(services.delete)

    @extend_schema(
        responses={
            (200, "image/jpeg"): OpenApiTypes.BINARY,
            (200, "image/png"): OpenApiTypes.BINARY,
        }
    )
    def document(self, request: Request, id: str) -> HttpResponse:
        """Show the photo of an ID.

        The photo of the identity document itself.
        """
        patient = self.get_object()
        document = getattr(patient, "document", None)
        if document is None:
            raise NotFound
        headers = {
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "ETag": tag_of(document),
        }
        if is_known(request, headers["ETag"]):
            return HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        note_read(request, AccessLog.Action.DOCUMENT, [patient.pk])
        content = document.file.read()
        return HttpResponse(content, content_type=document.content_type, headers=headers)

    @extend_schema(
        request={"multipart/form-data": PatientDocumentSerializer},
        responses={204: OpenApiResponse(description="Kept.")},
    )
    @transaction.atomic
    def replace_document(self, request: Request, id: str) -> Response:
        """Replace the photo of an ID.

        Keep this photo instead of the one on record.
        """
        patient = self.get_locked()
        self.check_match(tag_of(getattr(patient, "document", None)))
        given: dict[str, Any] = self.read(PatientDocumentSerializer, request.data)
        services.replace_document(patient, given["document_photo"], by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=InviteSerializer, responses={201: InvitationSerializer})
    def invite(self, request: Request, id: str) -> Response:
        """Invite a patient to open an account.

        For patients on record who have none, with a date of birth: a link goes to them by mail
        or by text message, which takes the place of older ones. 409 `wrong_state` where that
        can't be. What opens the account is `/patient/claim`.
        """
        patient, given = self.get_object(), self.read(InviteSerializer, request.data)
        invitation = services.invite_patient(patient, given["channel"], by=request.user)
        return Response(InvitationSerializer(invitation).data, status.HTTP_201_CREATED)


def tag_of(document: IdentityDocument | None) -> str:
    """A document's `ETag`: its row is never changed, only replaced."""
    return f'"{document.pk.hex}"' if document else ""


class DoctorPatientsViewSet(ReadsNoted, ClinicViewSet):
    """Which patients a doctor looks after: many to many."""

    permissions = {
        "list": "patients.list_patient",
        "assign": "patients.add_careassignment",
        "end": "patients.delete_careassignment",
    }
    queries = {"list": PageQuery}
    tagged = frozenset({"assign"})
    serializer_class = PatientSerializer

    def get_queryset(self) -> QuerySet[Patient]:
        return shown_patients(self.request.user)

    def get_doctor(self) -> Doctor:
        return self.find(Doctor.objects.visible_to(self.request.user), self.kwargs["id"])

    @extend_schema(parameters=[PageQuery], responses=PatientSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List a doctor's patients.

        The patients of this doctor whom the caller may see.
        """
        assigned = CareAssignment.objects.filter(doctor=self.get_doctor()).values("patient")
        patients = self.get_queryset().filter(pk__in=assigned)
        return self.paged(patients.order_by("sort_name", "pk"))

    @extend_schema(request=None, responses={201: PatientSerializer, 200: PatientSerializer})
    def assign(self, request: Request, id: str, patient_id: str) -> Response:
        """Assign a patient to a doctor.

        Let the doctor look after the patient: 201, or 200 if that was so already.
        """
        doctor, patient = self.get_doctor(), self.find(self.get_queryset(), patient_id)
        self.read_no_body()
        is_new = services.assign(doctor, patient, by=request.user)
        response = self.single(patient)
        response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return response

    @extend_schema(responses={204: None})
    def end(self, request: Request, id: str, patient_id: str) -> Response:
        """End an assignment.

        End it.
        """
        doctor, patient = self.get_doctor(), self.find(self.get_queryset(), patient_id)
        self.read_no_body()
        if not services.end_assignment(doctor, patient, by=request.user):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)
