"""Who belongs to a patient, and whom patients register besides themselves."""

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.passwords import success_answer
from accounts.api.reads import ReadsNoted
from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.api.serializers import PageQuery
from clinic.api.views import ClinicViewSet
from patients import services
from patients.api.examples import A_CHILD, A_NEIGHBOUR, A_PARENT
from patients.api.related_serializers import (
    Dependant,
    DependantSerializer,
    DependantStateSerializer,
    RelatedPersonSerializer,
)
from patients.models import Patient, RelatedPerson

PATH = "/api/v1/patients/{}/related-persons"
ACTS = "{} is registered. You can book visits now."
WAITS = "{} is registered. You can book visits as soon as the clinic has confirmed it."


class RelatedPersonViewSet(ReadsNoted, ClinicViewSet):
    """Who belongs to a patient: parents, spouses, those who care for somebody."""

    permissions = {
        "list": "patients.view_relatedperson",
        "create": "patients.add_relatedperson",
        "retrieve": "patients.view_relatedperson",
        "partial_update": "patients.change_relatedperson",
        "destroy": "patients.delete_relatedperson",
    }
    queries = {"list": PageQuery}
    tagged = frozenset({"create", "retrieve", "partial_update"})
    matched = frozenset({"partial_update", "destroy"})
    located = frozenset({"create"})
    leads_on = True
    error_names = RelatedPersonSerializer.error_names
    serializer_class = RelatedPersonSerializer

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.visible_to(self.request.user)

    def get_patient(self) -> Patient:
        return cast(Patient, super().get_object())

    def get_object(self) -> RelatedPerson:
        return cast(
            RelatedPerson, self.find(related_to(self.get_patient()), self.kwargs["related_id"])
        )

    def note_shown(self, records: Iterable[Any], is_list: bool = False) -> None:
        """Both are shown: the patient, and who belongs to the patient."""
        action = AccessLog.Action.LIST if is_list else AccessLog.Action.READ
        people = [key for one in records for key in (one.patient_id, one.related_patient_id)]
        note_read(self.request, action, [key for key in people if key is not None])

    @extend_schema(parameters=[PageQuery], responses=RelatedPersonSerializer(many=True))
    def list(self, request: Request, id: str) -> Response:
        """List who belongs to a patient.

        Those that have ended, too, the oldest first. Patients see those of their own record, and
        of whom they act for.
        """
        return self.paged(related_to(self.get_patient()))

    @extend_schema(
        request=RelatedPersonSerializer,
        responses={201: RelatedPersonSerializer},
        examples=[A_PARENT, A_NEIGHBOUR],
    )
    def create(self, request: Request, id: str) -> Response:
        """Relate a person to a patient.

        Staff do so, and confirm it by that. Refused with 422: oneself, a circle of acting, an end
        before today, and the same two once more.
        """
        patient = self.get_patient()
        serializer = RelatedPersonSerializer(
            data=request.data, context={**self.get_serializer_context(), "patient": patient}
        )
        serializer.is_valid(raise_exception=True)
        relation = serializer.build(serializer.validated_data)
        if relation.related_patient_id is not None:
            person = self.find(self.get_queryset(), relation.related_patient_id)
            relation.related_patient = cast(Patient, person)
        return self.created(services.relate(relation, by=request.user), PATH.format(patient.pk))

    @extend_schema(responses=RelatedPersonSerializer)
    def retrieve(self, request: Request, id: str, related_id: str) -> Response:
        """Show who belongs to a patient.

        One of those in the list.
        """
        return self.single(self.get_object())

    @extend_schema(request=RelatedPersonSerializer, responses=RelatedPersonSerializer)
    def partial_update(self, request: Request, id: str, related_id: str) -> Response:
        """Change a relation.

        Change the fields that are sent, not whom it relates. Whoever lets somebody act confirms it
        by that; `confirmed_at` confirms what a patient has told of, and once more what lapsed when
        the patient came of age. One that has ended isn't used again: make a new one.
        """
        relation = self.get_object()
        self.check_unchanged(relation)
        serializer = self.get_serializer(relation, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = serializer.build(serializer.validated_data)
        services.change_relation(changed, by=request.user, check=self.check_unchanged)
        return self.single(self.get_object())

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, related_id: str) -> Response:
        """Withdraw a relation.

        Who has acted by it is out at once. Patients withdraw those of their own record, and those
        by which they act themselves.
        """
        relation = self.get_object()
        self.check_unchanged(relation)
        self.read_no_body()
        services.withdraw(relation, by=request.user, check=self.check_unchanged)
        return Response(status=status.HTTP_204_NO_CONTENT)


def related_to(patient: Patient) -> QuerySet[RelatedPerson]:
    return patient.related_persons.select_related("related_patient")


class DependantViewSet(ClinicViewSet):
    """Whom patients register besides themselves."""

    permissions = {"create": "patients.add_dependant_patient"}
    limits = {"create": "register"}
    serializer_class = DependantSerializer

    @extend_schema(request=DependantSerializer, responses={201: Dependant}, examples=[A_CHILD])
    def create(self, request: Request) -> Response:
        """Register somebody whom one cares for.

        A parent or guardian registers a child that is too young for a registration of its own, and
        acts for it at once. For anybody else the clinic confirms it first. 409
        `already_registered` where the caller has registered this person before.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        patient = serializer.build(valid)
        relation = services.register_dependant(patient, valid["relationship"], by=request.user)
        message = (ACTS if relation.may_act else WAITS).format(patient.name)
        response = success_answer(message, **DependantStateSerializer(relation).data)
        response.status_code = status.HTTP_201_CREATED
        return response
