"""Time off over booked visits: which it affects, where they could go, and taking them there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from appointments.models import Appointment, AppointmentResource
from appointments.scheduling import availability
from appointments.scheduling.availability import (
    ALTERNATIVES_WITHIN,
    ONE_DAY,
    DoctorCalendar,
    Limits,
    Slot,
)
from appointments.scheduling.rooms import Placed
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted, wanted_of_visits
from appointments.services.booking import KEEP_PLACE, reschedule
from appointments.services.room_changes import change_room
from appointments.services.visits import cancel
from appointments.transitions import CancelReason, Status
from clinic.days import day_at, day_bounds, day_start
from clinic.errors import NotAllowed
from doctors import services as doctors_services
from doctors.models import SAME_FIELD, Absence, Closure, Doctor, Location, Resource


class Way(StrEnum):
    """What becomes of a visit that can't take place as it is booked."""

    KEEP = "keep"
    SAME_DOCTOR = "same_doctor"
    COLLEAGUE = "colleague"
    OTHER_ROOM = "other_room"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Proposal:
    """Where a visit could go: the nearest free times that no other visit of the list is offered."""

    appointment: Appointment
    same_doctor: Slot | None
    colleague: Slot | None
    other_room: Resource | None = None  # Free in the place of the one that is out of service.


@dataclass(frozen=True)
class Choice:
    """What staff chose for one visit; `slot` is where it goes, if it goes anywhere."""

    appointment: Appointment
    way: Way
    slot: Slot | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a choice: the visit as it is now, and why it wasn't done if it wasn't."""

    choice: Choice
    appointment: Appointment
    refusal: str = ""


@transaction.atomic
def add_absence(absence: Absence, by: User) -> list[Appointment]:
    """Save time off, and return the booked visits in it, which stay as they are.

    Raises NotAllowed, and ValidationError keyed to fields.
    """
    doctors_services.add_absence(absence, by)
    return list(affected_by_absence(absence))


@transaction.atomic
def add_closure(closure: Closure, by: User) -> list[Appointment]:
    """Close the clinic, and return the visits booked on those days, which stay as they are.

    Raises NotAllowed, and ValidationError keyed to fields.
    """
    doctors_services.add_closure(closure, by)
    return list(affected_by_closure(closure))


def ahead() -> QuerySet[Appointment]:
    """The booked visits that are still to come."""
    coming = Appointment.objects.filter(status=Status.BOOKED, ends_at__gt=timezone.now())
    return coming.with_people().with_offering().order_by("starts_at", "pk")


def affected_by_absence(absence: Absence) -> QuerySet[Appointment]:
    return ahead().filter(
        doctor=absence.doctor_id, starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at
    )


def affected_by_closure(closure: Closure) -> QuerySet[Appointment]:
    starts, ends = day_start(closure.starts_on), day_bounds(closure.ends_on)[1]
    return ahead().filter(starts_at__lt=ends, ends_at__gt=starts)


def ahead_of(doctor: Doctor) -> QuerySet[Appointment]:
    """What a doctor who is made inactive leaves behind."""
    return ahead().filter(doctor=doctor)


def propose(appointments: Sequence[Appointment], out: Resource | None = None) -> list[Proposal]:
    """For each visit the nearest free time with its doctor, and with a colleague; where a room is
    `out` of service, first another one of its kind at the visit's own time.

    Nothing is proposed twice. In a window of some weeks around each visit; queries don't grow
    with the number of visits.
    """
    if not appointments:
        return []
    return Proposer(appointments, out).run()


class Proposer:
    """Hands out free times, and rooms, each of them once."""

    def __init__(self, appointments: Sequence[Appointment], out: Resource | None = None):
        self.appointments, self.out = appointments, out
        before, after = ALTERNATIVES_WITHIN
        days = [day_at(appointment.starts_at) for appointment in appointments]
        self.limits = Limits(timezone.now(), day_start(availability.LAST_DAY))
        self.first = max(min(days) - before, timezone.localdate())
        self.last = max(*days, self.first) + after
        by_field = Doctor.objects.annotate(common_field=SAME_FIELD)
        wanted = by_field.filter(pk__in={one.doctor_id for one in appointments})
        self.doctors = by_field.filter(common_field__in=wanted.values("common_field"))
        self.specialization = dict(self.doctors.values_list("pk", "common_field"))
        self.calendars = availability.load_calendars(self.doctors, self.first, self.last)
        self.given: dict[UUID, list[Period]] = {pk: [] for pk in self.calendars}
        self.slots: dict[tuple[UUID, Wanted], list[Slot]] = {}
        self.patients = self.visits_of_patients()
        self.wanted = wanted_of_visits(appointments)
        self.rooms = availability.rooms_for(self.wanted, self.first, self.last)
        self.rooms_of = self.rooms_of_visits() if self.rooms.rooms else {}

    def run(self) -> list[Proposal]:
        others = self.other_rooms()
        return [
            Proposal(
                one,
                self.find(one, wanted, [one.doctor_id]),
                self.find(one, wanted, self.colleagues(one)),
                others.get(one.pk),
            )
            for one, wanted in zip(self.appointments, self.wanted, strict=True)
        ]

    def other_rooms(self) -> dict[UUID, Resource]:
        """By visit, what is free in the place of the room that is out of service."""
        if self.out is None or not self.rooms.rooms:
            return {}
        found = {}
        for one in self.appointments:
            held = Period(one.holds_from, one.holds_until)
            if one.session_id is None and (
                free := self.rooms.choose({self.out.pool: 1}, one.location_id, held)
            ):
                self.rooms.take(free, held)
                found[one.pk] = free[0]
        known = Resource.objects.in_bulk(set(found.values()))
        return {visit: known[room] for visit, room in found.items()}

    def rooms_of_visits(self) -> dict[UUID, list[UUID]]:
        """Those that each visit has, and keeps where they are free."""
        found: dict[UUID, list[UUID]] = {}
        rows = AppointmentResource.objects.filter(appointment__in=self.appointments)
        for visit, resource in rows.values_list("appointment_id", "resource_id"):
            found.setdefault(visit, []).append(resource)
        return found

    def visits_of_patients(self) -> dict[UUID, list[Period]]:
        found: dict[UUID, list[Period]] = {}
        visits = Appointment.objects.holding_time().filter(
            patient__in={one.patient_id for one in self.appointments},
            starts_at__lt=day_bounds(self.last + ONE_DAY)[1],
            ends_at__gt=day_start(self.first),
        )
        for pk, patient, *period in visits.values_list("pk", "patient", "starts_at", "ends_at"):
            if pk not in {one.pk for one in self.appointments}:
                found.setdefault(patient, []).append(Period(*period))
        return found

    def colleagues(self, appointment: Appointment) -> list[UUID]:
        wanted = self.specialization[appointment.doctor_id]
        same = [pk for pk, field in self.specialization.items() if field == wanted]
        return [pk for pk in same if pk != appointment.doctor_id]

    def slots_of(self, calendar: DoctorCalendar, wanted: Wanted) -> list[Slot]:
        key = calendar.doctor_id, wanted
        if key not in self.slots:
            slots = calendar.slots(self.first, self.last, self.limits, wanted=wanted)
            self.slots[key] = list(slots)
        return self.slots[key]

    def find(
        self, appointment: Appointment, wanted: Wanted, doctors: Iterable[UUID]
    ) -> Slot | None:
        """The nearest free time with one of these doctors; from then on it is given away. Who takes
        part in a session isn't moved alone."""
        if appointment.session_id is not None:
            return None
        busy = self.patients.get(appointment.patient_id, [])
        slots = [
            slot for doctor in doctors for slot in self.slots_of(self.calendars[doctor], wanted)
        ]
        slots.sort(key=lambda slot: abs(slot.starts_at - appointment.starts_at))
        keep = self.rooms_of.get(appointment.pk, [])
        for slot in slots:
            held = wanted.held(slot.period)
            given = self.given[slot.doctor_id]
            if any(map(held.overlaps, given)) or any(map(slot.period.overlaps, busy)):
                continue
            placed = self.placed(appointment, wanted, slot, keep)
            if placed is not None:
                given.append(held)
                self.rooms.take(placed.resources, held)
                return slot._replace(location_id=placed.location_id)
        return None

    def placed(
        self, appointment: Appointment, wanted: Wanted, slot: Slot, keep: Sequence[UUID]
    ) -> Placed | None:
        """Where the visit would be then, in which rooms. What it gives up by going there is free
        for itself."""
        placed = self.rooms.placed(wanted, slot.location_id, slot.period, keep)
        own = Period(appointment.holds_from, appointment.holds_until)
        if placed is not None or not own.overlaps(wanted.held(slot.period)):
            return placed
        gone = [key for key in keep if self.out is None or key != self.out.pk]
        if not gone:
            return None
        rooms = self.rooms.without(gone, own)
        return rooms.placed(wanted, slot.location_id, slot.period, keep)


def resolve(choices: Iterable[Choice], by: User) -> list[Outcome]:
    """Do what was chosen for each visit, and tell every patient concerned.

    Each visit for itself: one that can't be moved any more stays as it is, and says why.
    """
    return [resolve_one(choice, by) for choice in choices]


def resolve_one(choice: Choice, by: User) -> Outcome:
    appointment = choice.appointment
    try:
        if choice.way == Way.CANCEL:
            appointment = cancel(appointment, by, reason_code=CancelReason.ABSENCE)
        elif choice.way == Way.OTHER_ROOM:
            appointment = change_room(appointment, by)
        elif choice.way != Way.KEEP and choice.slot is not None:
            slot = choice.slot
            doctor = Doctor.objects.filter(pk=slot.doctor_id).first()
            if doctor is None:
                raise ValidationError("There is no such doctor any more.")
            place = (
                Location.objects.filter(pk=slot.location_id).first() if slot.location_id else None
            )
            appointment = reschedule(
                appointment,
                by,
                slot.starts_at,
                appointment.duration,
                doctor,
                location=place or KEEP_PLACE,
            )
    except (ValidationError, NotAllowed) as error:
        told = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        return Outcome(choice, choice.appointment, told)
    return Outcome(choice, appointment)
