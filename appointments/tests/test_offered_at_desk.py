"""The front desk's forms know visit types and places, and have no field for what isn't there."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import faults, opened, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentResource
from appointments.services.room_changes import ANOTHER, give_another_room, rooms_instead
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from doctors.models import ServiceDoctor, ServiceNeed, WorkingHours
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/appointments/appointment/add/"
CALENDAR = "/admin/calendar/?view=day"
BOOK = "/admin/calendar/book/"
WALK_IN = "/admin/walk-in/"
NOW = datetime(2027, 3, 2, 10, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
NINE = next_monday(9)


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def scan(**fields):
    values = {"name": "Ultrasound", "duration_minutes": 30, "buffer_after_minutes": 10}
    values |= {"price_amount": Decimal(45), "price_currency": "EUR"}
    return HealthcareServiceFactory(**(values | fields))


def wish(doctor, patient, starts_at=NINE, **more) -> dict:
    local = timezone.localtime(starts_at)
    day, clock = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
    return {
        "doctor": str(doctor.pk),
        "patient": str(patient.pk),
        "starts_at_0": day,
        "starts_at_1": clock,
    } | more


@pytest.mark.parametrize("address", [ADD, CALENDAR, WALK_IN])
def test_there_is_a_field_only_where_there_is_a_choice(desk, address):
    doctor = doctor_working("09:00-17:00")
    LocationFactory()

    before = desk.get(address).content.decode()
    scan(is_active=False)
    assert 'name="service"' not in before
    assert 'name="location"' not in before

    service = scan(name="Echo")
    LocationFactory()
    page = desk.get(address).content.decode()

    assert "Echo, 30 min + 10 after, 45.00 EUR</option>" in page
    assert "Where the doctor is then</option>" in page
    assert "Plain visit</option>" in page
    ServiceDoctor.objects.create(service=service, doctor=doctor, duration_minutes=50)
    assert "Echo, 50 min + 10 after, 45.00 EUR" in desk.get(address).content.decode()


def test_a_type_brings_its_length_unless_another_is_typed(desk):
    doctor, service = DoctorFactory(), scan()
    ServiceDoctor.objects.create(service=service, doctor=doctor, duration_minutes=50)
    chosen = {"service": str(service.pk)}

    desk.post(ADD, wish(doctor, PatientFactory(), **chosen))
    desk.post(
        ADD,
        wish(doctor, PatientFactory(), NINE + timedelta(hours=2), duration_minutes="20", **chosen),
    )

    first, second = Appointment.objects.order_by("starts_at")
    assert (first.duration_minutes, second.duration_minutes) == (50, 20)
    assert first.buffer_after_minutes == second.buffer_after_minutes == 10
    assert first.price_text == "45.00 EUR"
    page = desk.get(f"/admin/appointments/appointment/{first.pk}/change/").content.decode()
    for shown in ("Ultrasound", "45.00 EUR", "10 min after"):
        assert shown in page


def test_what_is_refused_stands_beside_its_field_with_free_times_instead(desk):
    doctor, other, service = doctor_working("00:00-23:30"), DoctorFactory(), scan()
    ServiceDoctor.objects.create(service=service, doctor=doctor)
    ServiceNeed.objects.create(service=service, pool="Ultrasound")
    room = ResourceFactory(pool="Ultrasound")
    taken = AppointmentFactory(service=service, buffer_after_minutes=10)
    AppointmentResource.objects.create(
        resource=room, appointment=taken, busy_from=NINE, busy_until=NINE + timedelta(minutes=40)
    )
    chosen = {"service": str(service.pk)}

    theirs = desk.post(ADD, wish(other, PatientFactory(), **chosen))
    full = desk.post(ADD, wish(doctor, PatientFactory(), **chosen))

    assert list(faults(theirs)) == ["service"]
    assert faults(full) == {"starts_at": ["No room or device that this needs is free then."]}
    assert full.context["alternatives"]
    asked = {"doctor": doctor.pk, "patient": PatientFactory().pk, "duration_minutes": 30}
    WorkingHours.objects.update(location=LocationFactory(name="North"))
    LocationFactory()
    drawn = desk.post(BOOK, asked | chosen | {"starts_at": NINE.isoformat()}).json()
    assert not drawn["done"]
    assert not drawn["may_overbook"]
    assert all(one["label"].endswith(", North") for one in drawn["alternatives"])
    assert drawn["alternatives"]


def test_a_type_for_others_is_asked_about_before_it_is_booked(desk):
    service, doctor, patient = scan(for_new_patients="only"), DoctorFactory(), PatientFactory()
    AppointmentFactory.past(patient=patient, status=Status.FULFILLED)
    asked = wish(doctor, patient, service=str(service.pk))

    response = desk.post(ADD, asked)

    assert "for new patients" in response.content.decode()
    assert not Appointment.objects.filter(service=service).exists()
    word = response.context["asked"].word
    desk.post(ADD, asked | {"all_the_same": word})
    assert Appointment.objects.filter(service=service).exists()


def test_another_place_than_that_of_the_hours(desk):
    north, south = LocationFactory(name="North"), LocationFactory(name="South")
    doctor = doctor_working("00:00-23:30")
    WorkingHours.objects.update(location=north)
    patient = PatientFactory()
    visit = AppointmentFactory(doctor=doctor, patient=patient, location=north)
    address = f"/admin/appointments/appointment/{visit.pk}/change/"
    moved = wish(doctor, patient, location=str(south.pk)) | opened(desk, address)
    response = desk.post(address, moved)
    assert "The doctor is at another place then." in response.content.decode()
    desk.post(address, moved | {"all_the_same": response.context["asked"].word})
    visit.refresh_from_db()
    assert visit.location == south


def test_a_walk_in_of_a_type_gets_the_next_time_that_is_long_enough():
    with time_machine.travel(NOW, tick=False):
        desk = signed_in(Role.RECEPTIONIST)
        doctor, other = doctor_working("08:00-12:00"), doctor_working("08:00-12:00")
        service = scan()
        ServiceDoctor.objects.create(service=service, doctor=doctor)
        ServiceNeed.objects.create(service=service, pool="Ultrasound")
        ResourceFactory(pool="Ultrasound", name="Sono 1")
        clock = NOW.replace(second=0, minute=40)
        AppointmentFactory.past(doctor=doctor, starts_at=clock)  # Until 11:10.

        page = desk.get(f"{WALK_IN}?service={service.pk}").content.decode()
        plain = desk.get(WALK_IN).content.decode()
        patient = PatientFactory(last_name="Hopper")
        sent = {"who": "Hopper", "doctor": "", "time": "", "reason": "", "service": service.pk}
        desk.post(WALK_IN, sent)

    assert f"{doctor}, free at 11:10" in page
    assert f"{other}, doesn&#x27;t offer this" in page
    assert f"{doctor}, free at 10:05" in plain
    booked = Appointment.objects.get(patient=patient)
    assert (booked.doctor, f"{timezone.localtime(booked.starts_at):%H:%M}") == (doctor, "11:10")
    assert [str(room) for room in booked.rooms] == ["Sono 1"]


def test_a_visit_is_given_another_room_of_its_pool(desk):
    service, north = scan(), LocationFactory()
    one, two, three = (ResourceFactory(pool="Sono", name=f"Sono {number}") for number in "123")
    elsewhere = ResourceFactory(pool="Sono", name="Sono 4", location=LocationFactory())
    visit = AppointmentFactory(service=service, location=north, buffer_after_minutes=10)
    period = {"busy_from": NINE, "busy_until": NINE + timedelta(minutes=40)}
    booking = AppointmentResource.objects.create(resource=one, appointment=visit, **period)
    page = f"/admin/appointments/appointment/{visit.pk}/change/"
    address = f"/admin/appointments/appointment/{visit.pk}/rooms/{booking.pk}/"

    [form] = desk.get(page).context["room_forms"]
    assert list(form.fields["resource"].queryset) == [one, two, three]
    sent = {"opened": form["opened"].value()}
    assert desk.post(address, sent | {"resource": elsewhere.pk}).status_code == 200
    assert desk.post(address, sent | {"resource": two.pk}).status_code == 302
    booking.refresh_from_db()
    assert booking.resource == two
    assert "Another room: <bdi>Sono 2</bdi>" in desk.get(page).content.decode()
    # Whoever has the page open still is told of the other one.
    late = desk.post(address, sent | {"resource": three.pk})
    assert "Sono 2" in late.content.decode()
    booking.refresh_from_db()
    assert booking.resource == two


def test_a_visit_of_no_place_keeps_its_rooms_together():
    """Two of what it has stand everywhere: what stands somewhere is where its other room is."""
    north, south = LocationFactory(), LocationFactory()
    given, there, everywhere = (
        ResourceFactory(pool="Sono", name=name, location=place)
        for name, place in (("1", None), ("2", north), ("3", None))
    )
    elsewhere = ResourceFactory(pool="Sono", name="4", location=south)
    visit = AppointmentFactory(service=scan())
    period = {"busy_from": visit.holds_from, "busy_until": visit.holds_until}
    AppointmentResource.objects.create(
        resource=ResourceFactory(pool="Room", location=north), appointment=visit, **period
    )
    booking = AppointmentResource.objects.create(resource=given, appointment=visit, **period)

    assert rooms_instead(booking, visit) == [there.pk, everywhere.pk]
    with pytest.raises(ValidationError) as refused:
        give_another_room(booking, elsewhere, by=UserFactory())
    assert refused.value.message_dict == {"resource": [ANOTHER]}


def test_the_list_is_filtered_by_type_and_place(desk):
    service, north = scan(), LocationFactory(name="North")
    LocationFactory(name="South")
    shown = AppointmentFactory(service=service, location=north)
    AppointmentFactory()
    address = "/admin/appointments/appointment/?day=all"

    assert desk.get(address).context["cl"].result_count == 2
    for query in (f"service={service.pk}", f"location={north.pk}"):
        rows = desk.get(f"{address}&{query}").context["cl"].result_list
        assert list(rows) == [shown]
    assert desk.get(f"{address}&service=nonsense").status_code == 302
