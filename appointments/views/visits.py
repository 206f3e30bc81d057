"""One visit of a patient: what is booked, moving it and cancelling it."""

from copy import copy
from uuid import UUID

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
from appointments.forms.own_visits import REASONS, CancelForm
from appointments.models import Appointment, AppointmentChange
from appointments.scheduling.availability import Limits, Slot
from appointments.transitions import Status
from appointments.views import picker
from appointments.views.home import visit_of, visits_of
from appointments.views.picker import Picker, Whom
from clinic.days import day_at
from clinic.errors import NotAllowed
from clinic.web.views import sent
from doctors.models import Doctor
from patients.models import Patient
from patients.views.whose import of_patient, said_of

READ = AccessLog.Action.READ
MOVED_MEANWHILE = _("This visit was changed meanwhile, and stays as it is now. Please look at it.")
page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@of_patient
def visit(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """What is booked, and what may be done about it."""
    shown = visit_of(request, visit_id)
    note_read(request, READ, [shown.patient_id])
    return render(request, "appointments/visit.html", {"visit": shown})


@page
@of_patient
def move_visit(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """Choose another time for the visit, of its doctor or another of the specialization."""
    moved = visit_of(request, visit_id)
    starts_at = picker.instant_of(request.GET.get("starts", ""))
    if not moved.can_change or (starts_at, request.GET.get("doctor")) == place_of(moved):
        return redirect("appointments:visit", moved.pk)
    note_read(request, READ, [moved.patient_id])
    whom = picker.whom(request.GET)
    if whom is None or not moved.doctor.is_named(whom.specialization):
        whom, starts_at = Whom(moved.doctor.field_name, active(moved.doctor)), None
    own = reverse("appointments:move", args=[moved.pk])
    times = Picker(moved.patient, whom, Limits.of(request.user), own, own, moved)
    if starts_at is not None and whom.doctor is not None:
        slot = Slot(starts_at, starts_at + moved.duration, whom.doctor.pk)
        if request.method != "POST" and not times.ahead.allows(slot):
            return redirect(times.to_day(day_at(starts_at)))  # The page of that day says why.
        return move_to(request, times, slot)
    times.show(picker.day_of(request.GET.get("date", "")))
    context = {"patient": moved.patient, "visit": moved, "picker": times, "whom": whom}
    return render(request, "appointments/move.html", context)


def active(doctor: Doctor) -> Doctor | None:
    """The doctor, where they take appointments; any colleague where they don't."""
    return doctor if doctor.is_active else None


def place_of(visit: Appointment) -> tuple:
    return visit.starts_at, str(visit.doctor_id)


def at_slot(visit: Appointment, doctor: Doctor, slot: Slot) -> Appointment:
    """The visit as it will be once it is moved there."""
    wanted = copy(visit)
    wanted.doctor, wanted.starts_at, wanted.ends_at = doctor, slot.starts_at, slot.ends_at
    return wanted


def move_to(request: HttpRequest, times: Picker, slot: Slot) -> HttpResponse:
    """Look at the old and the new time, and take the new one."""
    moved, doctor = times.moved, times.whom.doctor
    context = {
        "patient": times.patient,
        "visit": moved,
        "doctor": doctor,
        "slot": slot,
        "wanted": at_slot(moved, doctor, slot),
        "back": Whom(doctor.field_name, None if "of" in request.GET else doctor),
        "times_page": times.page,
    }
    if request.method != "POST":
        if times.has(slot):
            return render(request, "appointments/confirm_move.html", context)
        context["near"] = times.near(slot)
    elif request.POST.get("sequence", str(moved.sequence)) != str(moved.sequence):
        if place_of(moved) != (slot.starts_at, str(slot.doctor_id)):  # Else, pressed twice.
            messages.warning(request, MOVED_MEANWHILE)
        return redirect("appointments:visit", moved.pk)
    else:
        try:
            services.reschedule(moved, request.user, slot.starts_at, moved.duration, doctor)
        except NotAllowed as error:
            messages.warning(request, str(error))
            return redirect("appointments:visit", moved.pk)
        except ValidationError as error:
            now = Appointment.objects.get(pk=moved.pk)
            if place_of(now) == (slot.starts_at, str(slot.doctor_id)):  # Pressed twice.
                return redirect("appointments:visit", moved.pk)
            if error.alternatives is None:
                messages.warning(request, " ".join(error.messages))
                return redirect("appointments:visit", moved.pk)
            context["near"] = times.as_times(error.alternatives)
        else:
            messages.success(
                request,
                said_of(request, _("Your visit is moved."), _("The visit of %(name)s is moved.")),
            )
            return redirect("appointments:visit", moved.pk)
    return render(request, "appointments/taken.html", context)


@page
@of_patient
def cancel_visit(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """Ask whether the visit shall really be cancelled, and why."""
    shown = visit_of(request, visit_id)
    if not shown.can_change:
        return redirect("appointments:visit", shown.pk)
    note_read(request, READ, [shown.patient_id])
    change = AppointmentChange(appointment=shown, reason_code=REASONS[0][0])
    form = CancelForm(sent(request), instance=change)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data
        try:
            services.cancel(shown, request.user, why["reason"], why["reason_code"])
        except NotAllowed as error:
            messages.warning(request, str(error))
            return redirect("appointments:visit", shown.pk)
        except ValidationError as error:
            if not visits_of(request).filter(pk=shown.pk, status=Status.CANCELLED).exists():
                messages.warning(request, " ".join(error.messages))
            return redirect("appointments:visit", shown.pk)
        messages.success(
            request,
            said_of(
                request, _("Your visit is cancelled."), _("The visit of %(name)s is cancelled.")
            ),
        )
        return redirect("appointments:visit", shown.pk)
    return render(request, "appointments/cancel.html", {"visit": shown, "form": form})
