"""Waiting for a time to become free, and answering when one is offered."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import AccessLog, User
from accounts.services.access import note_read
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from appointments.forms.own_visits import WaitForm
from appointments.links import offer_of
from appointments.models import SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.views.wishes import day_of, service_of, whom_in
from clinic.errors import ALREADY_WAITING, NotAllowed
from clinic.web.views import sent
from patients.models import Patient
from patients.views.whose import of_patient, said_of, turn_to

READ = AccessLog.Action.READ
page = require_http_methods(["GET", "HEAD", "POST"])
USUAL_WAIT = timedelta(days=28)


@page
@of_patient
def join_waitlist(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Wait for a doctor, or any of a specialization."""
    whom = whom_in(request.GET, service_of(request.GET.get("service", "")))
    if whom is None:
        return redirect("appointments:book")
    today = timezone.localdate()
    first = max(day_of(request.GET.get("date", "")) or today, today)
    entry = WaitlistEntry(
        patient=patient,
        doctor=whom.doctor,
        specialization="" if whom.doctor else whom.specialization,
        service=whom.service,
        location=whom.place,
        from_date=first,
        to_date=first + USUAL_WAIT,
    )
    form = WaitForm(sent(request), instance=entry)
    if request.method == "POST" and form.is_valid():
        try:
            waitlist.join(form.save(commit=False), request.user)
        except NotAllowed as error:
            messages.warning(request, str(error))
        except ValidationError as error:
            if is_waiting_already(error):
                own = _("You are on the waitlist for %(whom)s already.")
                other = _("%(name)s is on the waitlist for %(whom)s already.")
                messages.info(request, said_of(request, own, other, whom=entry.whom))
                return redirect("appointments:home")
            form.add_faults(error)
        else:
            own = _("You are on the waitlist for %(whom)s. We write to you.")
            other = _("%(name)s is on the waitlist for %(whom)s. We write to you.")
            messages.success(request, said_of(request, own, other, whom=entry.whom))
            return redirect("appointments:home")
    context = {"patient": patient, "whom": whom, "form": form}
    return render(request, "appointments/join_waitlist.html", context)


def is_waiting_already(error: ValidationError) -> bool:
    faults = [fault for faults in error.update_error_dict({}).values() for fault in faults]
    return any(fault.code == ALREADY_WAITING for fault in faults)


@require_POST
@of_patient
def leave_waitlist(request: HttpRequest, patient: Patient, entry_id: UUID) -> HttpResponse:
    entries = WaitlistEntry.objects.visible_to(request.user).select_related("patient")
    entry = get_object_or_404(entries, pk=entry_id)
    turn_to(request, entry.patient)
    try:
        waitlist.leave(entry, request.user)
    except (ValidationError, NotAllowed):
        own = _("You don't wait for %(whom)s any more.")
        other = _("%(name)s doesn't wait for %(whom)s any more.")
        messages.info(request, said_of(request, own, other, whom=entry.whom))
    else:
        own = _("You are off the waitlist for %(whom)s.")
        other = _("%(name)s is off the waitlist for %(whom)s.")
        messages.success(request, said_of(request, own, other, whom=entry.whom))
    return redirect("appointments:home")


@require_POST
@of_patient
def answer_offer(request: HttpRequest, patient: Patient, offer_id: UUID) -> HttpResponse:
    """Take the time that is offered, or leave it to others."""
    offers = SlotOffer.objects.visible_to(request.user).select_related("entry__patient__user")
    offer = get_object_or_404(offers, pk=offer_id)
    turn_to(request, offer.entry.patient)
    fault = answered(request, offer, request.user)
    offer.refresh_from_db()
    if offer.appointment_id:
        if not fault:
            messages.success(
                request,
                said_of(request, _("Your visit is booked."), _("The visit of %(name)s is booked.")),
            )
        return redirect("appointments:visit", offer.appointment_id)
    if fault and offer.state != SlotOffer.State.DECLINED:
        messages.warning(request, fault)
    elif offer.state == SlotOffer.State.DECLINED:
        messages.success(request, _("The time goes to others. The place on the waitlist is kept."))
    return redirect("appointments:home")


def answered(request: HttpRequest, offer: SlotOffer, by: User | None) -> str:
    """Do what the pressed button says, as `by` does; None is the patient, who has the link.
    Returns what is in the way of it, if anything is."""
    try:
        if request.POST.get("answer") == "accept":
            waitlist.accept(offer, by)
        elif request.POST.get("answer") == "decline":
            waitlist.decline(offer, by)
    except ValidationError as error:
        return " ".join(error.messages)
    except NotAllowed as error:
        return str(error)
    return ""


@never_cache
@page
def offer_page(request: HttpRequest) -> HttpResponse:
    """A time that is offered by mail. Opening the page changes nothing: programs that look into
    mails open the link, too. What became of the offer is shown to whoever comes back."""
    if way_on := taken_from_address(request):
        return way_on
    offered = offer_of(token_at_hand(request))
    if offered is None:
        return forget_token(request, render(request, "appointments/dead_offer.html", status=410))
    fault = ""
    if request.method == "POST":
        fault = answered(request, offered, request.user if request.user.is_staff else None)
        if not fault:
            return redirect("appointments:offer")
        offered.refresh_from_db()
    patient = offered.entry.patient
    note_read(request, READ, [patient.pk])
    is_held = SlotOffer.objects.held().filter(pk=offered.pk).exists()
    context = {"offer": offered, "is_held": is_held, "fault": fault}
    return render(request, "appointments/offer.html", context)
