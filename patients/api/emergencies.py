"""Opening the record of somebody else's patient in an emergency, through the API."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.api.fields import DayField, IdField, InstantField, TextField
from clinic.api.serializers import PageQuery, StrictSerializer
from clinic.api.views import ClinicViewSet
from patients import services
from patients.models import EmergencyAccess, Patient

PATH = "/api/v1/emergency-accesses"
WHO = "Give patient_id, or number, or last_name with date_of_birth."


class EmergencySerializer(StrictSerializer):
    patient_id = IdField(required=False)
    number = TextField(required=False, max_length=20, help_text="Of the record, as P-000123.")
    last_name = TextField(required=False, max_length=50, help_text="In full.")
    date_of_birth = DayField(required=False)
    reason = TextField(max_length=500, help_text="What the emergency is.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_person = {"last_name", "date_of_birth"} <= {*attrs}
        ways = ("patient_id" in attrs, "number" in attrs, is_person)
        if sum(ways) != 1:
            raise serializers.ValidationError({"patient_id": WHO})
        return attrs


class EmergencyAccessSerializer(serializers.Serializer):
    """A record that is, or was, open to somebody who doesn't look after the patient."""

    id = IdField()
    patient_id = IdField()
    user_id = IdField(help_text="Who opened it.")
    reason = serializers.CharField()
    opened_at = InstantField()
    expires_at = InstantField()
    ended_at = InstantField(allow_null=True, help_text="If it was shut before its time.")
    reviewed_at = InstantField(allow_null=True, help_text="When an administrator looked at it.")


class EmergencyViewSet(ReadsNoted, ClinicViewSet):
    """Emergency access: a doctor's own that are open; all of them for administrators."""

    permissions = {
        "list": "patients.view_emergencyaccess",
        "create": "patients.add_emergencyaccess",
        "retrieve": "patients.view_emergencyaccess",
        "end": "patients.view_emergencyaccess",
        "review": "patients.change_emergencyaccess",
    }
    queries = {"list": PageQuery}
    located = frozenset({"create"})
    serializer_class = EmergencyAccessSerializer
    patient_key = "patient_id"

    def get_queryset(self) -> QuerySet[EmergencyAccess]:
        return EmergencyAccess.objects.visible_to(self.request.user)

    @extend_schema(parameters=[PageQuery], responses=EmergencyAccessSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List emergency accesses.

        The latest first.
        """
        return self.paged(self.get_queryset().order_by("-opened_at", "-pk"))

    @extend_schema(request=EmergencySerializer, responses={201: EmergencyAccessSerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Open a record in an emergency.

        For doctors, of a patient whom they don't look after: `/patients/{id}` shows the record
        until `expires_at`. All administrators are told. 409 `wrong_state` where the caller sees it
        anyway, 422 where nobody is meant, or several.
        """
        given: dict[str, Any] = self.read(EmergencySerializer, request.data)
        if "patient_id" in given:
            patient = self.find(Patient.objects.standing(), given["patient_id"])
        else:
            patient = services.find_in_emergency(
                request.user,
                given.get("number", ""),
                given.get("last_name", ""),
                given.get("date_of_birth"),
            )
        access = services.open_in_emergency(patient, given["reason"], by=request.user)
        note_read(request, AccessLog.Action.EMERGENCY, [access.patient_id])
        location = request.build_absolute_uri(f"{PATH}/{access.pk}")
        return self.shown(access, status.HTTP_201_CREATED, Location=location)

    @extend_schema(responses=EmergencyAccessSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show an emergency access.

        One of those in the list.
        """
        return self.shown(self.get_object())

    @extend_schema(request=None, responses=EmergencyAccessSerializer)
    def end(self, request: Request, id: str) -> Response:
        """Shut a record again.

        Before its time: whoever opened it, or an administrator. 409 where it is shut.
        """
        return self.done(services.end_emergency)

    @extend_schema(request=None, responses=EmergencyAccessSerializer)
    def review(self, request: Request, id: str) -> Response:
        """Review an emergency access.

        Notes that an administrator has looked at it, once; 409 after that.
        """
        return self.done(services.review_emergency)

    def done(self, service: Callable[..., EmergencyAccess]) -> Response:
        access = self.get_object()
        self.read_no_body()
        return self.shown(service(access, by=self.request.user))

    def shown(self, access: EmergencyAccess, code: int = 200, **headers: str) -> Response:
        self.note_shown([access])
        return Response(self.get_serializer(access).data, code, headers=headers)
