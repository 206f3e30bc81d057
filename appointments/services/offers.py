"""Offers of a time to somebody on the waitlist, and their end."""

from django.db.models import Q, QuerySet

from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services.rules import overlapping


def withdraw_offers(appointment: Appointment) -> None:
    """Nobody on the waitlist is offered the time of this visit any more."""
    of_doctor = SlotOffer.objects.filter(doctor=appointment.doctor_id, state=SlotOffer.State.OPEN)
    offers = overlapping(of_doctor, appointment)
    end_offers(offers, SlotOffer.State.WITHDRAWN)


def end_waiting(appointment: Appointment) -> None:
    """Whoever gets a visit of the kind that they wait for waits no more: their doctor or field, and
    one of the days and times that fit. What they are offered goes to others."""
    doctor = appointment.doctor
    waiting = WaitlistEntry.objects.waiting().filter(
        Q(doctor=doctor) | doctor.same_field,
        patient=appointment.patient_id,
    )
    ended = [entry.pk for entry in waiting if entry.fits(appointment.starts_at)]
    if ended:
        WaitlistEntry.objects.filter(pk__in=ended).update(state=WaitlistEntry.State.BOOKED)
        held = SlotOffer.objects.filter(entry__in=ended, state=SlotOffer.State.OPEN)
        end_offers(held, SlotOffer.State.WITHDRAWN)


def end_offers(offers: QuerySet[SlotOffer], state: str) -> None:
    """Locked in one order: whoever ends others at the same time waits, and both get through."""
    locked = offers.order_by("pk").select_for_update(of=("self",), no_key=True)
    SlotOffer.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).update(state=state)
