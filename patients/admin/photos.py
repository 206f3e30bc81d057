"""The console's pages of the photo of an ID: handed out, looked at closely, checked."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from accounts.admin.reads import PagesNoted
from accounts.models import AccessLog
from accounts.services.access import note_read
from patients.forms.photo_checks import USUAL_REASONS, CheckForm
from patients.models import IdentityDocument
from patients.photos.handing_out import photo_answer
from patients.reach import nothing_mailed

SEE, CHECK = "patients.view_identitydocument", "patients.verify_identitydocument"


class PhotoPages(PagesNoted):
    """An admin of patients, whose identity the front desk checks."""

    def get_urls(self):
        inside = self.admin_site.admin_view
        check = require_http_methods(["GET", "HEAD", "POST"])(self.check_view)
        photo = inside(self.photo_view, cacheable=True)
        return [
            path("<uuid:patient_id>/photo/", photo, name="patients_patient_photo"),
            path("<uuid:patient_id>/photo/check/", inside(check), name="patients_patient_check"),
            *super().get_urls(),
        ]

    def document_of(self, request: HttpRequest, patient_id, permission: str) -> IdentityDocument:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        documents = IdentityDocument.objects.visible_to(request.user)
        related = documents.select_related("patient", "uploaded_by", "checked_by")
        document = related.filter(patient=patient_id).first()
        if document is None:
            raise Http404
        return document

    def photo_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        """Hand out the photo: the only address in the console that does."""
        document = self.document_of(request, patient_id, SEE)
        note_read(request, AccessLog.Action.DOCUMENT, [document.patient_id])
        return photo_answer(request, document)

    def check_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        """The photo enlarged beside what the record says, and the decision on it."""
        document = self.document_of(request, patient_id, CHECK)
        data = request.POST if request.method == "POST" else None
        form = CheckForm(data, document=document)
        if form.is_valid() and (decided := form.decide(request.user)):
            return self.checked(request, decided)
        self.note_shown(request, [document.patient])
        context = self.admin_site.each_context(request) | {
            "title": "Check the ID photo",
            "opts": self.opts,
            "form": form,
            "document": document,
            "original": document.patient,
            "usual_reasons": USUAL_REASONS,
        }
        return TemplateResponse(request, "admin/patients/patient/check.html", context)

    def checked(self, request: HttpRequest, document: IdentityDocument) -> HttpResponse:
        """Say what was done, and go back to where the photo was found."""
        done = f"The ID photo of {document.patient} is verified."
        if document.check_result == IdentityDocument.Result.REFUSED:
            told = nothing_mailed(document.patient) or "The patient is told by mail."
            done = f"The ID photo of {document.patient} is refused. {told}"
        self.message_user(request, done, messages.SUCCESS)
        if "approvals" in request.GET:
            return redirect("approvals")
        return redirect("admin:patients_patient_change", document.patient_id)
