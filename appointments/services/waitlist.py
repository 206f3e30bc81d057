"""Those who wait are offered what becomes free: the longest-waiting who fits first.

An offer holds its time for a while. Accepting it books the time, in one transaction; where it
is declined or runs out, the next in line is asked.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.scheduling import availability
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.availability import DoctorCalendar, Limits, Slot, Wanted
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import wanted_of_types
from appointments.services.awaited import (
    check_awaited,
    doctors_for,
    keep_rooms_for,
    waited_for,
    wanted_by,
)
from appointments.services.booking import check_is_free, place
from appointments.services.calendars import lock_calendars
from appointments.services.fitting import fit
from appointments.services.offers import end_offers, withdraw_offers
from appointments.services.records import change_of, tell_patient
from appointments.services.rooms import lock_rooms
from appointments.services.rules import check_alive, is_patient
from appointments.services.unmailed import reached_by_mail
from clinic.days import after_counting, day_at
from clinic.errors import WRONG_STATE, NotAllowed, constraint_errors
from doctors.models import Doctor
from doctors.services import lock_doctors
from patients.reach import owe_to_reached
from patients.services import check_reach, check_verified, lock_patient

Open = SlotOffer.State.OPEN
MINUTE = timedelta(minutes=1)
KEYS = {"patient", "created_by", "service", "location"}
OVER_SENTENCE = _("This offer is over. The place on the waitlist is kept.")


@transaction.atomic
def join(entry: WaitlistEntry, by: User) -> WaitlistEntry:
    """Put a patient on the waitlist. What is free already is offered at once.

    Raises NotAllowed, and ValidationError keyed to fields (`already_waiting`).
    """
    lock_patient(entry.patient)
    check_allowed(entry, by)
    check_alive(entry.patient_id, by)
    entry.created_by = by
    entry.full_clean(exclude=KEYS, validate_constraints=False)
    check_awaited(entry, by)
    with constraint_errors(entry):
        entry.save(force_insert=True)
    for doctor in doctors_for(entry):
        ask_again(doctor.pk)
    return entry


@transaction.atomic
def end_waiting_of(patient_id: UUID) -> None:
    """Take a patient who has died off the waitlist; what is held for them goes to others."""
    entries = WaitlistEntry.objects.filter(
        patient=patient_id, patient__is_deceased=True, state=WaitlistEntry.State.WAITING
    )
    ended = list(
        entries.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    )
    WaitlistEntry.objects.filter(pk__in=ended).update(state=WaitlistEntry.State.LEFT)
    for offer in SlotOffer.objects.filter(entry__in=ended, state=Open):
        close_entry(offer, SlotOffer.State.WITHDRAWN)


@transaction.atomic
def leave(entry: WaitlistEntry, by: User) -> WaitlistEntry:
    """Take a patient off the waitlist. What was held for them is offered to the next.

    Raises NotAllowed, and ValidationError (`wrong_state`) where they don't wait any more.
    """
    lock_patient(entry.patient)
    check_allowed(entry, by)
    current = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if current.state != WaitlistEntry.State.WAITING:
        raise ValidationError("This patient doesn't wait any more.", code=WRONG_STATE)
    current.state = WaitlistEntry.State.LEFT
    current.save(update_fields=["state"])
    for offer in current.offers.filter(state=Open):
        close_entry(offer, SlotOffer.State.WITHDRAWN)
    return current


def check_allowed(entry: WaitlistEntry, by: User) -> None:
    if not is_patient(by):
        if not by.has_perm("appointments.view_all_waitlistentry"):
            raise NotAllowed("Only the front desk keeps the waitlist.")
        return
    check_reach(entry.patient, by)
    check_verified(entry.patient, by)


def ask_again(doctor_id: UUID) -> None:
    """Let a job look for free times of the doctor that somebody waits for."""
    app.configure_task("appointments.offer_free_times").defer(doctor_id=str(doctor_id))


def accept(offer: SlotOffer, by: User | None = None) -> Appointment:
    """Book the time that is offered, as `by` accepts it; None is the patient, who has the link.

    Raises ValidationError: `wrong_state` where the offer is over, or what keeps the time from
    being booked; the patient waits on then. NotAllowed where the caller doesn't act for the
    patient any more.
    """
    try:
        return book_offer(offer, by or offer.entry.patient.user)
    except ValidationError:
        with transaction.atomic():
            close_entry(offer, SlotOffer.State.WITHDRAWN)
        raise


@transaction.atomic
def book_offer(offer: SlotOffer, by: User | None) -> Appointment:
    patient = offer.entry.patient
    locked = lock_calendars([offer.doctor_id], patient.pk, offer.service_id)
    check_reach(patient, by)
    current = lock_entry(offer)
    entry = current.entry
    is_waiting = entry.state == WaitlistEntry.State.WAITING
    if current.state != Open or current.expires_at <= timezone.now() or not is_waiting:
        raise ValidationError(OVER_SENTENCE, code=WRONG_STATE)
    appointment = Appointment(
        doctor=current.doctor,
        patient=patient,
        starts_at=current.starts_at,
        ends_at=current.ends_at,
        service_id=current.service_id,
        location_id=current.location_id,
        created_by=by,
    )
    wanted = fit(appointment, None, locked.set_up)
    check_is_free(appointment, None, wanted, is_limited=by is None or is_patient(by))
    place(appointment, None, locked, change_of(appointment, by, before=None), wanted)
    withdraw_offers(appointment)
    current.state, current.appointment = SlotOffer.State.ACCEPTED, appointment
    current.save(update_fields=["state", "appointment"])
    entry.state = WaitlistEntry.State.BOOKED
    entry.save(update_fields=["state"])
    tell_patient(appointment, "appointment_booked", tasks.send_confirmation)
    return appointment


@transaction.atomic
def decline(offer: SlotOffer, by: User | None = None) -> None:
    """Give the time back, as `by` declines it; None is the patient, who has the link. The patient
    waits on.

    Raises ValidationError (`wrong_state`), and NotAllowed where the caller doesn't act for the
    patient any more.
    """
    lock_patient(offer.entry.patient)
    check_reach(offer.entry.patient, by)
    if not close_entry(offer, SlotOffer.State.DECLINED):
        raise ValidationError(OVER_SENTENCE, code=WRONG_STATE)


def close_entry(offer: SlotOffer, state: str) -> bool:
    """End an open offer, and let the next in line be asked. False where it was over already."""
    is_closed = SlotOffer.objects.filter(pk=offer.pk, state=Open).update(state=state) == 1
    if is_closed:
        ask_again(offer.doctor_id)
    return is_closed


def lock_entry(offer: SlotOffer) -> SlotOffer:
    """The offer as it stands, its entry locked first, as `leave()` does: they don't deadlock."""
    entries = WaitlistEntry.objects.filter(pk=offer.entry_id).order_by()
    list(entries.select_for_update().values_list("pk"))
    rows = SlotOffer.objects.select_for_update(of=("self",))
    return rows.select_related("entry", "doctor").get(pk=offer.pk)


def move_on() -> None:
    """What the clock does: end what has run out, and offer what is free to those who wait."""
    expire(SlotOffer.objects.all())
    WaitlistEntry.objects.waiting().filter(to_date__lt=timezone.localdate()).update(
        state=WaitlistEntry.State.EXPIRED
    )
    waiting = WaitlistEntry.objects.waiting().order_by()
    for doctor_id in waited_for(waiting):
        offer_free_times(doctor_id)


@transaction.atomic
def expire(offers: QuerySet[SlotOffer]) -> None:
    """Let go of what was held long enough."""
    over = offers.filter(state=Open, expires_at__lte=timezone.now())
    end_offers(over, SlotOffer.State.EXPIRED)


@transaction.atomic
def offer_free_times(doctor_id: UUID) -> list[SlotOffer]:
    """Offer the doctor's free times to those who wait for them, each the earliest that fits.

    Nobody has two open offers, and nobody is offered the same time twice. For whom no mail reaches
    nothing is held: the desk sees what is free, and calls.
    """
    lock_doctors([doctor_id])
    doctor = Doctor.objects.active().filter(pk=doctor_id).first()
    if doctor is None:
        return []
    today = timezone.localdate()
    entries = WaitlistEntry.objects.waiting().seen_by(doctor).filter(to_date__gte=today)
    # Rooms after doctors and before all else, as who books locks them; types that are waited for
    # only from now on have a job of their own.
    types = wanted_of_types(entries.exclude(service=None).values_list("service_id", flat=True))
    if pools := {pool for wanted in types.values() for pool in wanted.needs}:
        lock_rooms(pools)
    expire(SlotOffer.objects.filter(doctor=doctor))
    entries = entries.filter(Q(service=None) | Q(service__in=list(types)))
    entries = entries.select_related("patient")
    locked = list(entries.select_for_update(of=("self",), skip_locked=True))
    # Looked at only now: another doctor's job may have offered them something before the lock.
    offers = SlotOffer.objects.filter(entry__in=locked, state=Open)
    answering = set(offers.values_list("entry_id", flat=True))
    waiting = reached_by_mail(entry for entry in locked if entry.pk not in answering)
    if not waiting:
        return []
    limits = Limits.of(None)
    first = max(min(entry.from_date for entry in waiting), today)
    last = min(max(entry.to_date for entry in waiting), day_at(limits.before))
    if last < first:
        return []
    doctors = Doctor.objects.filter(pk=doctor.pk)
    calendar = availability.load_calendars(doctors, first, last)[doctor.pk]
    wishes = wanted_by(waiting, types)
    rooms = availability.rooms_for(wishes.values(), first, last)
    made = (offer_to(entry, calendar, limits, wishes[entry.pk], rooms) for entry in waiting)
    return [offer for offer in made if offer is not None]


def offer_to(
    entry: WaitlistEntry, calendar: DoctorCalendar, limits: Limits, wanted: Wanted, rooms: Rooms
) -> SlotOffer | None:
    """Offer the first free time that fits, and hold it in the calendar, with the rooms that it
    needs."""
    known = set(entry.offers.filter(doctor=calendar.doctor_id).values_list("starts_at", flat=True))
    today = timezone.localdate()
    first, last = max(entry.from_date, today), entry.to_date
    if last < first:
        return None
    own = availability.own_visits(entry.patient_id, first, last + availability.ONE_DAY)
    ahead = Ahead(entry.patient_id)
    for slot in calendar.slots(first, last, limits, entry.length, own, wanted=wanted, rooms=rooms):
        if slot.starts_at not in known and entry.fits(slot.starts_at) and ahead.allows(slot):
            offer = hold_time(entry, calendar, slot, wanted)
            keep_rooms_for(offer, wanted, rooms)
            return offer
    return None


def hold_time(
    entry: WaitlistEntry, calendar: DoctorCalendar, slot: Slot, wanted: Wanted
) -> SlotOffer:
    offer = SlotOffer.objects.create(
        entry=entry,
        doctor_id=slot.doctor_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        service_id=entry.service_id,
        location_id=slot.location_id,
        buffer_before_minutes=wanted.before // MINUTE,
        buffer_after_minutes=wanted.after // MINUTE,
        expires_at=min(
            after_counting(timezone.now(), settings.OFFER_HELD, *settings.OFFER_HOURS),
            slot.starts_at - settings.BOOKING_NOTICE,
        ),
    )
    calendar.held.append(Period(offer.holds_from, offer.holds_until))
    event, task = f"waitlist_offer:{offer.pk}", tasks.send_offer
    owe_to_reached(entry.patient, event, offer.pk, task, version=tasks.OFFER_OPEN)
    return offer
