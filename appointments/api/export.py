from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import AccessLog
from accounts.services import step_up
from accounts.services.access import note_read
from appointments.services.export import everything_on
from clinic.api.views import ClinicViewSet
from patients.models import Patient


class PatientExportViewSet(ClinicViewSet):
    """Everything held on a patient."""

    permissions = {"retrieve": "patients.view_patient"}
    leads_on = True

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.visible_to(self.request.user).select_related("document", "user")

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def retrieve(self, request: Request, id: str) -> Response:
        """Export a patient's data.

        One JSON document: record, ID photo (Base64), doctors, appointments with their history,
        mails, who read the record, account and sign-ins; less what the caller may not see.
        403 `step_up_required` where nobody has shown the password lately.
        """
        patient = self.get_object()
        step_up.check(request.user)
        note_read(request, AccessLog.Action.EXPORT, [patient.pk])
        name = f'attachment; filename="{patient.record_number}.json"'
        headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
        return Response(everything_on(patient, by=request.user), headers=headers)
