"""A day's bookings, moves, cancellations and restorations, against a clinic that is counted by
hand: nothing is refused that there is room for, and nothing given twice."""

import os
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentResource
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import codes
from appointments.transitions import Status
from clinic.errors import DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED
from doctors.models import Doctor, Location, Resource, ResourceOutage
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
NINE = next_monday(9)
STEPS = int(os.environ.get("RACE_ROUNDS", "1")) * 60
MINUTE = timedelta(minutes=1)


@dataclass
class Held:
    """What a visit holds, as it was noted when it was booked."""

    visit: Appointment
    needs: dict[str, int]
    holds: bool = True

    def over(self, starts: datetime, ends: datetime) -> bool:
        return self.holds and self.visit.holds_from < ends and starts < self.visit.holds_until


class Clinic:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.places = [LocationFactory(name=name) for name in ("East", "West")]
        east, west = self.places
        for pool, place in (("Sono", east), ("Sono", west), ("Sono", None), ("Bed", west)):
            ResourceFactory(pool=pool, location=place)
        self.rooms = list(Resource.objects.all())
        self.doctors = DoctorFactory.create_batch(5)
        self.desk = UserFactory(role=Role.ADMIN)
        buffers = {"buffer_before_minutes": 5, "buffer_after_minutes": 15}
        self.types = [
            (HealthcareServiceFactory(duration_minutes=30, **buffers), {"Sono": 1}),
            (HealthcareServiceFactory(duration_minutes=20), {"Sono": 1, "Bed": 1}),
            (HealthcareServiceFactory(duration_minutes=40), {"Sono": 2}),
            (HealthcareServiceFactory(duration_minutes=30), {}),
        ]
        for service, needs in self.types:
            for pool, count in needs.items():
                service.needs.create(pool=pool, count=count)
        self.out = ResourceOutage.objects.create(
            resource=self.rooms[2], starts_at=NINE, ends_at=NINE + 50 * MINUTE
        )
        self.held: list[Held] = []

    def start(self) -> datetime:
        return NINE + self.chance.randrange(0, 180, 10) * MINUTE

    def expected(
        self,
        doctor: Doctor,
        needs: dict[str, int],
        places: list[Location | None],
        starts: datetime,
        ends: datetime,
        own: Held | None = None,
    ) -> str:
        """What is to be answered; `starts` and `ends` are with the buffers."""
        others = [one for one in self.held if one is not own and one.over(starts, ends)]
        if any(one.visit.doctor_id == doctor.pk for one in others):
            return DOCTOR_DOUBLE_BOOKED
        taken = {room.pk for one in others for room in one.visit.rooms}
        if self.out.starts_at < ends and starts < self.out.ends_at:
            taken.add(self.out.resource_id)
        free = [room for room in self.rooms if room.pk not in taken]
        for place in places:
            there = [one.pool for one in free if one.location_id in (None, place and place.pk)]
            if all(there.count(pool) >= count for pool, count in needs.items()):
                return ""
        return RESOURCE_DOUBLE_BOOKED

    def book(self) -> None:
        service, needs = self.chance.choice(self.types)
        doctor, starts = self.chance.choice(self.doctors), self.start()
        asked = self.chance.choice([None, *self.places])
        wish = Appointment(
            doctor=doctor,
            patient=PatientFactory(),
            service=service,
            location=asked,
            starts_at=starts,
        )
        until = starts + (service.duration_minutes + service.buffer_after_minutes) * MINUTE
        since = starts - service.buffer_before_minutes * MINUTE
        places = [asked] if asked else self.places
        expected = self.expected(doctor, needs, places, since, until)
        assert answered(lambda: services.book(wish, self.desk)) == expected
        if not expected:
            self.held.append(Held(wish, needs))

    def move(self) -> None:
        one = self.chance.choice([one for one in self.held if one.holds])
        doctor, starts = self.chance.choice(self.doctors), self.start()
        visit, by = one.visit, starts - one.visit.starts_at
        since, until = visit.holds_from + by, visit.holds_until + by
        place = [visit.location] if visit.location or not one.needs else self.places
        expected = self.expected(doctor, one.needs, place, since, until, own=one)

        def attempt() -> None:
            one.visit = services.reschedule(visit, self.desk, starts, doctor=doctor)

        assert answered(attempt) == expected

    def cancel(self) -> None:
        one = self.chance.choice([one for one in self.held if one.holds])
        services.cancel(one.visit, self.desk)
        one.holds = False

    def restore(self) -> None:
        gone = [one for one in self.held if not one.holds]
        if not gone:
            return
        one = self.chance.choice(gone)
        visit = one.visit
        period = visit.holds_from, visit.holds_until
        expected = self.expected(visit.doctor, one.needs, [visit.location], *period, own=one)

        def attempt() -> None:
            one.visit = services.correct(visit, Status.BOOKED, self.desk)
            one.holds = True

        assert answered(attempt) == expected

    def check(self) -> None:
        """Each visit has what it needs, at its place, for as long as it holds its time."""
        for one in self.held:
            rows = AppointmentResource.objects.filter(appointment=one.visit, is_held=True)
            found = list(rows.select_related("resource"))
            needed = sorted(pool for pool, count in one.needs.items() for _ in range(count))
            assert sorted(row.resource.pool for row in found) == (needed if one.holds else [])
            for row in found:
                assert row.resource.location_id in (None, one.visit.location_id)
                assert (row.busy_from, row.busy_until) == (
                    one.visit.holds_from,
                    one.visit.holds_until,
                )


def answered(attempt) -> str:
    try:
        attempt()
    except ValidationError as error:
        return next(code for found in codes(error).values() for code in found)
    return ""


@pytest.mark.parametrize("seed", range(int(os.environ.get("RACE_ROUNDS", "1"))))
def test_what_there_is_room_for_is_given_and_nothing_twice(seed):
    clinic = Clinic(random.Random(seed))
    for _ in range(10):
        clinic.book()
    for _ in range(STEPS):
        kinds = [clinic.book, clinic.book, clinic.move, clinic.move, clinic.cancel, clinic.restore]
        clinic.chance.choice(kinds)()
    clinic.check()
    assert any(one.needs and one.holds for one in clinic.held)
