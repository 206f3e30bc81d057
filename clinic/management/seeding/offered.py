"""What the demo clinic offers: two places, rooms and equipment, and visit types."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models

from clinic.management.seeding.medicine import FIRST_VISIT, FOLLOW_UP, OWN_MINUTES
from clinic.management.seeding.people import People
from clinic.management.seeding.plan import Plan, local_instant, uuid7
from clinic.management.seeding.rota import GROUP_DAY
from clinic.management.seeding.taken import Visit
from doctors.models import (
    HealthcareService,
    Location,
    Resource,
    ResourceOutage,
)
from doctors.specializations.examples import (
    EXERCISE_ROOM,
    ROOMS,
    TREATMENT_ROOM,
    ULTRASOUND,
    Example,
    examples_for,
)

Made = TypeVar("Made", bound=models.Model)

PLACES = (  # Name, address, latitude, longitude
    ("Linden House", "Lindenstrasse 12, 10969 Berlin, second floor", "52.503600", "13.394200"),
    ("Harbour House", "Hafenplatz 3, 10963 Berlin, ground floor", "52.502100", "13.375800"),
)
DOCTOR_FIELDS = ("id", "service", "doctor", "duration_minutes")
NEED_FIELDS = ("id", "service", "pool")


def place_of(doctor: int, weekday: int) -> int:
    """Where a doctor works on that weekday: the demo doctor from Thursday on elsewhere."""
    return int(weekday >= GROUP_DAY) if doctor == 0 else doctor % len(PLACES)


class Offered:
    """The records of what is offered, and what visits keep of it."""

    def __init__(self, plan: Plan, people: People):
        self.plan, self.people = plan, people
        self.rng = plan.rng("offered")
        self.places = [
            self.make(Location, name=name, address=address, latitude=north, longitude=east)
            for name, address, north, east in PLACES
        ]
        self.resources = list(self.make_resources())
        self.pools = self.by_pool()
        self.services: dict[Example, HealthcareService] = {}
        self.doctors: list[tuple[Example, int]] = []  # Who offers what.
        for example in (FIRST_VISIT, FOLLOW_UP):
            self.add_type(example, [])
        for shift, doctor in zip(people.shifts, people.doctors, strict=True):
            for example in examples_for(doctor.specialization_code):
                self.add_type(example, [shift.index])
        self.end_types_without_doctors()

    def make(self, model: type[Made], **values) -> Made:
        opened = self.people.opened
        stamps = {"created_at": opened, "updated_at": opened}
        return model(id=uuid7(opened, self.rng), **stamps, **values)

    def by_pool(self) -> dict[tuple[str, int], list[UUID]]:
        """Rooms and equipment by name of the pool and place."""
        found: dict[tuple[str, int], list[UUID]] = {}
        numbers = {place.id: number for number, place in enumerate(self.places)}
        for one in self.resources:
            if one.location_id:
                found.setdefault((one.pool, numbers[one.location_id]), []).append(one.id)
        return found

    def make_resources(self) -> Iterator[Resource]:
        """More of them in a larger clinic, turn by turn at both places; ultrasound devices two
        by two, so that one stands in for the other."""
        doctors = self.plan.doctors
        pools = {ULTRASOUND: max(2, doctors // 6), TREATMENT_ROOM: max(3, doctors // 4)}
        for pool, count in {**pools, EXERCISE_ROOM: 2}.items():
            kind = Resource.Kind.ROOM if pool in ROOMS else Resource.Kind.EQUIPMENT
            for number in range(count):
                turn = number // 2 if pool == ULTRASOUND else number + 1
                yield self.make(
                    Resource,
                    name=f"{pool} {number + 1}",
                    kind=kind,
                    pool=pool,
                    location=self.places[turn % len(PLACES)],
                )

    def add_type(self, example: Example, doctors: list[int]) -> None:
        if example not in self.services:
            price = example.price
            self.services[example] = self.make(
                HealthcareService,
                name=example.name,
                description=example.description,
                duration_minutes=example.minutes,
                buffer_after_minutes=example.after,
                price_amount=None if price is None else Decimal(price),
                price_currency="" if price is None else settings.CLINIC_CURRENCY,
                is_online=example.is_online and not example.is_group,
                for_new_patients=example.for_new_patients,
            )
        self.doctors += [(example, index) for index in doctors]

    def end_types_without_doctors(self) -> None:
        """What was offered by those alone who have left is not offered any more."""
        named = {example for example, _ in self.doctors}
        still = {example for example, index in self.doctors if self.people.doctors[index].is_active}
        for example in named - still:
            self.services[example].is_active = False

    def doctor_rows(self) -> Iterator[tuple]:
        """The values of `DOCTOR_FIELDS`."""
        for number, (example, index) in enumerate(self.doctors, start=1):
            special = self.people.shifts[index].specialization
            minutes = OWN_MINUTES.get((special.name, example.name))
            yield number, self.services[example].id, self.people.doctors[index].id, minutes

    def need_rows(self) -> Iterator[tuple]:
        """The values of `NEED_FIELDS`."""
        needing = (one for one in self.services.items() if one[0].pool)
        for number, (example, service) in enumerate(needing, start=1):
            yield number, service.id, example.pool

    def outages(self) -> Iterator[ResourceOutage]:
        """The last ultrasound device is maintained on a day after those that visits are booked
        for."""
        device = [one for one in self.resources if one.pool == ULTRASOUND][-1]
        day: date = self.plan.last_day + timedelta(days=10)
        yield ResourceOutage(
            id=uuid7(self.people.opened, self.rng),
            resource=device,
            starts_at=local_instant(day, time(0)),
            ends_at=local_instant(day + timedelta(days=1), time(0)),
            reason="Maintenance",
            created_at=self.people.opened,
            created_by=self.people.reception,
        )

    def kept_by(self, visit: Visit) -> tuple:
        """Type, place, minutes after, price and currency, as the visit keeps them. Of a session's
        participants it is the session that holds the time after."""
        where = self.places[visit.place].id
        if visit.kind is None:
            return None, where, 0, None, ""
        service = self.services[visit.kind]
        after = 0 if visit.session else visit.kind.after
        return service.id, where, after, service.price_amount, service.price_currency
