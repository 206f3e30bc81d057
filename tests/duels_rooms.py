"""What is fought over where visits are moved and restored between rooms, and with sessions."""

from collections import Counter
from datetime import timedelta

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.services.sessions import open_session
from appointments.tests.scheduling import visit
from appointments.transitions import Status
from doctors.models import HealthcareService
from patients.tests.factories import PatientFactory
from tests.duel import Attempt, Round
from tests.duels import NINE, count, doctor, one_of
from tests.duels_offered import scan

TEN = NINE + timedelta(hours=1)


def scanned(service: HealthcareService, starts_at=NINE) -> Appointment:
    desk = UserFactory.create()
    wish = Appointment(
        doctor=doctor(), patient=PatientFactory.create(), service=service, starts_at=starts_at
    )
    return services.book(wish, by=desk)


def moving(appointment: Appointment, starts_at, doctor=None) -> Attempt:
    desk = UserFactory.create()
    return lambda: services.reschedule(appointment, desk, starts_at, doctor=doctor)


def overlaps_in_rooms() -> int:
    """How many pairs of a room's bookings overlap, counted without the constraint."""
    held = list(AppointmentResource.objects.filter(is_held=True).order_by("pk"))
    return sum(
        one.resource_id == other.resource_id
        and one.busy_from < other.busy_until
        and other.busy_from < one.busy_until
        for number, one in enumerate(held)
        for other in held[:number]
    )


def two_moves_crosswise() -> Round:
    """Each goes to the other's doctor, and needs both rooms: the one names them in another order
    than the other."""
    service, (device,) = scan()
    other, (room,) = scan()
    other.needs.create(pool=device.pool)
    service.needs.create(pool=room.pool)
    early, late, eleven = scanned(service), scanned(other, TEN), TEN + timedelta(hours=1)
    attempts = [
        ("moved", moving(early, eleven, doctor=late.doctor)),
        ("moved too", moving(late, eleven, doctor=early.doctor)),
    ]

    def check(answers: Counter[str]) -> None:
        one_of(
            answers, {"moved", "resource_double_booked"}, {"moved too", "resource_double_booked"}
        )
        held = AppointmentResource.objects.filter(busy_from=eleven, is_held=True)
        of_one = held.filter(resource__in=[device, room]).values("appointment").distinct()
        assert of_one.count() == 1
        assert overlaps_in_rooms() == 0

    return Round(attempts, check)


def two_moves_through_one_free_room() -> Round:
    """The late one can go only once the early one has left its room."""
    service, _ = scan(rooms=2)
    early, late = scanned(service), scanned(service, TEN)
    scanned(service)
    attempts = [("moved", moving(early, TEN)), ("moved too", moving(late, NINE))]

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"moved", "moved too"}, {"moved", "resource_double_booked"})
        assert overlaps_in_rooms() == 0
        for one in (early, late):
            (room,) = AppointmentResource.objects.filter(appointment=one, is_held=True)
            now = Appointment.objects.get(pk=one.pk)
            assert (room.busy_from, room.busy_until) == (now.starts_at, now.ends_at)

    return Round(attempts, check)


def restoring_against_booking() -> Round:
    service, _ = scan()
    admin = UserFactory.create(role=Role.ADMIN)
    called_off = services.cancel(scanned(service), admin)
    wish = Appointment(
        doctor=doctor(), patient=PatientFactory.create(), service=service, starts_at=NINE
    )
    attempts: list[tuple[str, Attempt]] = [
        ("restored", lambda: services.correct(called_off, Status.BOOKED, admin)),
        ("booked", lambda: services.book(wish, by=admin)),
    ]

    def check(answers: Counter[str]) -> None:
        one_of(
            answers, {"restored", "resource_double_booked"}, {"booked", "resource_double_booked"}
        )
        assert overlaps_in_rooms() == 0

    return Round(attempts, check)


def session_against_booking() -> Round:
    """The same doctor has a session or a visit, and so has the room."""
    service, (room,) = scan()
    busy, admin = doctor(), UserFactory.create(role=Role.ADMIN)
    session = GroupSession(doctor=busy, service=service, starts_at=NINE, ends_at=TEN, capacity=2)
    wish = visit(busy, PatientFactory.create(), NINE + timedelta(minutes=15))
    attempts: list[tuple[str, Attempt]] = [
        ("opened", lambda: open_session(session, admin)),
        ("booked", lambda: services.book(wish, by=admin)),
    ]

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"opened", "doctor_double_booked"}, {"booked", "doctor_double_booked"})
        assert count(doctor=busy) == answers["booked"]
        assert GroupSession.objects.filter(doctor=busy).count() == answers["opened"]
        assert AppointmentResource.objects.filter(resource=room).count() == answers["opened"]

    return Round(attempts, check)


ROOMS = {
    "two moves crosswise": two_moves_crosswise,
    "two moves through one free room": two_moves_through_one_free_room,
    "a restored visit against a booking": restoring_against_booking,
    "a session against a booking": session_against_booking,
}
