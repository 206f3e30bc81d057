"""Booking a visit: what, with whom, when, and yes."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments import services
from appointments.forms.own_visits import VisitForm
from appointments.models import Appointment
from appointments.scheduling.availability import Slot
from appointments.scheduling.slots import Period
from appointments.transitions import Status
from appointments.views.choosing import (
    choose_doctor,
    choose_type,
    only_one,
    refusal_of,
    types_to_choose,
)
from appointments.views.picker import Picker, picker_for
from appointments.views.wishes import (
    back_to,
    day_of,
    instant_of,
    is_plain,
    service_of,
    whom_in,
)
from clinic.days import day_at
from clinic.errors import NotAllowed
from clinic.text import as_uuid
from clinic.web.views import sent
from doctors.models import Location
from patients.models import Patient
from patients.views.whose import of_patient, said_of

READ = AccessLog.Action.READ
page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@of_patient
def book_visit(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What a patient comes for, with whom, and when: the first of these that is still to be chosen.

    A clinic without visit types is asked for by doctor or specialization alone.
    """
    data = request.GET
    service = service_of(data.get("service", ""))
    whom = whom_in(data, service)
    refusal = refusal_of(data, service, patient)
    is_open = service is None and not is_plain(data)
    if (is_open or refusal) and (types := types_to_choose(whom)):
        return choose_type(request, patient, types, whom, refusal)
    if whom is None and service is not None:
        whom = only_one(service, data)
    if whom is None:
        return choose_doctor(request, patient, service)
    times = picker_for(patient, whom).show(day_of(data.get("date", "")))
    context = {"patient": patient, "picker": times, "whom": whom}
    return render(request, "appointments/book.html", context)


@page
@of_patient
def confirm_booking(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Look at the chosen time once more, and book it."""
    data = request.GET
    starts_at, asked = instant_of(data.get("starts", "")), data.get("service", "")
    service = service_of(asked)
    whom = whom_in(data, service) if "doctor" in data and bool(service) == bool(asked) else None
    if starts_at is None or whom is None or whom.doctor is None:
        return redirect("appointments:book")
    times = picker_for(patient, whom)
    if times.is_group or refusal_of(data, service, patient):  # The page of that day says why.
        return redirect(times.to_day(day_at(starts_at)))
    place = times.places.get(as_uuid(data["at"])) if "at" in data else None
    if "at" in data and place is None:
        return redirect(times.to_day(day_at(starts_at)))
    visit = visit_at(times, starts_at, place)
    if booked := same_visit(visit):
        return redirect("appointments:visit", booked.pk)
    form = VisitForm(sent(request), instance=visit)
    back = back_to(whom, data.get("of"))
    context = {"patient": patient, "visit": visit, "form": form, "back": back}
    if request.method == "POST":
        return book_it(request, times, context)
    note_read(request, READ, [patient.pk])
    period = Period(visit.starts_at, visit.ends_at)
    if not times.ahead.allows(Slot(*period, visit.doctor_id)):  # The page of that day says why.
        return redirect(times.to_day(day_at(starts_at)))
    slot = times.find(starts_at, visit.doctor, visit.location_id)
    if slot is None:
        return render(request, "appointments/taken.html", context | {"near": times.near(period)})
    visit.location = times.places.get(slot.location_id) if slot.location_id else None
    return render(request, "appointments/confirm.html", context)


def visit_at(times: Picker, starts_at: datetime, place: Location | None) -> Appointment:
    """The visit that the patient is about to book, as its type has it."""
    doctor, service = times.whom.doctor, times.whom.service
    visit = Appointment(patient=times.patient, doctor=doctor, service=service, location=place)
    visit.starts_at, visit.ends_at = starts_at, times.ends(starts_at, doctor)
    if service:
        visit.price_amount, visit.price_currency = service.price_amount, service.price_currency
    return visit


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
