"""Taking a place in a group session."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.forms.own_visits import VisitForm
from appointments.models import Appointment, GroupSession
from appointments.services.booking import faults_of
from appointments.services.sessions import add_participant
from appointments.views.picker import picker_for
from appointments.views.wishes import Whom, service_of
from clinic.errors import SESSION_FULL, NotAllowed
from clinic.web.views import sent
from patients.models import Patient
from patients.views.whose import of_patient, said_of

READ = AccessLog.Action.READ
GONE = _("Places in this group can't be booked any more.")


@require_http_methods(["GET", "HEAD", "POST"])
@of_patient
def join_group(request: HttpRequest, patient: Patient, session_id: UUID) -> HttpResponse:
    """Look at the session once more, and take a place in it."""
    visible = GroupSession.objects.visible_to(request.user).with_places()
    session = get_object_or_404(visible, pk=session_id)
    if taken := place_in(session, patient):
        return redirect("appointments:visit", taken.pk)
    if not GroupSession.objects.open_online().filter(pk=session.pk).exists():
        messages.warning(request, GONE)
        return redirect("appointments:book")
    visit = as_visit(session, patient)
    form = VisitForm(sent(request), instance=visit)
    back = Whom(service=service_of(str(session.service_id)))
    context = {"patient": patient, "visit": visit, "form": form, "back": back}
    if request.method == "POST":
        return take_place(request, session, context)
    note_read(request, READ, [patient.pk])
    if session.taken >= session.capacity:
        return shown_full(request, session, context)
    return render(request, "appointments/confirm.html", context)


def place_in(session: GroupSession, patient: Patient) -> Appointment | None:
    return Appointment.objects.holding_time().filter(session=session, patient=patient).first()


def as_visit(session: GroupSession, patient: Patient) -> Appointment:
    """What a place in it will be, for the page alone."""
    return Appointment(
        patient=patient,
        session=session,
        doctor=session.doctor,
        service=session.service,
        location=session.location,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        price_amount=session.price_amount,
        price_currency=session.price_currency,
    )


def take_place(request: HttpRequest, session: GroupSession, context: dict) -> HttpResponse:
    form, patient = context["form"], context["patient"]
    if form.is_valid():
        try:
            visit = add_participant(session, patient, request.user, form.cleaned_data["reason"])
        except NotAllowed as error:
            messages.warning(request, str(error))
        except ValidationError as error:
            if taken := place_in(session, patient):  # The button was pressed twice.
                return redirect("appointments:visit", taken.pk)
            if SESSION_FULL in {fault.code for fault in faults_of(error)}:
                return shown_full(request, session, context)
            form.add_faults(error)
        else:
            own, other = _("Your visit is booked."), _("The visit of %(name)s is booked.")
            messages.success(request, said_of(request, own, other))
            return redirect("appointments:visit", visit.pk)
    return render(request, "appointments/confirm.html", context)


def shown_full(request: HttpRequest, session: GroupSession, context: dict) -> HttpResponse:
    times = picker_for(context["patient"], context["back"])
    near = times.near_group(session)
    return render(request, "appointments/taken.html", context | {"near": near, "is_full": True})
