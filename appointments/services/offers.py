"""Offers of a time to somebody on the waitlist, and their end."""

from collections.abc import Collection
from functools import cache
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.tasks import Task

from appointments.models import Appointment, GroupSession, SlotOffer, WaitlistEntry
from appointments.services.records import tell_patient
from appointments.services.rules import overlapping
from clinic.statements import Statement, Statements, stand_in_key, stand_in_time
from patients.reach import told_statement


def settle_and_tell(appointment: Appointment, event: str, task: Task) -> None:
    """What the waitlist has to do with a visit that was given its time (most often, nothing), and
    the mail that tells of it."""
    touched, told = settling_statement().rows(
        doctor=appointment.doctor_id,
        patient=appointment.patient_id,
        starts=appointment.holds_from,
        ends=appointment.holds_until,
    )
    if touched:
        withdraw_offers(appointment)
        end_waiting(appointment)
    tell_patient(appointment, event, task, told)


@cache
def settling_statement() -> Statements:
    return Statements(waitlist_statement(), told_statement())


def waitlist_statement() -> Statement:
    """The open offers of the doctor's time, and the places of the patient."""
    doctor, patient = stand_in_key(), stand_in_key()
    starts, ends = stand_in_time(), stand_in_time()
    offers = SlotOffer.objects.filter(
        doctor=doctor, state=SlotOffer.State.OPEN, busy_from__lt=ends, busy_until__gt=starts
    )
    waiting = WaitlistEntry.objects.waiting().filter(patient=patient)
    rows = offers.order_by().values_list("pk").union(waiting.order_by().values_list("pk"), all=True)
    return Statement(rows, doctor=doctor, patient=patient, starts=starts, ends=ends)


def withdraw_offers(appointment: Appointment | GroupSession) -> None:
    """Nobody on the waitlist is offered the time of this visit or session any more."""
    of_doctor = SlotOffer.objects.filter(doctor=appointment.doctor_id, state=SlotOffer.State.OPEN)
    offers = overlapping(of_doctor, appointment)
    end_offers(offers, SlotOffer.State.WITHDRAWN)


def end_waiting(appointment: Appointment) -> None:
    """Whoever gets a visit of the kind that they wait for waits no more: their doctor or field,
    their type and place where they named any, and one of the days and times that fit. What they
    are offered goes to others."""
    waiting = WaitlistEntry.objects.waiting().seen_by(appointment.doctor)
    waiting = waiting.filter(
        Q(service=None) | Q(service=appointment.service_id),
        Q(location=None) | Q(location=appointment.location_id),
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


def expire_offers(keys: Collection[UUID]) -> None:
    """End those of these offers that have run out, except where somebody is about to do so."""
    over = SlotOffer.objects.filter(pk__in=keys, state=SlotOffer.State.OPEN)
    over = over.filter(expires_at__lte=timezone.now()).order_by("pk")
    locked = over.select_for_update(of=("self",), no_key=True, skip_locked=True)
    ended = list(locked.values_list("pk", flat=True))
    SlotOffer.objects.filter(pk__in=ended).update(state=SlotOffer.State.EXPIRED)
