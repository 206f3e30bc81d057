"""Booking the next free time for somebody who stands at the desk."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments import services
from appointments.admin.board.page import board_page
from appointments.admin.steps import board_url
from appointments.admin.warned import INACTIVE_SENTENCE
from appointments.forms.offered import Offered
from appointments.forms.walk_in import Openings, WalkInForm
from appointments.models import Appointment
from clinic.errors import NotAllowed
from clinic.web.views import sent
from doctors.models import Doctor


@board_page
def walk_in(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("appointments.add_appointment"):
        raise PermissionDenied
    form, offered = walk_in_form(request)
    alternatives, asks = None, False
    if request.method == "POST" and form.is_valid():
        asks = not form.chosen.is_active and request.POST.get("all_the_same") != str(form.chosen.pk)
        form.keep_chosen()
    if form.is_bound and form.is_valid() and not asks:
        try:
            booked = services.book(form.appointment(), by=request.user)
        except NotAllowed as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.refuse(error)
            alternatives = offered.where(getattr(error, "alternatives", None))
        else:
            return HttpResponseRedirect(say_booked(request, booked))
    shown = form.found or ([form.chosen] if form.chosen else [])
    note_read(request, AccessLog.Action.LIST, [patient.pk for patient in shown])
    context = admin.site.each_context(request) | {
        "title": "Walk-in",
        "form": form,
        "alternatives": alternatives,
        "asks_about_inactive": asks,
        "inactive": INACTIVE_SENTENCE,
        "may_register": request.user.has_perm("patients.add_patient"),
    }
    return render(request, "admin/appointments/board/walk_in.html", context)


def walk_in_form(request: HttpRequest) -> tuple[WalkInForm, Offered]:
    doctors = Doctor.objects.active()
    if not request.user.has_perm("appointments.manage_all_appointment"):
        doctors = doctors.filter(user=request.user)
    named = ("doctor", "time", "who", "service", "location")
    initial = {name: request.GET.get(name, "") for name in named}
    offered = Offered.now().by(doctor.pk for doctor in doctors)
    chosen = offered.chosen(request.POST or request.GET)
    form = WalkInForm(
        sent(request),
        initial=initial,
        user=request.user,
        openings=Openings.today(doctors, *chosen),
        offered=offered,
    )
    return form, offered


def say_booked(request: HttpRequest, booked: Appointment) -> str:
    """Say what was booked, and lead to its card on the board of that day."""
    when = f"{timezone.localtime(booked.starts_at):%H:%M}"
    messages.success(request, f"{booked.patient}: booked for {when} with {booked.doctor}.")
    return board_url(booked)
