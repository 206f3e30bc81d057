"""Those who wait whom no mail tells of an offer: the desk calls them about what is free."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from appointments.models import Appointment, WaitlistEntry
from appointments.scheduling.availability import (
    DoctorCalendar,
    Limits,
    Slot,
    Wanted,
    load_calendars,
    rooms_for,
)
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Period
from appointments.services.awaited import wanted_by
from clinic.days import day_at
from doctors.models import SAME_FIELD, Doctor
from patients.reach import without_mail


def reached_by_mail(entries: Iterable[WaitlistEntry]) -> list[WaitlistEntry]:
    """Those of them to whom an offer can be mailed. A time isn't held of which nobody is told."""
    found = list(entries)
    silent = without_mail(entry.patient for entry in found)
    return [entry for entry in found if entry.patient_id not in silent]


def free_times_for(keys: Iterable[UUID]) -> dict[UUID, Slot]:
    """The earliest time that is free and fits, by the key of each of these places on the waitlist
    for which there is one. Staff may book it up to its start. In five queries, however many wait,
    and two more where some wait for types.
    """
    waiting = WaitlistEntry.objects.waiting().filter(pk__in=list(keys)).annotate(wanted=SAME_FIELD)
    waiting = waiting.select_related("service", "location")
    entries = list(waiting)
    if not entries:
        return {}
    limits = Limits(timezone.now(), Limits.of(None).before)
    first = max(min(entry.from_date for entry in entries), day_at(limits.after))
    last = min(max(entry.to_date for entry in entries), day_at(limits.before))
    if last < first:
        return {}
    named = Q(pk__in=[entry.doctor_id for entry in entries if entry.doctor_id])
    of_field = Q(offered__in=[entry.wanted for entry in entries if not entry.doctor_id])
    doctors = Doctor.objects.active().annotate(offered=SAME_FIELD)
    if all(entry.doctor_id or entry.specialization for entry in entries):
        doctors = doctors.filter(named | of_field)
    fields = dict(doctors.values_list("pk", "offered"))
    calendars = load_calendars(Doctor.objects.filter(pk__in=list(fields)), first, last)
    own = visits_of({entry.patient_id for entry in entries}, limits)
    wishes = wanted_by(entries)
    rooms = rooms_for(wishes.values(), first, last)
    found = {}
    for entry in entries:
        those = [
            calendar for pk, calendar in calendars.items() if is_seen_by(entry, pk, fields[pk])
        ]
        wish = wishes[entry.pk], rooms
        slots = (first_fitting(entry, calendar, limits, own, *wish) for calendar in those)
        if free := [slot for slot in slots if slot is not None]:
            found[entry.pk] = min(free)
    return found


def is_seen_by(entry: WaitlistEntry, doctor_id: UUID, field: str) -> bool:
    """May a time of this doctor, of this field, be for whoever waits? Whether the doctor offers
    the type, the calendar knows."""
    if entry.doctor_id:
        return doctor_id == entry.doctor_id
    return not entry.specialization or field == entry.wanted  # type: ignore[attr-defined]


def visits_of(patients: set[UUID], limits: Limits) -> dict[UUID, list[Period]]:
    visits = Appointment.objects.holding_time().filter(patient__in=patients)
    visits = visits.filter(starts_at__lt=limits.before, ends_at__gt=limits.after)
    own: dict[UUID, list[Period]] = defaultdict(list)
    for patient, starts_at, ends_at in visits.values_list("patient", "starts_at", "ends_at"):
        own[patient].append(Period(starts_at, ends_at))
    return own


def first_fitting(
    entry: WaitlistEntry,
    calendar: DoctorCalendar,
    limits: Limits,
    own: dict[UUID, list[Period]],
    wanted: Wanted,
    rooms: Rooms,
) -> Slot | None:
    first = max(entry.from_date, day_at(limits.after))
    last = min(entry.to_date, day_at(limits.before))
    if last < first:
        return None
    busy = own[entry.patient_id]
    slots = calendar.slots(first, last, limits, entry.length, busy, wanted=wanted, rooms=rooms)
    return next((slot for slot in slots if entry.fits(slot.starts_at)), None)
