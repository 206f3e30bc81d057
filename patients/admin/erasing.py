"""The console's page that erases a patient, and the protocols of those who were."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic.console.parts import ReadOnlyAdmin, ServiceAdmin
from clinic.days import moment_text
from clinic.web.views import sent
from patients import services
from patients.admin.one_patient import OnePatient
from patients.forms.erasing import ErasureForm
from patients.models import Erasure, Patient

ERASE = "patients.erase_patient"


class ErasePages(OnePatient):
    """An admin of patients, who may be erased."""

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(never_cache(self.erase_view))
        own = path(
            "<uuid:patient_id>/erase/",
            self.admin_site.admin_view(view),
            name="patients_patient_erase",
        )
        return [own, *super().get_urls()]

    def erase_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        """What would go and what would stay, and the form that does it."""
        patient = self.patient_of(request, patient_id, ERASE)
        told = services.plan(patient)
        form = ErasureForm(
            sent(request), record_number=patient.record_number, initial={"version": told.version}
        )
        if form.is_valid() and (record := self.erase(request, patient, form)):
            return redirect("admin:patients_erasure_change", record.pk)
        self.note_shown(request, [patient])
        context = self.admin_site.each_context(request) | {
            "title": f"Erase {patient}?",
            "opts": self.opts,
            "patient": patient,
            "form": form,
            "plan": told,
        }
        return render(request, "admin/patients/patient/erase.html", context)

    def erase(self, request, patient: Patient, form: ErasureForm) -> Erasure | None:
        given = form.cleaned_data
        try:
            record = services.erase(patient, request.user, given["reason"], given["version"])
        except ValidationError as error:
            form.add_faults(error)
            form.data = form.data.copy() | {"version": services.plan(patient).version}
            return None
        number = record.record_number
        self.message_user(request, f"{number} is erased. This is the protocol.", messages.SUCCESS)
        return record

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["may_erase"] = request.user.has_perm(ERASE)
        return super().render_change_form(request, context, add, change, form_url, obj)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin, ServiceAdmin):
    """The protocols, to be read and printed."""

    menu_name = "Erasures"
    none_yet = "Nobody has been erased yet. Patients are on the page of their record."
    list_display = ("record", "at", "by", "until")
    list_display_links = ("record",)
    list_select_related = ("erased_by",)
    ordering = ("-erased_at", "-id")
    fields = readonly_fields = ("record", "at", "by", "why", "until")

    @admin.display(description="record", ordering="number")
    def record(self, record: Erasure) -> str:
        return record.record_number

    @admin.display(description="erased", ordering="erased_at")
    def at(self, record: Erasure) -> str:
        return moment_text(record.erased_at)

    @admin.display(description="by")
    def by(self, record: Erasure) -> str:
        return record.erased_by.get_full_name()

    @admin.display(description="reason")
    def why(self, record: Erasure) -> str:
        return record.reason

    @admin.display(description="sealed until", ordering="kept_until")
    def until(self, record: Erasure) -> str:
        return f"{record.kept_until:%-d %b %Y}" if record.kept_until else "Nothing is sealed"
