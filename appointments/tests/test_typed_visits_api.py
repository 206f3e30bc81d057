"""Visits of a type through the API: what is asked, what is answered, what is refused."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import doctor_working, patient_online
from clinic.tests.problems import V1, check_problem
from doctors.models import ServiceDoctor, ServiceLocation
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
PATH = f"{V1}/appointments"
NINE = next_monday(9)
HELD = timedelta(minutes=45)  # By a scan, with its buffer.


@pytest.fixture
def desk(api):
    return api(UserFactory())


@pytest.fixture
def scan():
    service = HealthcareServiceFactory(
        name="Scan",
        duration_minutes=40,
        buffer_before_minutes=5,
        price_amount=45,
        price_currency="EUR",
    )
    service.needs.create(pool="Ultrasound", count=1)
    return service


def booked(client, doctor=None, patient=None, starts_at=NINE, **fields):
    data = {
        "doctor_id": str((doctor or DoctorFactory()).pk),
        "patient_id": str((patient or PatientFactory()).pk),
        "starts_at": starts_at.isoformat(),
    }
    return client.post(PATH, data | fields, format="json")


def test_a_booking_by_type_is_answered_whole(desk, scan):
    place, device = LocationFactory(name="East"), ResourceFactory(name="Sono 1")
    ServiceLocation.objects.create(service=scan, location=place)

    answer = booked(desk, service_id=str(scan.pk))

    told = answer.json()
    assert answer.status_code == 201, told
    expected = {
        "duration_minutes": 40,
        "service_id": str(scan.pk),
        "service": {"id": str(scan.pk), "name": "Scan"},
        "location_id": str(place.pk),
        "location": {"id": str(place.pk), "name": "East"},
        "resources": [
            {"id": str(device.pk), "name": "Sono 1", "kind": "equipment", "pool": "Ultrasound"}
        ],
        "price": {"amount": "45.00", "currency": "EUR"},
        "buffer_before_minutes": 5,
        "buffer_after_minutes": 0,
        "series_id": None,
        "session_id": None,
    }
    assert {name: told[name] for name in expected} == expected
    address = f"{PATH}/{told['id']}"
    shown = desk.get(address)
    del told["warnings"]
    assert (shown.json(), shown["ETag"]) == (told, answer["ETag"])

    later = (NINE + timedelta(hours=1)).isoformat()
    moved = desk.post(f"{address}/reschedule", {"starts_at": later}, format="json").json()
    assert {name: moved[name] for name in expected} == expected
    cancelled = desk.post(f"{address}/cancel", {}, format="json").json()
    assert (cancelled["resources"], cancelled["price"]) == ([], expected["price"])


def test_a_plain_booking_is_answered_with_nothing_of_it(desk):
    told = booked(desk, duration_minutes=30, service_id=None, location_id=None).json()

    names = ("service", "location", "price", "service_id", "location_id", "series_id", "session_id")
    assert [told[name] for name in names] == [None] * 7
    assert (told["resources"], told["buffer_before_minutes"]) == ([], 0)


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ("no length", "duration_minutes"),
        ("unknown type", "service_id"),
        ("inactive type", "service_id"),
        ("of other doctors", "service_id"),
        ("at another place", "location_id"),
        ("unknown place", "location_id"),
        ("place out of use", "location_id"),
        ("no id", "service_id"),
    ],
)
def test_bad_input_is_named(desk, scan, case, field):
    ResourceFactory()
    sent = {"service_id": str(scan.pk)}
    match case:
        case "no length":
            sent = {}
        case "unknown type":
            sent = {"service_id": str(uuid4())}
        case "inactive type":
            type(scan).objects.update(is_active=False)
        case "of other doctors":
            ServiceDoctor.objects.create(service=scan, doctor=DoctorFactory())
        case "at another place":
            ServiceLocation.objects.create(service=scan, location=LocationFactory())
            sent["location_id"] = str(LocationFactory().pk)
        case "unknown place":
            sent["location_id"] = str(uuid4())
        case "place out of use":
            sent["location_id"] = str(LocationFactory(is_active=False).pk)
        case "no id":
            sent = {"service_id": "scan"}

    check_problem(booked(desk, **sent), 422, "validation_error", field)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ("not online", "service_id"),
        ("for new ones", "service_id"),
        ("another length", "duration_minutes"),
    ],
)
def test_what_patients_may_not_book(api, desk, scan, case, field):
    ResourceFactory()
    doctor, patient = doctor_working("09:00-17:00"), patient_online()
    sent = {"service_id": str(scan.pk)}
    if case == "not online":
        type(scan).objects.update(is_online=False)
    elif case == "for new ones":
        type(scan).objects.update(for_new_patients="never")
    else:
        sent["duration_minutes"] = 30

    refused = booked(api(patient.user), doctor, patient, **sent)
    check_problem(refused, 422, "validation_error", field)
    assert booked(desk, doctor, patient, **sent).status_code == 201


def test_where_no_room_is_free_other_times_are_named(desk, scan):
    here, there = LocationFactory(), LocationFactory()
    doctor = doctor_working("00:00-00:00")
    ResourceFactory(location=here)
    at = {"service_id": str(scan.pk), "location_id": str(here.pk)}
    assert booked(desk, **at).status_code == 201

    refused = booked(desk, doctor, **at)

    check_problem(refused, 409, "resource_double_booked", "starts_at", beside=("alternatives",))
    starts = [datetime.fromisoformat(one["starts_at"]) for one in refused.json()["alternatives"]]
    assert len(starts) == 5
    assert not any(NINE - HELD < one < NINE + HELD for one in starts)
    elsewhere = booked(desk, doctor, starts_at=starts[0], **at | {"location_id": str(there.pk)})
    check_problem(elsewhere, 409, "resource_double_booked", beside=("alternatives",))
    assert elsewhere.json()["alternatives"] == []
    assert booked(desk, doctor, starts_at=starts[0], **at).status_code == 201


def test_lists_filter_by_what_is_booked(desk, scan, django_assert_max_num_queries):
    place, device = LocationFactory(), ResourceFactory()
    wished = booked(desk, service_id=str(scan.pk), location_id=str(place.pk)).json()
    other = booked(desk, duration_minutes=30).json()
    assert wished["resources"][0]["id"] == str(device.pk)
    Appointment.objects.filter(pk=other["id"]).update(location=None)

    filters = {"service_id": scan.pk, "location_id": place.pk, "resource_id": device.pk}
    for name, key in filters.items():
        page = desk.get(PATH, {name: str(key)}).json()
        assert [row["id"] for row in page["results"]] == [wished["id"]], name
        assert desk.get(PATH, {name: str(uuid4())}).json()["count"] == 0
        check_problem(desk.get(PATH, {name: "x"}), 422, "validation_error", name)
    booked(desk, starts_at=NINE + timedelta(hours=1), service_id=str(scan.pk))
    with django_assert_max_num_queries(6):
        assert desk.get(PATH).json()["count"] == 3


def test_a_move_names_a_place_or_none(desk, scan):
    east, west = LocationFactory(name="East"), LocationFactory(name="West")
    for place in (east, west):
        ResourceFactory(location=place)
    visit = booked(desk, service_id=str(scan.pk)).json()
    assert visit["location_id"] == str(east.pk)

    def move(**fields):
        body = {"starts_at": visit["starts_at"], **fields}
        return desk.post(f"{PATH}/{visit['id']}/reschedule", body, format="json")

    assert move(location_id=str(west.pk)).json()["location_id"] == str(west.pk)
    later = (NINE + timedelta(hours=2)).isoformat()
    assert move(starts_at=later).json()["location_id"] == str(west.pk)
    assert move(location_id=None).json()["location_id"] == str(east.pk)
    assert move(location_id=None).json()["history"][-1] == move().json()["history"][-1]
    check_problem(move(location_id=str(uuid4())), 422, "validation_error", "location_id")
    ServiceDoctor.objects.create(service=scan, doctor_id=visit["doctor_id"])
    refused = move(doctor_id=str(DoctorFactory().pk))
    check_problem(refused, 422, "validation_error", "doctor_id")
