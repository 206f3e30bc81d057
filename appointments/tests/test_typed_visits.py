"""Visits of a type: their length, buffers, price, place and rooms, as they are booked, moved,
called off and restored."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.admin.visit_history import history_of
from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.scheduling import availability
from appointments.services.sessions import open_session
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import codes, doctor_working, patient_online
from appointments.transitions import Status
from clinic.errors import DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED, WRONG_STATE
from doctors.models import (
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
    WorkingHours,
)
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
NINE = next_monday(9)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def desk():
    return UserFactory(role=Role.ADMIN)


def scan(*pools: str, **fields):
    """A type of 40 minutes with ten after it, for 45.00 EUR, that needs one of each pool."""
    values = {"duration_minutes": 40, "buffer_after_minutes": 10}
    values |= {"price_amount": Decimal(45), "price_currency": "EUR"}
    service = HealthcareServiceFactory(**(values | fields))
    for pool in pools:
        ServiceNeed.objects.create(service=service, pool=pool)
    return service


def wish(service=None, doctor=None, patient=None, starts_at=NINE, minutes=None, **fields):
    return Appointment(
        doctor=doctor or DoctorFactory(),
        patient=patient or PatientFactory(),
        service=service,
        starts_at=starts_at,
        ends_at=minutes and starts_at + minutes * MINUTE,
        **fields,
    )


def refused(call, *args, **kwargs) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        call(*args, **kwargs)
    return codes(caught.value)


def rooms_of(visit) -> list[str]:
    rows = AppointmentResource.objects.filter(appointment=visit, is_held=True)
    return sorted(rows.values_list("resource__name", flat=True))


def test_a_visit_has_what_its_type_says_and_keeps_it(desk):
    device, service = ResourceFactory(name="A"), scan("Ultrasound")

    visit = services.book(wish(service), desk)

    service.price_amount, service.duration_minutes, service.buffer_after_minutes = 60, 20, 0
    service.save()
    assert [one.resource for one in visit.resource_bookings.all()] == visit.rooms == [device]
    moved = services.reschedule(visit, desk, NINE + HOUR)
    moved.refresh_from_db()
    assert (moved.duration_minutes, moved.buffer_after_minutes) == (40, 10)
    assert moved.price_text == "45.00 EUR"
    (row,) = AppointmentResource.objects.all()
    assert (row.busy_from, row.busy_until) == (NINE + HOUR, NINE + HOUR + 50 * MINUTE)
    assert row.appointment_id == moved.pk
    assert row.is_held


def test_of_a_booked_visit_only_its_own_rooms_and_history_are_told(desk):
    device, service = ResourceFactory(name="A"), scan("Ultrasound")
    services.book(wish(service), desk)

    visit = services.book(wish(service, starts_at=NINE + 2 * HOUR), desk)

    (booking,) = visit.resource_bookings.select_related("resource")
    assert (booking.resource, booking.appointment_id) == (device, visit.pk)
    assert visit.resource_bookings.get(is_held=True) == booking
    (change,) = visit.history.order_by("pk")
    assert change.appointment_id == visit.pk


def test_a_doctor_may_need_longer_and_staff_choose(desk):
    service, doctor = scan(), DoctorFactory()
    ServiceDoctor.objects.create(service=service, doctor=doctor, duration_minutes=60)

    assert services.book(wish(service, doctor), desk).duration_minutes == 60
    assert services.book(wish(service, doctor, starts_at=NINE + 2 * HOUR, minutes=25), desk)
    late = NINE + 4 * HOUR
    assert refused(services.book, wish(service, doctor, starts_at=late, minutes=175), desk) == {
        "ends_at": [None]
    }


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ("inactive", "service"),
        ("of others", "service"),
        ("nowhere", "service"),
        ("at another place", "location"),
        ("no place any more", "location"),
    ],
)
@pytest.mark.parametrize("who", ["desk", "patient"])
def test_what_is_not_offered_is_refused_to_everybody(desk, who, case, field):
    doctor, patient = doctor_working("09:00-17:00"), patient_online()
    service, here, there = scan(), LocationFactory(), LocationFactory()
    wished = wish(service, doctor, patient)
    if case == "inactive":
        type(service).objects.update(is_active=False)
    elif case == "of others":
        ServiceDoctor.objects.create(service=service, doctor=DoctorFactory())
    elif case == "nowhere":
        ServiceLocation.objects.create(service=service, location=LocationFactory(is_active=False))
    else:
        ServiceLocation.objects.create(service=service, location=here)
        wished.location = there
        type(there).objects.filter(pk=there.pk).update(is_active=case == "at another place")

    by = desk if who == "desk" else patient.user
    assert refused(services.book, wished, by) == {field: [None]}
    assert not Appointment.objects.exists()


def test_what_patients_may_not_book_the_desk_may(desk):
    doctor, patient = doctor_working("09:00-17:00"), patient_online()
    for fields in ({"is_online": False}, {"for_new_patients": "never"}):
        service = scan(**fields)
        assert refused(services.book, wish(service, doctor, patient), patient.user) == {
            "service": [None]
        }
    only_new = scan(for_new_patients="only")
    assert refused(services.book, wish(only_new, doctor, patient, minutes=30), patient.user) == {
        "ends_at": [None]
    }
    AppointmentFactory.past(patient=patient, status=Status.FULFILLED)
    assert refused(services.book, wish(only_new, doctor, patient), patient.user) == {
        "service": [None]
    }
    assert services.book(wish(only_new, doctor, patient), desk).service == only_new


def test_buffers_are_kept_free_on_both_sides(desk):
    doctor = DoctorFactory()
    services.book(wish(scan(), doctor, minutes=30), desk)

    taken = wish(None, doctor, starts_at=NINE + 35 * MINUTE, minutes=30)
    assert refused(services.book, taken, desk) == {"starts_at": [DOCTOR_DOUBLE_BOOKED]}
    services.book(wish(None, doctor, starts_at=NINE + 40 * MINUTE, minutes=30), desk)


def test_rooms_are_never_given_twice_not_even_by_overbooking(desk):
    service, doctor = scan("Ultrasound"), DoctorFactory()
    ResourceFactory(name="B")
    ResourceFactory(name="A")
    ResourceFactory(name="Broken", is_active=False)
    out = ResourceFactory(name="0 out of service")
    ResourceOutage.objects.create(resource=out, starts_at=NINE - HOUR, ends_at=NINE + MINUTE)

    first, second = services.book(wish(service, doctor), desk), services.book(wish(service), desk)
    assert (rooms_of(first), rooms_of(second)) == (["A"], ["B"])
    overbooked = wish(service, doctor, overbook_reason="Emergency")
    assert refused(services.book, overbooked, desk) == {"starts_at": [RESOURCE_DOUBLE_BOOKED]}
    assert refused(services.book, wish(service), desk) == {"starts_at": [RESOURCE_DOUBLE_BOOKED]}
    assert refused(services.book, wish(service, doctor), desk) == {
        "starts_at": [DOCTOR_DOUBLE_BOOKED]
    }

    group = GroupSession(doctor=DoctorFactory(), starts_at=NINE, ends_at=NINE + HOUR, capacity=2)
    open_session(group, desk)
    assert refused(services.book, wish(service, group.doctor), desk) == {
        "starts_at": [DOCTOR_DOUBLE_BOOKED]
    }

    services.cancel(first, desk)
    third = services.book(wish(service), desk)
    assert rooms_of(third) == ["A"]
    services.cancel(second, desk)
    assert rooms_of(services.correct(first, Status.BOOKED, desk)) == ["B"]
    assert refused(services.correct, second, Status.BOOKED, desk) == {
        "starts_at": [RESOURCE_DOUBLE_BOOKED]
    }


def test_a_move_keeps_the_room_if_it_is_free_then(desk):
    service = scan("Ultrasound")
    for name in "AB":
        ResourceFactory(name=name)
    _, second = services.book(wish(service), desk), services.book(wish(service), desk)
    later = services.book(wish(service, starts_at=NINE + HOUR), desk)
    assert rooms_of(later) == ["A"]

    second = services.reschedule(second, desk, NINE + HOUR)
    assert rooms_of(second) == [room.name for room in second.rooms] == ["B"]
    moved = services.reschedule(later, desk, NINE + 20 * MINUTE + HOUR)
    assert rooms_of(moved) == ["A"]
    assert rooms_of(services.reschedule(moved, desk, NINE + 5 * MINUTE)) == ["B"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_place_decides_over_rooms_and_rooms_over_the_place(desk, asked):
    east, west = LocationFactory(name="East"), LocationFactory(name="West")
    ResourceFactory(name="E", location=east)
    ResourceFactory(name="W", location=west)
    service = scan("Ultrasound")

    visits = [
        services.book(wish(service, location=place if asked else None), desk)
        for place in (east, west)
    ]

    assert [visit.location for visit in visits] == [east, west]
    assert [rooms_of(visit) for visit in visits] == [["E"], ["W"]]
    moved = services.reschedule(visits[0], desk, NINE + HOUR, location=west)
    assert (moved.location, rooms_of(moved)) == (west, ["W"])
    assert services.reschedule(moved, desk, NINE + HOUR, location=None).sequence == 1
    again = services.reschedule(moved, desk, NINE + 2 * HOUR, location=None)
    assert (again.location, rooms_of(again)) == (east, ["E"])


@pytest.mark.parametrize("typed", [True, False])
def test_a_visit_takes_place_where_the_doctor_is_then(desk, typed):
    east, west = LocationFactory(name="East"), LocationFactory(name="West")
    doctor = doctor_working("09:00-12:00", "13:00-17:00")
    hours = WorkingHours.objects.filter(doctor=doctor)
    hours.filter(starts__hour=9).update(location=west)
    hours.filter(starts__hour=13).update(location=east)
    patient, service = patient_online(), scan() if typed else None
    local = timezone.localtime(NINE).replace(hour=9)
    length = None if typed else 40

    visit = services.book(wish(service, doctor, patient, local, length), patient.user)
    assert visit.location == west
    later = services.reschedule(visit, desk, local.replace(hour=14))
    assert later.location == east
    assert services.reschedule(later, desk, local.replace(hour=20)).location == east
    group = GroupSession(
        doctor=doctor, starts_at=local.replace(hour=16), ends_at=local.replace(hour=17), capacity=2
    )
    assert open_session(group, desk).location == east
    elsewhere = wish(service, doctor, patient_online(), local, length, location=east)
    assert refused(services.book, elsewhere, elsewhere.patient.user) == {
        "starts_at": ["no_free_slot"]
    }
    assert services.book(elsewhere, desk).location == east
    assert "other_place" in availability.warnings_for(elsewhere)


def test_hours_at_a_place_without_the_type_do_not_decide(desk):
    east, west = LocationFactory(name="East"), LocationFactory(name="West")
    doctor, service = doctor_working("00:00-00:00"), scan()
    WorkingHours.objects.filter(doctor=doctor).update(location=west)
    ServiceLocation.objects.create(service=service, location=east)

    assert services.book(wish(service, doctor), desk).location == east


def test_the_history_of_a_visit_names_where_it_was_moved_from(desk):
    east, west = LocationFactory(name="East"), LocationFactory(name="West")
    visit = services.book(wish(minutes=30, location=east), desk)
    later = services.reschedule(visit, desk, NINE + HOUR)
    moved = services.reschedule(later, desk, NINE + HOUR, location=west)
    services.advance(moved, Status.CHECKED_IN, desk, early=True)

    steps = history_of(Appointment.objects.get())
    assert [getattr(step, "places", None) for step in steps] == [None, None, ["East", "West"], None]
    page = signed_in(desk).get(f"/admin/appointments/appointment/{visit.pk}/change/")
    assert ", East, to" in page.content.decode()


def test_the_only_place_is_that_of_every_visit(desk):
    place = LocationFactory()

    visit = services.book(wish(minutes=30), desk)

    assert (visit.location, visit.price_text, visit.busy_until) == (place, "", visit.ends_at)


def test_a_doctor_who_does_not_offer_it_gets_no_visit_by_a_move(desk):
    service, doctor, other = scan(), DoctorFactory(), DoctorFactory()
    ServiceDoctor.objects.create(service=service, doctor=doctor)
    visit = services.book(wish(service, doctor), desk)
    type(service).objects.update(is_active=False)

    assert refused(services.reschedule, visit, desk, NINE, doctor=other) == {"doctor": [None]}
    assert services.reschedule(visit, desk, NINE + HOUR).starts_at == NINE + HOUR


def test_a_type_and_a_room_take_two_statements_more(desk):
    """To lock its rooms, and to see which are free. Where several places come into question, one
    more, for the doctor's hours."""
    service, place = scan("Ultrasound"), LocationFactory()
    ResourceFactory(), services.book(wish(minutes=30), desk)

    def statements(wished) -> int:
        with CaptureQueriesContext(connection) as queries:
            services.book(wished, desk)
        return len(queries)

    plain = statements(wish(minutes=30))
    assert statements(wish(service)) == plain + 2
    LocationFactory()
    services.cancel(Appointment.objects.get(service=service), desk)
    assert statements(wish(service)) == plain + 3
    assert statements(wish(service, location=place, starts_at=NINE + HOUR)) == plain + 2


def test_who_takes_part_in_a_session_is_not_moved_alone(desk):
    visit = AppointmentFactory()
    session = GroupSession.objects.create(
        doctor=DoctorFactory(), starts_at=NINE, ends_at=NINE + HOUR, capacity=2
    )
    Appointment.objects.filter(pk=visit.pk).update(session=session, seat=1)

    assert refused(services.reschedule, visit, desk, NINE + HOUR) == {"": [WRONG_STATE]}
