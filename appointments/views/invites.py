"""A visit as a file for the patient's own calendar."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.invites import invite_file
from appointments.views.home import visit_of
from patients.models import Patient
from patients.views.whose import of_patient


@require_safe
@of_patient
def invite(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """The same invitation as in the mail."""
    visit = visit_of(request, visit_id)
    note_read(request, AccessLog.Action.READ, [visit.patient_id])
    return invite_file(visit, request.user)
