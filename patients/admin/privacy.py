"""The console's page of a patient's consent, and of a restriction of the record."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from clinic.console.parts import sentence
from clinic.errors import NotAllowed
from clinic.forms import FaultsForm
from clinic.text import PlainText
from clinic.web.views import sent
from patients.admin.one_patient import OnePatient
from patients.models import Patient
from patients.services import consents

DONE = {
    "agrees": "The consent is noted.",
    "withdraws": "The consent is withdrawn: no reminders, no offers, no booking online.",
    "restricts": "The record is restricted: nobody is written to about it.",
    "lifts": "The record is not restricted any more.",
}


class RestrictionForm(FaultsForm):
    required_css_class = "required"
    reason = forms.CharField(
        max_length=300,
        error_messages={"required": "Why?"},
        validators=[PlainText()],
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="What the patient doubts or objects to. It is shown on the record.",
    )


class PrivacyPages(OnePatient):
    """An admin of patients, who consent and object."""

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.privacy_view)
        own = path(
            "<uuid:patient_id>/privacy/",
            self.admin_site.admin_view(view),
            name="patients_patient_privacy",
        )
        return [own, *super().get_urls()]

    def privacy_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        patient = self.patient_of(request, patient_id, consents.CHANGE)
        form = RestrictionForm(sent(request), label_suffix="")
        did = next((name for name in DONE if name in request.POST), "")
        is_right = did != "restricts" or form.is_valid()  # The others ask for no reason.
        if did and is_right and self.do(request, patient, did, form):
            self.message_user(request, DONE[did], messages.SUCCESS)
            return redirect("admin:patients_patient_privacy", patient.pk)
        self.note_shown(request, [patient])
        context = self.admin_site.each_context(request) | {
            "title": "Consent and restriction",
            "opts": self.opts,
            "patient": patient,
            "form": form,
        }
        return render(request, "admin/patients/patient/privacy.html", context)

    def do(self, request: HttpRequest, patient: Patient, did: str, form: RestrictionForm) -> bool:
        """Do what was asked; False where it is refused, which the form says then."""
        by = request.user
        try:
            if did in ("agrees", "withdraws"):
                consents.set_consent(patient, by, agrees=did == "agrees")
            elif did == "restricts":
                consents.restrict(patient, by, form.cleaned_data["reason"])
            else:
                consents.lift_restriction(patient, by)
        except ValidationError as error:
            form.add_faults(error)
            return False
        except NotAllowed as error:
            form.add_error(None, sentence(error))
            return False
        return True
