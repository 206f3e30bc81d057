"""Noting that a patient has died, what was booked for them, and taking the note back."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.models import Appointment
from appointments.services.absences import ahead
from appointments.services.deceased import cancel_visits_of_deceased
from clinic.forms import FaultsForm
from clinic.web.views import sent
from patients import services
from patients.models import Patient


class DeathForm(FaultsForm):
    deceased_on = forms.DateField(
        label="Day of death",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autofocus": True}),
        help_text="Left empty: not known.",
    )


def deceased_page(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What is sent says what is meant: `mark`, `cancel` the visits ahead, `take_back`."""
    if not request.user.has_perm("patients.change_patient"):
        raise PermissionDenied
    request.current_app = admin.site.name
    patient = get_object_or_404(Patient.objects.visible_to(request.user), pk=patient_id)
    form = DeathForm(sent(request), initial={"deceased_on": patient.deceased_on}, label_suffix="")
    if request.method == "POST" and form.is_valid() and do_as_asked(request, patient, form):
        return redirect(reverse("patient_deceased", args=[patient.pk]))
    note_read(request, AccessLog.Action.READ, [patient.pk])
    visible = Appointment.objects.visible_to(request.user)
    context = admin.site.each_context(request) | {
        "title": "Deceased",
        "patient": Patient.objects.get(pk=patient.pk),
        "form": form,
        "visits": ahead().filter(patient=patient, pk__in=visible.values("pk")),
    }
    return render(request, "admin/patients/patient/deceased.html", context)


def do_as_asked(request: HttpRequest, patient: Patient, form: DeathForm) -> bool:
    """Do it, and say so; False where it is refused, which the form says then."""
    if "cancel" in request.POST:
        count = len(cancel_visits_of_deceased(patient, by=request.user))
        told = "1 visit is cancelled." if count == 1 else f"{count} visits are cancelled."
    elif request.POST.keys() & {"mark", "take_back"}:
        patient.is_deceased = "take_back" not in request.POST
        patient.deceased_on = form.cleaned_data["deceased_on"] if patient.is_deceased else None
        try:
            services.change(patient, by=request.user)
        except ValidationError as error:
            form.add_faults(error)
            return False
        word = patient.death if patient.is_deceased else "not deceased"
        told = f"{patient} is marked as {word}."
    else:
        return False
    messages.success(request, told)
    return True
