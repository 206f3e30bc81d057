"""What is missing or contradicts itself in what the clinic offers, in plain words."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from doctors.models import Doctor, HealthcareService, Location, Resource, WorkingHours

INTERVALS = range(10, 65, 5)  # Minutes.
WORTH_IT = 10  # Minutes: less is nothing to be told of.


@dataclass(frozen=True)
class Gap:
    """Something to be looked at, and the record on whose page it is mended."""

    sentence: str
    record: HealthcareService | Doctor | Location | Resource
    is_about_hours: bool = False
    interval: int = 0  # Minutes: how often the doctor's visits had better begin.


@dataclass
class Offering:
    """All that is offered, read at once. Seven queries, however much there is."""

    places: list[Location] = field(default_factory=lambda: list(Location.objects.active()))
    rooms: list[Resource] = field(
        default_factory=lambda: list(Resource.objects.active().select_related("location"))
    )
    types: list[HealthcareService] = field(
        default_factory=lambda: list(
            HealthcareService.objects.active().prefetch_related(
                "needs", "service_doctors", "service_locations"
            )
        )
    )
    doctors: list[Doctor] = field(default_factory=lambda: list(working_doctors()))

    @cached_property
    def pools(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for room in self.rooms:
            found[room.pool].append(room)
        return found

    def who_offers(self, kind: HealthcareService) -> list[Doctor]:
        named = {one.doctor_id for one in kind.service_doctors.all()}
        return [doctor for doctor in self.doctors if not named or doctor.pk in named]

    def offered_by(self, doctor: Doctor) -> list[HealthcareService]:
        return [kind for kind in self.types if doctor in self.who_offers(kind)]

    def held_minutes(self, kind: HealthcareService, doctor: Doctor) -> tuple[int, int]:
        """How long such a visit lasts with the doctor, and for how long it holds the time."""
        own = (one for one in kind.service_doctors.all() if one.doctor_id == doctor.pk)
        length = next((one.duration_minutes for one in own), None) or kind.duration_minutes
        return length, length + kind.buffer_minutes


def working_doctors() -> QuerySet[Doctor]:
    """Those who take appointments, with their hours of now and later."""
    ended = Q(valid_until__lt=timezone.localdate())
    hours = WorkingHours.objects.exclude(ended).with_services()
    return Doctor.objects.active().prefetch_related(Prefetch("working_hours", hours))


def find_gaps(offering: Offering) -> list[Gap]:
    finders = (types_without_rooms, types_without_doctors, hours_without_place, lost_minutes)
    found = [gap for find in finders for gap in find(offering)]
    return [*found, *unused_rooms(offering), *empty_places(offering)]


def types_without_rooms(offering: Offering) -> Iterator[Gap]:
    """Visit types that nobody can book, for want of what they need."""
    for kind in offering.types:
        at = {one.location_id for one in kind.service_locations.all()}
        for need in kind.needs.all():
            there = offering.pools[need.pool]
            if len(there) < need.count:
                has = "there is none" if not there else f"there is only {len(there)}"
                yield Gap(f"{kind} needs {need}, and {has}: nobody can book it.", kind)
            elif at and not any(room.location_id in {None, *at} for room in there):
                yield Gap(f"{kind} needs {need.pool}, of which there is none where it is.", kind)


def types_without_doctors(offering: Offering) -> Iterator[Gap]:
    """Visit types that nobody offers, or in no hours."""
    for kind in offering.types:
        doctors = offering.who_offers(kind)
        if not doctors:
            yield Gap(f"Nobody who takes appointments offers {kind}.", kind)
        elif not any(
            is_offered_in(kind, hours) for one in doctors for hours in one.working_hours.all()
        ):
            yield Gap(f"No working hours of those who offer {kind} are open to it.", kind)


def is_offered_in(kind: HealthcareService, hours: WorkingHours) -> bool:
    at = {one.location_id for one in kind.service_locations.all()}
    is_there = not at or hours.location_id is None or hours.location_id in at
    return is_there and (not hours.service_ids or kind.pk in hours.service_ids)


def hours_without_place(offering: Offering) -> Iterator[Gap]:
    """Where there are several places, a type that needs a room doesn't know where it is."""
    if len(offering.places) < 2:
        return
    for doctor in offering.doctors:
        if all(hours.location_id for hours in doctor.working_hours.all()):
            continue
        if needing := [kind for kind in offering.offered_by(doctor) if kind.needs.all()]:
            yield Gap(
                f"{doctor} has hours without a place, and {names_of(needing)} needs rooms or "
                "equipment: such a visit is put wherever something is free.",
                doctor,
                is_about_hours=True,
            )


def lost_minutes(offering: Offering) -> Iterator[Gap]:
    """Doctors whose next visit can't begin when the last one lets go of the time."""
    for doctor in offering.doctors:
        kinds = offering.offered_by(doctor)
        if not any(kind.buffer_minutes for kind in kinds):
            continue
        lengths = [offering.held_minutes(kind, doctor) for kind in kinds]
        every = doctor.slot_interval_minutes
        lost = [-held % (every or length) for length, held in lengths]
        better = best_interval([held for _, held in lengths])
        left = max(-held % better for _, held in lengths)
        worst, kind = max(zip(lost, map(str, kinds), strict=True))
        if worst - left < WORTH_IT:
            continue
        yield Gap(
            f"After {kind} with {doctor}, {worst} minutes may be lost until the next visit can "
            f"begin. If visits may start every {better} minutes, it is {left or 'none'}.",
            doctor,
            interval=better,
        )


def best_interval(held: Sequence[int]) -> int:
    """The step on which the least time is lost between visits that hold so many minutes; of those
    that are alike the longest, since patients are shown a time on each."""
    return min(INTERVALS, key=lambda step: (sum(-one % step for one in held), -step))


def unused_rooms(offering: Offering) -> Iterator[Gap]:
    needed = {need.pool for kind in offering.types for need in kind.needs.all()}
    for pool, rooms in offering.pools.items():
        if rooms and pool not in needed:
            yield Gap(f"There is {pool}, but no visit type needs it: it is never booked.", rooms[0])
    used = {place.pk for place in offering.places}
    for room in offering.rooms:
        if room.location_id and room.location_id not in used:
            yield Gap(f"{room} stands at {room.location}, which is not in use.", room)


def empty_places(offering: Offering) -> Iterator[Gap]:
    """Places at which nobody works, once hours name places at all."""
    named_places: set[UUID | None] = {
        hours.location_id for doctor in offering.doctors for hours in doctor.working_hours.all()
    }
    if None not in named_places and named_places:
        for place in offering.places:
            if place.pk not in named_places:
                yield Gap(f"No doctor works at {place}.", place)


def names_of(kinds: Sequence[HealthcareService]) -> str:
    """One by name, many by two of them."""
    names = [str(kind) for kind in kinds]
    return names[0] if len(names) == 1 else f"what is offered ({', '.join(names[:2])}, ...)"
