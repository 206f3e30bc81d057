"""Offers of a time to somebody on the waitlist, and their end."""

from django.db.models import QuerySet

from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services.rules import overlapping


def withdraw_offers(appointment: Appointment) -> None:
    """Nobody on the waitlist is offered the time of this visit any more. Its own patient, who was
    offered it and booked it in another way, has what they waited for."""
    of_doctor = SlotOffer.objects.filter(doctor=appointment.doctor_id, state=SlotOffer.State.OPEN)
    offers = overlapping(of_doctor, appointment)
    own = offers.filter(entry__patient=appointment.patient_id).values("entry")
    WaitlistEntry.objects.waiting().filter(pk__in=own).update(state=WaitlistEntry.State.BOOKED)
    end_offers(offers, SlotOffer.State.WITHDRAWN)


def end_offers(offers: QuerySet[SlotOffer], state: str) -> None:
    """Locked in one order: whoever ends others at the same time waits, and both get through."""
    locked = offers.order_by("pk").select_for_update(of=("self",), no_key=True)
    SlotOffer.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).update(state=state)
