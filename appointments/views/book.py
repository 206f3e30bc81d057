"""Booking a visit: with whom, when, and yes."""

import unicodedata
from datetime import timedelta
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments import services
from appointments.forms.own_visits import VisitForm
from appointments.models import Appointment
from appointments.scheduling.availability import Limits, Slot
from appointments.transitions import Status
from appointments.views import picker
from appointments.views.picker import Picker, Whom
from clinic.days import day_at
from clinic.errors import NotAllowed
from clinic.web.views import sent
from doctors.models import Doctor
from patients.models import Patient
from patients.views.own import of_patient

READ = AccessLog.Action.READ
page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@of_patient
def book_visit(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The free times of a doctor or a specialization; first of all, the choice of one."""
    whom = picker.whom(request.GET)
    if whom is None:
        return choose(request, patient)
    times = picker_for(patient, whom).show(picker.day_of(request.GET.get("date", "")))
    context = {"patient": patient, "picker": times, "whom": whom}
    return render(request, "appointments/book.html", context)


def choose(request: HttpRequest, patient: Patient) -> HttpResponse:
    note_read(request, READ, [patient.pk])  # It shows which doctors look after the patient.
    wanted = request.GET.get("q", "").strip()
    doctors = sorted(Doctor.objects.active(), key=lambda doctor: doctor.specialization.casefold())
    own = set(patient.care_assignments.values_list("doctor", flat=True))
    found = [doctor for doctor in doctors if is_like(doctor, wanted)]
    groups = groupby(found, key=lambda doctor: doctor.specialization)
    context = {
        "wanted": wanted,
        "is_lost": bool(request.GET.keys() & {"doctor", "specialization"}),
        "own": [] if wanted else [doctor for doctor in found if doctor.pk in own],
        "specializations": [(name, list(those)) for name, those in groups],
    }
    return render(request, "appointments/choose.html", context)


def is_like(doctor: Doctor, wanted: str) -> bool:
    """Does every word stand in the doctor's name or specialization, accents aside?"""
    name = folded_text(f"{doctor} {doctor.specialization}")
    return all(word in name for word in folded_text(wanted).split())


def folded_text(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def picker_for(patient: Patient, whom: Whom) -> Picker:
    limits = Limits.of(patient.user)
    pages = reverse("appointments:book"), reverse("appointments:confirm")
    return Picker(patient, whom, limits, *pages)


@page
@of_patient
def confirm_booking(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Look at the chosen time once more, and book it."""
    starts_at = picker.instant_of(request.GET.get("starts", ""))
    doctor = picker.doctor_of(request.GET.get("doctor", ""))
    if starts_at is None or doctor is None:
        return redirect("appointments:book")
    ends_at = starts_at + timedelta(minutes=doctor.default_duration_minutes)
    visit = Appointment(patient=patient, doctor=doctor, starts_at=starts_at, ends_at=ends_at)
    if booked := same_visit(visit):
        return redirect("appointments:visit", booked.pk)
    form = VisitForm(sent(request), instance=visit)
    times = picker_for(patient, Whom(doctor.specialization, doctor))
    context = {"patient": patient, "visit": visit, "form": form, "back": back_to(request, doctor)}
    if request.method == "POST":
        return book_it(request, times, context)
    note_read(request, READ, [patient.pk])
    slot = Slot(starts_at, ends_at, doctor.pk)
    if not times.ahead.allows(slot):  # The page of that day says why.
        return redirect(times.to_day(day_at(starts_at)))
    if times.has(slot):
        return render(request, "appointments/confirm.html", context)
    return render(request, "appointments/taken.html", context | {"near": times.near(slot)})


def book_it(request: HttpRequest, times: Picker, context: dict) -> HttpResponse:
    form, visit = context["form"], context["visit"]
    if form.is_valid():
        try:
            services.book(form.save(commit=False), by=request.user)
        except NotAllowed as error:
            messages.warning(request, str(error))
        except ValidationError as error:
            if booked := same_visit(visit):  # The button was pressed twice.
                return redirect("appointments:visit", booked.pk)
            if error.alternatives is not None:
                context["near"] = times.as_times(error.alternatives)
                return render(request, "appointments/taken.html", context)
            form.add_faults(error)
        else:
            messages.success(request, _("Your visit is booked."))
            return redirect("appointments:visit", visit.pk)
    return render(request, "appointments/confirm.html", context)


def same_visit(visit: Appointment) -> Appointment | None:
    """The patient's visit that has this doctor and time already."""
    return Appointment.objects.filter(
        patient=visit.patient,
        doctor=visit.doctor,
        starts_at=visit.starts_at,
        status=Status.BOOKED,
    ).first()


def back_to(request: HttpRequest, doctor: Doctor) -> Whom:
    """Whose times the patient was looking at."""
    is_any = request.GET.get("of", "").casefold() == doctor.specialization.casefold()
    return Whom(doctor.specialization, None if is_any else doctor)
