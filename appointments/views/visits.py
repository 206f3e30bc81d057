"""One visit of a patient: what is booked, moving it and cancelling it."""

from copy import copy
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
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
from appointments.services.booking import KEEP_PLACE
from appointments.transitions import Status
from appointments.views.home import visit_of, visits_of
from appointments.views.picker import Picker, Time
from appointments.views.series import series_shown
from appointments.views.wishes import Whom, back_to, day_of, instant_of, place_of, whom_in
from clinic.days import day_at
from clinic.errors import NotAllowed
from clinic.web.views import sent
from doctors.models import Doctor, Location
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
    context = {"visit": shown, **series_shown(request, shown)}
    return render(request, "appointments/visit.html", context)


@page
@of_patient
def move_visit(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """Choose another time for the visit, of its doctor or another of the specialization."""
    moved = visit_of(request, visit_id)
    starts_at = instant_of(request.GET.get("starts", ""))
    if not moved.can_move or (starts_at, request.GET.get("doctor")) == time_of(moved):
        return redirect("appointments:visit", moved.pk)
    note_read(request, READ, [moved.patient_id])
    whom = whom_for_move(moved, request.GET)
    if whom is None:
        whom, starts_at = own_whom(moved), None
    own = reverse("appointments:move", args=[moved.pk])
    times = Picker(moved.patient, whom, Limits.of(request.user), own, own, moved)
    if starts_at is not None and whom.doctor is not None:
        place = place_of(request.GET.get("at", ""))
        slot = Slot(starts_at, starts_at + moved.duration, whom.doctor.pk, place and place.pk)
        if request.method != "POST" and not times.ahead.allows(slot):
            return redirect(times.to_day(day_at(starts_at)))  # The page of that day says why.
        return move_to(request, times, slot, place)
    times.show(day_of(request.GET.get("date", "")))
    context = {"patient": moved.patient, "visit": moved, "picker": times, "whom": whom}
    return render(request, "appointments/move.html", context)


def own_whom(visit: Appointment) -> Whom:
    """Whose times somebody sees first who moves a visit: those of its doctor at its place, or of
    any colleague where the doctor takes no appointments any more."""
    doctor = visit.doctor if visit.doctor.is_active else None
    field = visit.doctor.field_name if doctor or not visit.service_id else ""
    return Whom(field, doctor, visit.service, active_place(visit))


def active_place(visit: Appointment) -> Location | None:
    return visit.location if visit.location and visit.location.is_active else None


def whom_for_move(visit: Appointment, data: QueryDict) -> Whom | None:
    """Whose times the address names; None where they have none for this visit. A visit of no type
    stays in its field."""
    whom = whom_in(data, visit.service, kept=visit.doctor_id)
    if whom is None or not (visit.service_id or visit.doctor.is_named(whom.specialization)):
        return None
    return whom if "location" in data else replace(whom, place=active_place(visit))


def time_of(visit: Appointment) -> tuple:
    return visit.starts_at, str(visit.doctor_id)


def at_slot(visit: Appointment, doctor: Doctor, slot: Slot, place: Location | None) -> Appointment:
    """The visit as it will be once it is moved there."""
    wanted = copy(visit)
    wanted.doctor, wanted.starts_at, wanted.ends_at = doctor, slot.starts_at, slot.ends_at
    wanted.location = place or visit.location
    return wanted


def move_to(
    request: HttpRequest, times: Picker, slot: Slot, place: Location | None
) -> HttpResponse:
    """Look at the old and the new time, and take the new one."""
    moved, doctor = times.moved, times.whom.doctor
    context = {
        "patient": times.patient,
        "visit": moved,
        "doctor": doctor,
        "slot": slot,
        "wanted": at_slot(moved, doctor, slot, place),
        "back": back_to(times.whom, request.GET.get("of")),
        "times_page": times.page,
    }
    if request.method == "POST":
        near = take_time(request, times, slot, place)
        if near is None:
            return redirect("appointments:visit", moved.pk)
    elif times.find(slot.starts_at, doctor, slot.location_id):
        return render(request, "appointments/confirm_move.html", context)
    else:
        near = times.near(slot.period)
    return render(request, "appointments/taken.html", context | {"near": near})


def take_time(
    request: HttpRequest, times: Picker, slot: Slot, place: Location | None
) -> list[Time] | None:
    """Move the visit there, and say what came of it. Where somebody else has the time meanwhile,
    what is free near it."""
    moved = times.moved
    new = slot.starts_at, str(slot.doctor_id)
    if request.POST.get("sequence", str(moved.sequence)) != str(moved.sequence):
        if time_of(moved) != new:  # Else, pressed twice.
            messages.warning(request, MOVED_MEANWHILE)
        return None
    where = place or KEEP_PLACE
    try:
        services.reschedule(
            moved, request.user, slot.starts_at, moved.duration, times.whom.doctor, location=where
        )
    except NotAllowed as error:
        messages.warning(request, str(error))
    except ValidationError as error:
        if time_of(Appointment.objects.get(pk=moved.pk)) == new:  # Pressed twice.
            return None
        if error.alternatives is not None:
            return times.as_times(error.alternatives)
        messages.warning(request, " ".join(error.messages))
    else:
        said = said_of(request, _("Your visit is moved."), _("The visit of %(name)s is moved."))
        messages.success(request, said)
    return None


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
