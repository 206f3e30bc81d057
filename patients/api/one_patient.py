"""A patient's record by the short way (see `accounts.api.short`)."""

from functools import cache

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.api.short import ordinary_caller, short_answer
from accounts.models import AccessLog, User
from accounts.services.access import noted, reading
from clinic.api.etags import etag_of
from clinic.api.fields import CANONICAL_UUID
from clinic.api.views import ClinicViewSet
from clinic.statements import Statement, stand_in_key
from patients.api.serializers import PatientSerializer
from patients.models import Patient


def shown_patients(user) -> QuerySet[Patient]:
    """The patients whom the user may see, with what the API shows of each."""
    return Patient.objects.visible_to(user).select_related("document")


def short_patient(view: ClinicViewSet, request: HttpRequest, id: str) -> HttpResponse | None:
    if request.META.get("QUERY_STRING") or not CANONICAL_UUID.fullmatch(id):
        return None
    user = ordinary_caller(view, request, "retrieve")
    if user is None:
        return None
    found = patient_statement(user.role).records(user=user.pk, key=id, **reading(request, user))
    if not found:
        return None  # The id may lead to another record, or nowhere.
    data = one_serializer().to_representation(found[0])
    return short_answer(view, data, ETag=etag_of(data))


@cache
def patient_statement(role: str) -> Statement:
    user, key = stand_in_key(), stand_in_key()
    patients = shown_patients(User(pk=user, role=role)).filter(pk=key).order_by()
    rows = Statement(patients, user=user, key=key).extended("{} LIMIT 1")
    return noted(rows, AccessLog.Action.READ, rows.place_of("id"))


@cache
def one_serializer() -> PatientSerializer:
    """To copy all of its fields anew takes longer than to read the record."""
    return PatientSerializer()
