"""Booking a visit: with whom, when, and yes."""

from collections.abc import Iterable
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
from clinic.alike import closest, folded_text
from clinic.days import day_at
from clinic.errors import NotAllowed
from clinic.web.views import sent
from doctors.models import Doctor
from doctors.specializations import words_about
from patients.models import Patient
from patients.views.whose import of_patient, said_of

READ = AccessLog.Action.READ
SHORT = 3  # Letters: the longest word that is taken as it stands.
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
    own = set(patient.care_assignments.values_list("doctor", flat=True))
    found = doctors_like(Doctor.objects.active(), wanted)
    groups = groupby(sorted(found, key=field_order), key=field_order)
    context = {
        "wanted": wanted,
        "is_lost": bool(request.GET.keys() & {"doctor", "specialization"}),
        "own": [] if wanted else [doctor for doctor in found if doctor.pk in own],
        "specializations": [list(those) for _, those in groups],
    }
    return render(request, "appointments/choose.html", context)


def field_order(doctor: Doctor) -> tuple[str, str]:
    """The fields of medicine in order; the same for doctors of the same field."""
    return folded_text(doctor.field_name), doctor.specialization_code


def doctors_like(doctors: Iterable[Doctor], wanted: str) -> list[Doctor]:
    """Those with every word in their name, or among the words for their field in any language;
    where there are none, those who have a word that is a slip away."""
    words = folded_text(wanted).split()
    texts = {doctor: words_about_doctor(doctor) for doctor in doctors}
    found = [one for one, text in texts.items() if all(word in text for word in words)]
    return found or [
        doctor
        for doctor, text in texts.items()
        if all(word in text or is_slip(word, text) for word in words)
    ]


def words_about_doctor(doctor: Doctor) -> str:
    field = words_about(doctor.specialization_code, doctor.specialization)
    return f"{folded_text(str(doctor))} {field}"


def is_slip(word: str, text: str) -> bool:
    return len(word) > SHORT and bool(closest(word, text.split()))


def picker_for(patient: Patient, whom: Whom) -> Picker:
    limits = Limits.of(None)
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
    times = picker_for(patient, Whom(doctor.field_name, doctor))
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
            messages.success(
                request,
                said_of(request, _("Your visit is booked."), _("The visit of %(name)s is booked.")),
            )
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
    is_any = doctor.is_named(request.GET.get("of", ""))
    return Whom(doctor.field_name, None if is_any else doctor)
