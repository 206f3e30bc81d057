"""Rooms and equipment in the console: adding several, and what is free now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import faults, said, signed_in
from appointments.admin.rooms import states_now
from appointments.models import AppointmentResource
from appointments.tests.factories import AppointmentFactory
from doctors.models import Resource, ResourceOutage
from doctors.tests.factories import LocationFactory, ResourceFactory

pytestmark = pytest.mark.django_db
ROOMS = "/admin/doctors/resource/"
HOUR = timedelta(hours=1)


def add(**typed):
    kept = {"pool": "Ultrasound", "count": "1", "kind": "equipment", "is_active": "on"}
    return signed_in(Role.ADMIN).post(f"{ROOMS}add/", kept | typed)


def names() -> list[str]:
    return list(Resource.objects.order_by("name").values_list("name", flat=True))


def test_several_of_a_kind_are_added_at_once_and_counted_on():
    place = LocationFactory()

    response = add(count="2", location=str(place.pk))
    add(count="2", location=str(place.pk), pool="ultrasound")
    add(pool="X-ray")
    add(count="1", location=str(place.pk), name="The new one")

    assert said(response)[0].endswith("are added.")
    assert names() == ["The new one", *(f"Ultrasound {n}" for n in (1, 2, 3, 4)), "X-ray"]
    pools = set(Resource.objects.exclude(pool="X-ray").values_list("pool", flat=True))
    assert pools == {"Ultrasound"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"count": "2", "name": "One"}, "name"),
        ({"count": "0"}, "count"),
        ({"count": "21"}, "count"),
        ({"pool": ""}, "pool"),
        ({"name": "taken"}, "name"),
    ],
)
def test_what_cannot_be_added_is_said_beside_its_field(typed, field):
    ResourceFactory(name="Taken")

    assert list(faults(add(**typed))) == [field]
    assert names() == ["Taken"]


def test_the_list_says_by_pool_what_is_free_now():
    now = timezone.now()
    free, booked, out, unused = (
        ResourceFactory(name="A"),
        ResourceFactory(name="B"),
        ResourceFactory(name="C"),
        ResourceFactory(name="D", is_active=False),
    )
    visit = AppointmentFactory(
        starts_at=now - HOUR / 4, ends_at=now + HOUR / 4, booked_at=now - HOUR
    )
    row = {"busy_from": visit.starts_at, "busy_until": visit.ends_at}
    AppointmentResource.objects.create(resource=booked, appointment=visit, **row)
    AppointmentResource.objects.create(resource=free, appointment=visit, **row, is_held=False)
    ResourceOutage.objects.create(resource=out, starts_at=now - HOUR, ends_at=now + HOUR)

    states = states_now([free, booked, out, unused])
    page = signed_in(Role.RECEPTIONIST).get(ROOMS).content.decode()

    found = [states[one.pk].state for one in (free, booked, out, unused)]
    assert found == ["free", "booked", "out", "unused"]
    assert "1 of 3 free now" in page
    assert states[booked.pk].words.startswith("Booked until ")
