"""What a visit is to be: its type's length, buffers, places and needs."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from appointments.models import Appointment, GroupSession
from appointments.scheduling.slots import NO_TIME, Period
from clinic.statements import IsOneOf, Statement, stand_in_key
from doctors.models import HealthcareService, Location, ServiceDoctor, ServiceLocation, ServiceNeed

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is looked for in calendars. `PLAIN` is a visit of no type, wherever it takes place.

    `location_id` is the place that was asked for. `lengths` are those that differ, by doctor;
    `doctors` is None where every doctor offers the type. `places` are the active places where the
    type is offered, by name. `is_offered` is false of a type that isn't offered any more, or only
    at places that aren't in use.
    """

    service_id: UUID | None = None
    location_id: UUID | None = None
    length: timedelta | None = None
    lengths: Mapping[UUID, timedelta] = field(default_factory=dict)
    before: timedelta = NO_TIME
    after: timedelta = NO_TIME
    doctors: frozenset[UUID] | None = None
    places: tuple[UUID, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    is_offered: bool = True
    is_everywhere: bool = True  # The type names no places of its own.
    has_sessions: bool = False  # Patients take places in them; staff book single visits, too.
    for_new_patients: str = HealthcareService.NewPatients.ANY

    def length_with(self, doctor_id: UUID) -> timedelta | None:
        """How long the type takes with this doctor; None: as a visit to the doctor usually is."""
        return self.lengths.get(doctor_id, self.length)

    def is_offered_by(self, doctor_id: UUID) -> bool:
        return self.is_offered and (self.doctors is None or doctor_id in self.doctors)

    def held(self, period: Period) -> Period:
        """The time that a visit holds, with its buffers."""
        return period.widened(self.before, self.after)

    @cached_property
    def kept_clear(self) -> Callable[[Period], Period]:
        """Given a time that is held, the time in which such a visit can't be. Kept: a clinic's
        visits begin and end at the same few times."""
        return cache(lambda period: period.widened(self.after, self.before))

    def place_in(self, hours_at: UUID | None, only_place: UUID | None) -> tuple[bool, UUID | None]:
        """Can it take place in hours at this place (None: any), and where then?

        `only_place` is the clinic's, where it has one alone. Where nothing says which of several
        places, None: any.
        """
        asked = self.location_id
        if hours_at is not None:
            fits = asked in (None, hours_at)
            return fits and (self.is_everywhere or hours_at in self.places), hours_at
        if asked is not None:
            return self.is_everywhere or asked in self.places, asked
        if self.service_id is None:
            return True, only_place
        return True, self.places[0] if len(self.places) == 1 else None

    def lasting(self, length: timedelta) -> "Wanted":
        """The same, of this length with whichever doctor."""
        return replace(self, length=length, lengths={})

    def at(self, location_id: UUID | None) -> "Wanted":
        """The same, asked for at this place; None: wherever it is offered."""
        return replace(self, location_id=location_id)


PLAIN = Wanted()


def wanted_for(service_id: UUID | None, location_id: UUID | None = None) -> Wanted:
    """What a visit of this type (None: of no type) at this place (None: any) is to be.

    Of no type it needs no query, of a type one. Raises HealthcareService.DoesNotExist.
    """
    if service_id is None:
        return PLAIN.at(location_id) if location_id else PLAIN
    found = wanted_of_types([service_id])
    if service_id not in found:
        raise HealthcareService.DoesNotExist
    return found[service_id].at(location_id)


def wanted_of_types(service_ids: Iterable[UUID]) -> dict[UUID, Wanted]:
    """What visits of these types are to be, by type. In one query, or none."""
    keys = list(set(service_ids))
    rows = services_statement().rows(services=keys) if keys else []
    return {row[0]: as_wanted(*row) for row in rows}


def wanted_of(visit: Appointment | GroupSession) -> Wanted:
    """What is looked for where a visit or a session, booked or to be booked, goes to another time:
    of its type and length, at its place, if it has one."""
    return wanted_of_visits([visit])[0]


def wanted_of_visits(visits: Iterable[Appointment | GroupSession]) -> list[Wanted]:
    """The same of many, in one query."""
    visits = list(visits)
    types: dict[Any, Wanted] = {None: PLAIN}
    types |= wanted_of_types(one.service_id for one in visits if one.service_id)
    alike: dict[Hashable, Wanted] = {}
    return [
        alike.setdefault(
            what_counts(one, types[one.service_id]), of_visit(one, types[one.service_id])
        )
        for one in visits
    ]


def what_counts(visit: Appointment | GroupSession, type_of_it: Wanted) -> Hashable:
    """Of visits for which this is the same, one and the same is looked for: its times and rooms
    are worked out once."""
    held = (visit.buffer_before_minutes, visit.buffer_after_minutes, visit._state.adding)
    doctor = visit.doctor_id if type_of_it.doctors is not None else None
    length = visit.ends_at - visit.starts_at
    return type_of_it, visit.location_id, doctor, length, *held


def of_visit(visit: Appointment | GroupSession, type_of_it: Wanted) -> Wanted:
    wanted = type_of_it.at(visit.location_id).lasting(visit.ends_at - visit.starts_at)
    if visit._state.adding:
        return wanted
    # What is booked keeps its buffers, doctor and place, whatever has become of its type since.
    own_place = (visit.location_id,) if visit.location_id else ()
    return replace(
        wanted,
        before=visit.buffer_before_minutes * MINUTE,
        after=visit.buffer_after_minutes * MINUTE,
        doctors=wanted.doctors and wanted.doctors | {visit.doctor_id},
        places=tuple(dict.fromkeys((*wanted.places, *own_place))),
        is_offered=True,
    )


def as_wanted(
    service_id: UUID,
    is_active: bool,
    for_new_patients: str,
    length: int,
    before: int,
    after: int,
    is_everywhere: bool,
    has_sessions: bool,
    *lists: list[Any],
) -> Wanted:
    places, names, doctors, lengths, pools, counts = lists
    by_name = sorted(zip(map(str.casefold, names), places, strict=True))
    own = zip(doctors, lengths, strict=True)
    return Wanted(
        service_id=service_id,
        length=length * MINUTE,
        lengths={doctor: minutes * MINUTE for doctor, minutes in own if minutes},
        before=before * MINUTE,
        after=after * MINUTE,
        doctors=frozenset(doctors) or None,
        places=tuple(pk for _, pk in by_name),
        needs=dict(zip(pools, counts, strict=True)),
        is_offered=is_active and bool(places or is_everywhere),
        is_everywhere=is_everywhere,
        has_sessions=has_sessions,
        for_new_patients=for_new_patients,
    )


@cache
def services_statement() -> Statement:
    """What reads types, each in one row with the lists that it has, as `as_wanted()` takes it."""
    services = stand_in_key()
    its_own = {"service": OuterRef("pk")}
    named = ServiceLocation.objects.filter(**its_own).order_by()
    is_everywhere = ~Exists(named)
    places = Location.objects.active().order_by("pk")
    there = places.filter(
        Exists(
            ServiceLocation.objects.filter(
                service=OuterRef(OuterRef("pk")), location=OuterRef("pk")
            )
        )
        | ~Exists(ServiceLocation.objects.filter(service=OuterRef(OuterRef("pk"))))
    )
    doctors = ServiceDoctor.objects.filter(**its_own).order_by("pk")
    needs = ServiceNeed.objects.filter(**its_own).order_by("pk")
    lists: list[QuerySet] = [
        there.values("pk"),
        there.values("name"),
        doctors.values("doctor_id"),
        doctors.values("duration_minutes"),
        needs.values("pool"),
        needs.values("count"),
    ]
    rows = HealthcareService.objects.filter(IsOneOf("id", services)).order_by()
    return Statement(
        rows.values_list(
            "pk",
            "is_active",
            "for_new_patients",
            "duration_minutes",
            "buffer_before_minutes",
            "buffer_after_minutes",
            is_everywhere,
            Exists(GroupSession.objects.filter(**its_own).order_by()),
            *map(ArraySubquery, lists),
        ),
        services=services,
    )
