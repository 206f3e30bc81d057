"""What is fought over where visits have rooms: taking one out of service, and out of the list."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from django.core.exceptions import ValidationError

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentResource
from appointments.services import outages
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import patient_online
from doctors.models import HealthcareService, Location, Resource, ResourceOutage, WorkingHours
from doctors.services import catalogue, save_hours
from doctors.tests.factories import (
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)
from tests.duel import Attempt, Round
from tests.duels import count, doctor, one_of

NINE = next_monday(9)


def scan(rooms: int = 1) -> tuple[HealthcareService, list[Resource]]:
    """A visit type with a pool of its own."""
    pool = f"Pool {uuid4()}"
    found = [ResourceFactory.create(pool=pool) for _ in range(rooms)]
    admin = UserFactory.create(role=Role.ADMIN)
    return catalogue.save_service(HealthcareServiceFactory.build(), admin, needs={pool: 1}), found


def book_scan(service: HealthcareService) -> tuple[Appointment, Attempt]:
    patient = patient_online()
    wish = Appointment(doctor=doctor(), patient=patient, service=service, starts_at=NINE)
    return wish, lambda: services.book(wish, by=patient.user)


def outage_against_booking() -> Round:
    """A visit that got the room is listed with the outage; one that came later gets none."""
    service, (room,) = scan()
    wish, book = book_scan(service)
    outage = ResourceOutage(resource=room, starts_at=NINE, ends_at=NINE + timedelta(hours=1))
    desk, affected = UserFactory.create(), []

    def take_out() -> None:
        affected.extend(outages.add_outage(outage, by=desk))

    def check(answers: Counter[str]) -> None:
        one_of(
            answers,
            {"out", "booked"},
            {"out", "no_free_slot"},
            {"out", "resource_double_booked"},
        )
        assert [one.doctor for one in affected] == [wish.doctor] * answers["booked"]
        assert count(doctor=wish.doctor) == answers["booked"]

    return Round([("out", take_out), ("booked", book)], check)


def last_room_for_two_doctors() -> Round:
    service, (room,) = scan()
    attempts = [("booked", book_scan(service)[1]) for _ in range(2)]

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"booked", "no_free_slot"}, {"booked", "resource_double_booked"})
        assert AppointmentResource.objects.filter(resource=room, is_held=True).count() == 1

    return Round(attempts, check)


def deletion_against_booking() -> Round:
    """The visit type is either booked and stays, or gone and can't be booked."""
    service, _ = scan()
    wish, book = book_scan(service)
    admin = UserFactory.create(role=Role.ADMIN)

    def remove() -> None:
        catalogue.remove_service(service, by=admin)

    def book_it() -> str:
        try:
            book()
        except ValidationError as error:
            return "gone" if "service" in error.error_dict else "refused"
        return "booked"

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"removed", "gone"}, {"in_use", "booked"})
        assert count(doctor=wish.doctor) == answers["booked"]
        kept = HealthcareService.objects.filter(pk=service.pk).exists()
        assert (kept, answers["removed"]) == (bool(answers["booked"]), 1 - answers["booked"])

    return Round([("removed", remove), ("booked", book_it)], check)


def two_spellings_of_a_pool() -> Round:
    name, admin = f"Pool {uuid4()}", UserFactory.create(role=Role.ADMIN)

    def add(pool: str) -> Attempt:
        room = ResourceFactory.build(pool=pool)
        return lambda: catalogue.save_resource(room, by=admin) and None

    def check(answers: Counter[str]) -> None:
        one_of(answers, ("added", "added"))
        rooms = Resource.objects.filter(pool__iexact=name)
        assert rooms.values("pool").distinct().count() == 1

    return Round([("added", add(name.upper())), ("added", add(name.lower()))], check)


def hours_against_closing_the_place() -> Round:
    """No doctor has hours at a place that is out of use."""
    place = LocationFactory.create()
    hours = WorkingHoursFactory.create()
    admin = UserFactory.create(role=Role.ADMIN)

    def shut() -> None:
        location = Location.objects.get(pk=place.pk)
        location.is_active = False
        catalogue.save_location(location, by=admin)

    def move() -> str:
        span = WorkingHours.objects.get(pk=hours.pk)
        span.location = place
        try:
            save_hours(span, by=admin)
        except ValidationError:
            return "refused"
        return "placed"

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"shut", "refused"}, {"in_use", "placed"})
        now = WorkingHours.objects.get(pk=hours.pk)
        assert now.location is None or Location.objects.get(pk=place.pk).is_active

    return Round([("shut", shut), ("placed", move)], check)


OFFERED = {
    "a room out of service against booking": outage_against_booking,
    "two doctors, the last room": last_room_for_two_doctors,
    "a visit type deleted against booking": deletion_against_booking,
    "two spellings of a pool": two_spellings_of_a_pool,
    "hours at a place against closing it": hours_against_closing_the_place,
}
