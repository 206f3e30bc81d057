"""Everything that the clinic holds on the patient: for other programs, and to read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from rest_framework.renderers import JSONRenderer

from accounts.models import AccessLog
from accounts.services.access import note_read
from accounts.services.step_up import recently_proven
from appointments.services.export import everything_on
from appointments.views.readable_copy import readable_blocks
from patients.models import Patient
from patients.views.whose import of_patient


@require_http_methods(["GET", "HEAD", "POST"])
@of_patient
@recently_proven()
def download(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Everything that the clinic holds on the patient, in one file: the API's export, or the same
    as a document to read and to print."""
    if request.method != "POST":
        return render(request, "appointments/download.html")
    note_read(request, AccessLog.Action.EXPORT, [patient.pk])
    data = everything_on(patient, by=request.user)
    if request.POST.get("form") == "readable":
        title = _("The data of %(name)s") % {"name": patient.name}
        context = {"title": title, "blocks": readable_blocks(data), "made_at": timezone.now()}
        answer, ending = render(request, "appointments/readable_copy.html", context), "html"
    else:
        answer, ending = HttpResponse(JSONRenderer().render(data)), "json"
        answer["Content-Type"] = "application/json"
    answer["Content-Disposition"] = f'attachment; filename="{patient.record_number}.{ending}"'
    return answer
