"""What the clinic has set up of what a visit asks for: its type, and the places there are.

It is read along with something that is asked anyway: most clinics have neither types nor places,
and where there are some, they needn't be asked for one by one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from appointments.models import Appointment, GroupSession
from appointments.scheduling.wanted import PLAIN, Wanted
from clinic.statements import Row, Statement, Statements, stand_in_key
from doctors.models import HealthcareService, Location, ServiceDoctor, ServiceLocation, ServiceNeed


@dataclass(frozen=True)
class SetUp:
    """`places` are the active ones, by name; `candidates` those of them that come into question
    for the visit. `service` is its type: None where it has none, or there is no such type."""

    wanted: Wanted = PLAIN
    places: Mapping[UUID, Location] = field(default_factory=dict)
    candidates: tuple[UUID, ...] = ()
    service: HealthcareService | None = None

    def wanted_at(self, location_id: UUID | None) -> Wanted:
        """What the visit is to be, asked for at this place; None: at any."""
        return replace(self.wanted, location_id=location_id) if location_id else self.wanted


NOTHING = SetUp()


def read_set_up(service_id: UUID | None) -> SetUp:
    """By a statement of its own."""
    is_typed = service_id is not None
    return set_up_of(set_up_statement(is_typed).rows(service=service_id))


@cache
def set_up_statement(is_typed: bool) -> Statements:
    return Statements(*set_up_parts(is_typed))


@cache
def set_up_parts(is_typed: bool) -> tuple[Statement, ...]:
    """What reads it: of a visit of no type the places alone. `set_up_of()` reads their rows."""
    places = Statement(Location.objects.active().order_by())
    if not is_typed:
        return (places,)
    service = stand_in_key()
    lists = [
        ServiceDoctor.objects.filter(service=service).values_list("doctor", "duration_minutes"),
        ServiceLocation.objects.filter(service=service).values_list("location"),
        ServiceNeed.objects.filter(service=service).values_list("pool", "count"),
    ]
    its_row = HealthcareService.objects.filter(pk=service)
    of_type = [Statement(rows.order_by(), service=service) for rows in (its_row, *lists)]
    return places, *of_type


def set_up_of(parts: Collection[list[Row]]) -> SetUp:
    """What the rows of `set_up_parts()` say."""
    rows, *of_type = parts
    if not (rows or of_type):
        return NOTHING
    known = set_up_parts(bool(of_type))
    made: Any = known[0].made_of(rows)
    active: list[Location] = sorted(made, key=lambda one: (one.name.casefold(), one.pk))
    places = {one.pk: one for one in active}
    if not of_type:
        return SetUp(places=places, candidates=tuple(places))
    services, doctors, named, needs = of_type
    made = known[1].made_of(services)
    for service in made:
        its_own = {pk for (pk,) in named}
        candidates = tuple(pk for pk in places if not its_own or pk in its_own)
        lengths = {pk: timedelta(minutes=own) for pk, own in doctors if own}
        wanted = Wanted(
            service_id=service.pk,
            length=timedelta(minutes=service.duration_minutes),
            lengths=lengths,
            before=timedelta(minutes=service.buffer_before_minutes),
            after=timedelta(minutes=service.buffer_after_minutes),
            doctors=frozenset(pk for pk, _ in doctors) or None,
            places=candidates,
            needs=dict(needs),
            is_offered=service.is_active and bool(candidates or not its_own),
            is_everywhere=not its_own,
            for_new_patients=service.for_new_patients,
        )
        return SetUp(wanted, places, candidates, service)
    return SetUp(places=places)


def as_booked(wanted: Wanted, appointment: Appointment | GroupSession) -> Wanted:
    """The same of a visit that keeps the length and the buffers it was booked with, and is offered
    as long as it stands."""
    return replace(
        wanted,
        length=appointment.duration,
        lengths={},
        before=timedelta(minutes=appointment.buffer_before_minutes),
        after=timedelta(minutes=appointment.buffer_after_minutes),
        is_offered=True,
    )
