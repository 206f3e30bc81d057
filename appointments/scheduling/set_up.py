"""What the clinic has set up of what a visit asks for: its type, and the places there are.

It is read along with something that is asked anyway: most clinics have neither types nor places,
and where there are some, they needn't be asked for one by one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from appointments.scheduling.wanted import PLAIN, Wanted, as_wanted, services_statement
from clinic.statements import Row, Statement, Statements, stand_in_key
from doctors.models import HealthcareService, Location


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
        return self.wanted.at(location_id) if location_id else self.wanted


NOTHING = SetUp()


def read_set_up(service_id: UUID | None) -> SetUp:
    """By a statement of its own."""
    is_typed = service_id is not None
    return set_up_of(set_up_statement(is_typed).rows(**of_type(service_id)))


def of_type(service_id: UUID | None) -> dict[str, Any]:
    """The values by which `set_up_parts()` are asked."""
    return {"service": service_id, "services": [service_id]}


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
    its_row = Statement(HealthcareService.objects.filter(pk=service).order_by(), service=service)
    # So it isn't deleted before the visit is there.
    return places, its_row.extended("{} FOR KEY SHARE"), services_statement()


def set_up_of(parts: Collection[list[Row]]) -> SetUp:
    """What the rows of `set_up_parts()` say."""
    rows, *typed = parts
    if not (rows or typed):
        return NOTHING
    known = set_up_parts(bool(typed))
    made: Any = known[0].made_of(rows)
    active: list[Location] = sorted(made, key=lambda one: (one.name.casefold(), one.pk))
    places = {one.pk: one for one in active}
    if not typed:
        return SetUp(places=places, candidates=tuple(places))
    services, its_own = typed
    made = known[1].made_of(services)
    for service, row in zip(made, its_own, strict=False):
        wanted = as_wanted(*row)
        return SetUp(wanted, places, wanted.places, service)
    return SetUp(places=places)
