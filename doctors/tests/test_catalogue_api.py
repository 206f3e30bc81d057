"""Visit types, places and rooms over the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1, check_problem
from doctors import services
from doctors.models import HealthcareService, Location, Resource
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db
UNKNOWN = "01938f4e-7c00-7000-8000-000000000099"
WHOLE = [
    ("needs", "pool"), ("needs", "count"), ("lengths", "doctor_id"), ("lengths", "duration_minutes")
]  # fmt: skip
DEFAULTS = {
    "code": "",
    "description": "",
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "price": None,
    "is_online": True,
    "for_new_patients": "any",
    "doctor_ids": [],
    "lengths": [],
    "location_ids": [],
    "needs": [],
    "is_active": True,
}


@pytest.fixture
def admin(api):
    return api(UserFactory(role=Role.ADMIN))


def shown(response, status: int = 200) -> dict:
    assert response.status_code == status, response.content
    fixed = ("id", "created_at", "updated_at")
    return {name: value for name, value in response.json().items() if name not in fixed}


def names(client, path: str) -> list[str]:
    return [one["name"] for one in shown(client.get(f"{V1}/{path}"))["results"]]


def test_a_visit_type_is_made_changed_replaced_and_deleted(admin):
    doctor, other, place = DoctorFactory(), DoctorFactory(), LocationFactory()
    ResourceFactory(pool="Ultrasound")
    given = {
        "name": "Scan",
        "code": "US-1",
        "description": "Bring\na towel.",
        "duration_minutes": 40,
        "buffer_before_minutes": 5,
        "buffer_after_minutes": 10,
        "price": {"amount": "45.00", "currency": "EUR"},
        "is_online": False,
        "for_new_patients": "only",
        "doctor_ids": sorted(map(str, (doctor.pk, other.pk))),
        "lengths": [{"doctor_id": str(doctor.pk), "duration_minutes": 60}],
        "location_ids": [str(place.pk)],
        "needs": [{"pool": "Ultrasound", "count": 1}],
        "is_active": True,
    }

    made = admin.post(f"{V1}/services", given, format="json")
    assert shown(made, 201) == given
    read = admin.get(made["Location"])
    assert (shown(read), read["ETag"]) == (given, made["ETag"])
    assert admin.put(made["Location"], read.json(), format="json")["ETag"] == read["ETag"]

    one = {"doctor_ids": [str(doctor.pk)], "price": {"amount": "4500", "currency": "JPY"}}
    assert shown(admin.patch(made["Location"], one, format="json")) == {**given, **one}
    stale = admin.patch(
        made["Location"], {"code": ""}, format="json", headers={"If-Match": read["ETag"]}
    )
    check_problem(stale, 412, "precondition_failed")
    needs = {"needs": [{"pool": "ultrasound", "count": 2}]}
    told = shown(admin.patch(made["Location"], needs, format="json"))
    assert told.pop("warnings") == [
        "No visit of this type can be booked yet: it needs 2 of Ultrasound, and there are 1 in use."
    ]
    assert told["lengths"] == given["lengths"]
    least = {"name": "Scan", "duration_minutes": 30}
    assert shown(admin.put(made["Location"], least, format="json")) == {**DEFAULTS, **least}
    assert admin.delete(made["Location"]).status_code == 204
    assert not HealthcareService.objects.exists()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"price": {"amount": "-1", "currency": "EUR"}}, ["price.amount"]),
        ({"price": {"amount": "1.005", "currency": "EUR"}}, ["price.amount"]),
        ({"price": {"amount": "45.000", "currency": "EUR"}}, ["price.amount"]),
        ({"price": {"amount": "4500.00", "currency": "JPY"}}, ["price.amount"]),
        ({"price": {"amount": 45, "currency": "EUR"}}, ["price.amount"]),
        ({"price": {"amount": "1e3", "currency": "EUR"}}, ["price.amount"]),
        ({"price": {"amount": "NaN", "currency": "EUR"}}, ["price.amount"]),
        ({"price": {"amount": "1", "currency": "EUX"}}, ["price.currency"]),
        ({"price": {"amount": "1", "currency": "XAU"}}, ["price.currency"]),
        ({"price": {"amount": "1"}}, ["price.currency"]),
        ({"price": {}}, ["price.amount", "price.currency"]),
        ({"price": "45 EUR"}, ["price"]),
        ({"buffer_before_minutes": 61}, ["buffer_before_minutes"]),
        ({"buffer_after_minutes": -1}, ["buffer_after_minutes"]),
        ({"duration_minutes": 14}, ["duration_minutes"]),
        ({"duration_minutes": 151, "buffer_after_minutes": 30}, ["duration_minutes"]),
        ({"doctor_ids": [UNKNOWN]}, ["doctor_ids"]),
        ({"doctor_ids": ["7"], "location_ids": [7]}, ["doctor_ids.0", "location_ids.0"]),
        ({"doctor_ids": [UNKNOWN, UNKNOWN]}, ["doctor_ids"]),
        ({"location_ids": [UNKNOWN]}, ["location_ids"]),
        ({"lengths": [{"doctor_id": UNKNOWN, "duration_minutes": 30}]}, ["lengths"]),
        (
            {"lengths": [{"doctor_id": UNKNOWN, "duration_minutes": 14}]},
            ["lengths.0.duration_minutes"],
        ),
        ({"needs": [{"pool": "Room", "count": 0}]}, ["needs.0.count"]),
        ({"needs": [{"pool": "Room", "count": 6}]}, ["needs.0.count"]),
        ({"needs": [{"pool": " ", "count": 1}]}, ["needs.0.pool"]),
        ({"needs": [{}], "lengths": [{}]}, [f"{each}.0.{name}" for each, name in WHOLE]),
        ({"needs": [{"pool": "Ro\x07om", "count": 1}]}, ["needs"]),
        ({"needs": [{"pool": "A", "count": 1}, {"pool": "a", "count": 2}]}, ["needs"]),
        ({"needs": [{"pool": "A", "count": 1}] * 2}, ["needs"]),
        ({"name": "A\x00B", "description": "A\x1bB"}, ["name", "description"]),
        ({"name": "CHECK-up", "code": "c-1"}, ["name", "code"]),
        ({"for_new_patients": "maybe", "colour": "red"}, ["colour", "for_new_patients"]),
        ({"is_online": "yes", "id": UNKNOWN}, ["id", "is_online"]),
    ],
)
def test_a_visit_type_that_makes_no_sense_is_refused_field_by_field(admin, changes, fields):
    HealthcareServiceFactory(name="Check-up", code="C-1")
    other = HealthcareServiceFactory()
    given = {"name": "Scan", "duration_minutes": 30, **changes}
    path = f"{V1}/services"

    for answer in (
        admin.post(path, given, format="json"),
        admin.patch(f"{path}/{other.pk}", changes, format="json"),
    ):
        check_problem(answer, 422, "validation_error", *fields)

    assert HealthcareService.objects.count() == 2


def test_a_length_of_ones_own_counts_with_the_buffers(admin):
    doctor = DoctorFactory()
    service = HealthcareServiceFactory(buffer_before_minutes=20)
    path = f"{V1}/services/{service.pk}"
    own = {
        "doctor_ids": [str(doctor.pk)],
        "lengths": [{"doctor_id": str(doctor.pk), "duration_minutes": 161}],
    }

    check_problem(admin.patch(path, own, format="json"), 422, "validation_error", "lengths")
    own["lengths"][0]["duration_minutes"] = 160
    assert shown(admin.patch(path, own, format="json"))["lengths"] == own["lengths"]
    more = admin.patch(path, {"buffer_after_minutes": 1}, format="json")
    check_problem(more, 422, "validation_error", "lengths")


def test_places_and_rooms_are_made_changed_and_deleted(admin):
    place = {
        "name": "Mill Lane",
        "address": "12 Mill Lane\n10115 Berlin",
        "phone": "030 123456",
        "latitude": 52.520008,
        "longitude": 13.4,
        "is_active": True,
    }
    made = admin.post(f"{V1}/locations", place, format="json")
    assert shown(made, 201) == {**place, "phone": "+4930123456"}
    nowhere = {"latitude": None, "longitude": None}
    assert shown(admin.patch(made["Location"], nowhere, format="json"))["latitude"] is None

    room = {
        "name": "Room 1",
        "kind": "room",
        "pool": "Treatment",
        "location_id": made.json()["id"],
        "is_active": True,
    }
    built = admin.post(f"{V1}/resources", room, format="json")
    assert shown(built, 201) == room
    replaced = admin.put(built["Location"], {"name": "1", "pool": "treatment"}, format="json")
    assert shown(replaced) == {**room, "name": "1", "pool": "treatment", "location_id": None}
    again = admin.patch(built["Location"], {"location_id": room["location_id"]}, format="json")
    stale = {"If-Match": built["ETag"]}
    check_problem(admin.delete(built["Location"], headers=stale), 412, "precondition_failed")
    check_problem(admin.delete(made["Location"]), 409, "in_use")
    assert admin.delete(built["Location"], headers={"If-Match": again["ETag"]}).status_code == 204
    assert admin.delete(made["Location"]).status_code == 204


@pytest.mark.parametrize(
    ("path", "given", "fields"),
    [
        ("locations", {"name": "MILL lane"}, ["name"]),
        ("locations", {"name": " ", "phone": "12"}, ["name", "phone"]),
        ("locations", {"name": "A", "latitude": 1.5}, ["longitude"]),
        ("locations", {"name": "A", "latitude": 91, "longitude": -181}, ["latitude", "longitude"]),
        ("locations", {"name": "A", "latitude": "1", "longitude": True}, ["latitude", "longitude"]),
        ("locations", {"name": "A", "address": "B\x07"}, ["address"]),
        ("resources", {"name": "room 1", "pool": "X"}, ["name"]),
        ("resources", {"name": "A"}, ["pool"]),
        ("resources", {"name": "A", "pool": "", "kind": "car"}, ["kind", "pool"]),
        ("resources", {"name": "A", "pool": "X", "location_id": UNKNOWN}, ["location_id"]),
        ("resources", {"name": "A\u200bB", "pool": "X\n"}, ["name"]),
    ],
)
def test_places_and_rooms_that_make_no_sense_are_refused(admin, path, given, fields):
    LocationFactory(name="Mill Lane")
    ResourceFactory(name="Room 1")

    answer = admin.post(f"{V1}/{path}", given, format="json")

    check_problem(answer, 422, "validation_error", *fields)
    assert (Location.objects.count(), Resource.objects.count()) == (1, 1)


def test_who_sees_what(api):
    HealthcareServiceFactory(name="Online")
    HealthcareServiceFactory(name="Desk", is_online=False)
    old = HealthcareServiceFactory(name="Old", is_active=False)
    LocationFactory(name="Here")
    shut = LocationFactory(name="Shut", is_active=False)
    ResourceFactory(name="A")
    ResourceFactory(name="Broken", is_active=False)
    patient, doctor, desk, admin = (api(UserFactory(role=role)) for role in
        (Role.PATIENT, Role.DOCTOR, Role.RECEPTIONIST, Role.ADMIN))  # fmt: skip

    for client in (api(), patient):
        assert names(client, "services") == ["Online"]
        assert names(client, "services?is_online=false") == []
    for client in (doctor, desk):
        assert names(client, "services") == ["Desk", "Online"]
        assert names(client, "resources") == ["A"]
        check_problem(client.get(f"{V1}/services/{old.pk}"), 404, "not_found")
    assert names(admin, "services") == ["Desk", "Old", "Online"]
    assert names(admin, "services?is_online=false") == ["Desk"]
    assert names(admin, "resources") == ["A", "Broken"]
    for client in (api(), patient, doctor, desk):
        assert names(client, "locations") == ["Here"]
        check_problem(client.get(f"{V1}/locations/{shut.pk}"), 404, "not_found")
    assert names(admin, "locations") == ["Here", "Shut"]
    check_problem(api().get(f"{V1}/resources"), 401, "not_authenticated")
    check_problem(patient.get(f"{V1}/resources"), 403, "permission_denied")


def test_lists_are_filtered(admin):
    doctor, place = DoctorFactory(), LocationFactory()
    HealthcareServiceFactory(name="All")
    some = HealthcareServiceFactory(name="Some")
    by = UserFactory(role=Role.ADMIN)
    services.save_service(some, by, doctors={doctor.pk: None}, locations=[place.pk])
    ResourceFactory(name="A", pool="Ultrasound", location=place)
    ResourceFactory(name="B", pool="Treatment", kind="room")

    assert names(admin, f"services?doctor_id={doctor.pk}") == ["All", "Some"]
    assert names(admin, f"services?doctor_id={DoctorFactory().pk}") == ["All"]
    assert names(admin, f"services?location_id={place.pk}") == ["All", "Some"]
    assert names(admin, f"services?location_id={LocationFactory().pk}") == ["All"]
    assert names(admin, "resources?pool=ultraSOUND") == ["A"]
    assert names(admin, "resources?kind=room") == ["B"]
    assert names(admin, f"resources?location_id={place.pk}") == ["A"]
    answer = admin.get(f"{V1}/services?doctor_id=7&colour=red")
    check_problem(answer, 422, "validation_error", "doctor_id", "colour")


def test_a_list_of_visit_types_costs_as_much_as_one(api):
    by = UserFactory(role=Role.ADMIN)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api().get(f"{V1}/services").status_code == 200
        return len(queries)

    def add() -> None:
        doctors = {DoctorFactory().pk: 45, DoctorFactory().pk: None}
        services.save_service(
            HealthcareServiceFactory.build(),
            by,
            doctors=doctors,
            locations=[LocationFactory().pk],
            needs={"Ultrasound": 1},
        )

    add()
    one = cost()
    for _ in range(3):
        add()
    assert cost() == one


def test_the_same_key_makes_one_visit_type(admin):
    given = {"name": "Scan", "duration_minutes": 30}
    key = {"Idempotency-Key": "scan-1"}

    first, second = (
        admin.post(f"{V1}/services", given, format="json", headers=key) for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert (second["Idempotent-Replayed"], second.json()) == ("true", first.json())
    assert HealthcareService.objects.count() == 1


def test_a_visit_keeps_its_type(admin):
    service = HealthcareServiceFactory()
    AppointmentFactory(service=service)
    path = f"{V1}/services/{service.pk}"

    check_problem(admin.delete(path), 409, "in_use")
    assert shown(admin.patch(path, {"is_active": False}, format="json"))["is_active"] is False
