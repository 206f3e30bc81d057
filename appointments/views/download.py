"""Everything that the clinic holds on the patient."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from rest_framework.renderers import JSONRenderer

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.services.export import everything_on
from patients.models import Patient
from patients.views.own import of_patient


@require_http_methods(["GET", "HEAD", "POST"])
@of_patient
def download(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Everything that the clinic holds on the patient, in one file: the API's export."""
    if request.method != "POST":
        return render(request, "appointments/download.html")
    note_read(request, AccessLog.Action.EXPORT, [patient.pk])
    document = JSONRenderer().render(everything_on(patient, by=request.user))
    name = f'attachment; filename="{patient.record_number}.json"'
    return HttpResponse(
        document, content_type="application/json", headers={"Content-Disposition": name}
    )
