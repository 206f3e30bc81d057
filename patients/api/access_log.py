"""Who has seen a patient's record, for the API."""

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import AccessLog
from accounts.roles import Role
from clinic.api.fields import InstantField
from clinic.api.serializers import PageQuery
from clinic.api.views import ClinicViewSet
from patients.models import Patient


class ReaderSerializer(serializers.Serializer):
    name = serializers.CharField(source="get_full_name")
    role = serializers.ChoiceField(Role.choices)


class AccessSerializer(serializers.Serializer):
    """One request that showed the patient's data."""

    at = InstantField()
    who = ReaderSerializer(source="user", allow_null=True)
    own = serializers.SerializerMethodField(help_text="Was it the patient's own account?")
    action = serializers.ChoiceField(AccessLog.Action.choices)
    door = serializers.CharField(help_text="site, api or admin.")

    def get_own(self, access: AccessLog) -> bool:
        return access.user_id is not None and access.user_id == self.context["patient"].user_id


class PatientAccessViewSet(ClinicViewSet):
    """Who has seen a patient's record: for the patient, those who act for the patient,
    and administrators."""

    permissions = {"list": ""}
    leads_on = True
    queries = {"list": PageQuery}
    serializer_class = AccessSerializer

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.visible_to(self.request.user)

    @extend_schema(parameters=[PageQuery], responses=AccessSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List who has seen a patient.

        Every time that the record or its ID photo was shown, the latest first.
        """
        patient = cast(Patient, self.get_object())
        if request.user.is_staff and not request.user.has_perm("accounts.view_accesslog"):
            raise NotFound
        self.patient = patient
        return self.paged(AccessLog.objects.about(*patient.own_ids()))

    def get_serializer_context(self):
        return {**super().get_serializer_context(), "patient": getattr(self, "patient", None)}
