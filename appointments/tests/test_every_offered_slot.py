"""What is offered can be booked, and nothing else can: until all rooms are full."""

import random
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from appointments import services
from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.scheduling import availability
from appointments.scheduling.availability import Limits, Slot, wanted_for
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import codes, doctor_working, patient_online
from clinic.errors import DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED
from doctors.models import (
    Doctor,
    HoursService,
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
)
from doctors.tests.factories import HealthcareServiceFactory, LocationFactory, ResourceFactory

pytestmark = pytest.mark.django_db
NINE = next_monday(9)
MINUTE = timedelta(minutes=1)
REFUSALS = {"no_free_slot", DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED}


class Clinic:
    """Two places, three scanners and a couch, and three doctors of one morning with two types."""

    def __init__(self) -> None:
        self.north, self.south = LocationFactory(name="North"), LocationFactory(name="South")
        fields = {"duration_minutes": 20, "buffer_before_minutes": 5, "buffer_after_minutes": 10}
        self.scan = HealthcareServiceFactory(name="Scan", **fields)
        self.rest = HealthcareServiceFactory(name="Rest", duration_minutes=30)
        ServiceNeed.objects.create(service=self.scan, pool="Scanner")
        ServiceNeed.objects.create(service=self.rest, pool="Couch")
        ServiceNeed.objects.create(service=self.rest, pool="Scanner")
        ServiceLocation.objects.create(service=self.rest, location=self.north)
        for place in (self.north, self.south, self.south):
            ResourceFactory(pool="Scanner", location=place)
        ResourceFactory(pool="Couch", location=None)
        self.make_doctors()

    def make_doctors(self) -> None:
        spans = ("09:00-10:30", "10:30-12:00")
        self.doctors = [
            doctor_working(*spans, weekdays=[0], slot_interval_minutes=step)
            for step in (None, 15, None)
        ]
        for doctor in self.doctors[:2]:
            ServiceDoctor.objects.create(
                service=self.scan,
                doctor=doctor,
                duration_minutes=40 if doctor is self.doctors[0] else None,
            )
        for doctor, place in zip(self.doctors, (self.north, self.south), strict=False):
            doctor.working_hours.filter(starts="09:00").update(location=place)
        late = self.doctors[2].working_hours.get(starts="10:30")
        HoursService.objects.create(hours=late, service=self.rest)
        session = {"starts_at": NINE + 60 * MINUTE, "ends_at": NINE + 80 * MINUTE}
        GroupSession.objects.create(
            doctor=self.doctors[1], capacity=4, buffer_after_minutes=5, **session
        )
        out = {"starts_at": NINE + 100 * MINUTE, "ends_at": NINE + 130 * MINUTE}
        room = self.doctors[0].working_hours.get(starts="09:00").location.resources.get()
        ResourceOutage.objects.create(resource=room, **out)

    @property
    def kinds(self) -> list:
        return [self.scan, self.rest]

    def offered(self, kind) -> list[Slot]:
        wanted = wanted_for(kind and kind.pk)
        doctors = Doctor.objects.filter(pk__in=[doctor.pk for doctor in self.doctors])
        return availability.free(doctors, NINE.date(), 1, Limits.of(None), wanted=wanted)


def book(kind, doctor_id, starts_at, minutes=None) -> Appointment:
    patient = patient_online()
    wish = Appointment(
        doctor=Doctor.objects.get(pk=doctor_id), patient=patient, service=kind, starts_at=starts_at
    )
    wish.ends_at = minutes and starts_at + minutes * MINUTE
    return services.book(wish, by=patient.user)


def check_refused(kind, doctor_id, starts_at) -> set[str]:
    """Returns the codes of why."""
    with pytest.raises(ValidationError) as refused:
        book(kind, doctor_id, starts_at)
    found = codes(refused.value)
    if found != {"service": [None]}:  # The doctor doesn't offer it.
        assert list(found) == ["starts_at"]
        assert set(found["starts_at"]) <= REFUSALS
    return set(found.get("starts_at", ()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_offered_slot_is_booked_and_no_other_until_the_rooms_are_full(seed):
    chance, clinic = random.Random(seed), Clinic()
    possible = [(kind, slot) for kind in clinic.kinds for slot in clinic.offered(kind)]
    grid = [NINE + 5 * number * MINUTE for number in range(36)]
    while found := [(kind, slot) for kind in clinic.kinds for slot in clinic.offered(kind)]:
        kind, slot = chance.choice(found)
        other = chance.choice(grid)
        if (other, slot.doctor_id) not in {(one.starts_at, one.doctor_id) for _, one in found}:
            check_refused(kind, slot.doctor_id, other)

        visit = book(kind, slot.doctor_id, slot.starts_at)

        assert (visit.starts_at, visit.ends_at, visit.doctor_id) == slot[:3]
        assert visit.location_id == slot.location_id

    taken = AppointmentResource.objects.filter(is_held=True)
    assert taken.count() == sum(
        sum(visit.service.needs.values_list("count", flat=True))
        for visit in Appointment.objects.select_related("service")
    )
    assert set(taken.values_list("resource__pool", flat=True)) == {"Scanner", "Couch"}
    why = [
        check_refused(kind, slot.doctor_id, slot.starts_at)
        for kind, slot in chance.sample(possible, 12)
    ]
    assert RESOURCE_DOUBLE_BOOKED in set().union(*why)
    # A plain visit needs no room: of those the morning is not full.
    plain = clinic.offered(None)
    for slot in plain:
        visit = book(None, slot.doctor_id, slot.starts_at, minutes=30)
        assert visit.location_id == slot.location_id
    assert clinic.offered(None) == []
