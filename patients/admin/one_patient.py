"""What the console's pages about one patient have in common."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from accounts.admin.reads import PagesNoted
from patients.models import Patient


class OnePatient(PagesNoted):
    """An admin of patients with more pages on each of them."""

    def patient_of(self, request: HttpRequest, patient_id, permission: str) -> Patient:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        patient = self.get_object(request, str(patient_id))
        if patient is None:
            raise Http404
        return patient
