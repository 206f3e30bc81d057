"""The main way through the API, as a program walks it."""

from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from rest_framework.test import APIClient

from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from appointments.tests.factories import next_monday
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

PATIENTS, DOCTORS, APPOINTMENTS = (
    f"/api/v1/{name}" for name in ("patients", "doctors", "appointments")
)


@pytest.fixture
def client(api) -> APIClient:
    """An administrator's, who has logged in with the form that the document describes."""
    admin = UserFactory(role=Role.ADMIN)
    form = urlencode({"username": admin.email.upper(), "password": PASSWORD})
    login = api().post("/api/v1/auth/login", form, content_type="application/x-www-form-urlencoded")
    assert login.status_code == 200, login.content
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {login.json()['access_token']}")
    assert client.get("/api/v1/auth/me/").json()["role"] == "admin"
    return client


def created(client: APIClient, address: str, body: dict, how: str = "json") -> HttpResponse:
    response = client.post(address, body, format=how)
    assert response.status_code == 201, response.content
    return response


def register(client: APIClient) -> str:
    """Somebody registers. Returns the id."""
    body = {
        "name": "Ada King Lovelace",
        "email": "Ada@Mail.example",
        "phone": "030 12345678",
        "document_photo": upload(),
    }
    patient = created(client, PATIENTS, body, "multipart").json()
    stored = {"email": "ada@mail.example", "phone": "+493012345678"}
    assert patient == {"id": patient["id"], "name": "Ada King Lovelace", **stored}
    return patient["id"]


def test_register_book_move_and_cancel(api, client):
    patient_id = register(api())
    names = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@clinic.example"}
    doctor = created(client, DOCTORS, names | {"specialization": "Cardiology"}).json()
    booking = {
        "doctor_id": doctor["id"],
        "patient_id": patient_id,
        "starts_at": next_monday(9).isoformat(),
        "duration_minutes": 30,
    }
    booked = created(client, APPOINTMENTS, booking)
    where = booked["Location"]
    assert client.get(where)["ETag"] == booked["ETag"]

    again = client.post(APPOINTMENTS, booking, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "doctor_double_booked")

    later = {"starts_at": next_monday(11).isoformat()}
    moved = client.post(f"{where}/reschedule", later, format="json")
    assert moved.status_code == 200, moved.content
    assert (moved.json()["id"], moved.json()["duration_minutes"]) == (booked.json()["id"], 30)
    created(client, APPOINTMENTS, booking)

    day = {"date": next_monday(9).date().isoformat()}
    assert client.get(APPOINTMENTS, day).json()["count"] == 2
    cancelled = client.post(f"{where}/cancel", {"reason": "Ill"}, format="json").json()
    assert cancelled["status"] == "cancelled"
    steps = [step["to_status"] for step in cancelled["history"]]
    assert steps == ["booked", "booked", "cancelled"]
    assert client.post(f"{where}/cancel", {}, format="json").json()["code"] == "wrong_state"
    assert client.delete(where).status_code == 405

    found = client.get(PATIENTS, {"search": "Lovelase ada"}).json()
    assert [row["id"] for row in found["results"]] == [patient_id]


def test_set_up_what_is_offered_and_book_it(api, client):
    """A place, a device and a visit type, hours that name both, a free time, and the device out of
    service afterwards."""
    names = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@clinic.example"}
    doctor = created(client, DOCTORS, names | {"specialization": "Radiology"}).json()["id"]
    place = created(client, "/api/v1/locations", {"name": "Mill Lane"}).json()["id"]
    device = {"name": "US 1", "kind": "equipment", "pool": "Ultrasound", "location_id": place}
    device = created(client, "/api/v1/resources", device).json()["id"]
    service = {
        "name": "Scan",
        "duration_minutes": 40,
        "buffer_after_minutes": 20,
        "price": {"amount": "45.00", "currency": "EUR"},
        "lengths": [{"doctor_id": doctor, "duration_minutes": 60}],
        "doctor_ids": [doctor],
        "needs": [{"pool": "ultrasound", "count": 1}],
    }
    service = created(client, "/api/v1/services", service).json()["id"]
    monday = next_monday(9).date()
    span = {"weekday": 0, "starts": "09:00", "ends": "11:00", "location_id": place}
    week = client.put(
        f"{DOCTORS}/{doctor}/working-hours", [span | {"service_ids": [service]}], format="json"
    )
    assert week.status_code == 200, week.content
    assert [one["id"] for one in api().get("/api/v1/services").json()["results"]] == [service]

    query = {"date": monday.isoformat(), "service_id": service}
    first, second = api().get(f"{DOCTORS}/{doctor}/slots", query).json()
    assert {first["location_id"], second["location_id"]} == {place}
    booking = {
        "doctor_id": doctor,
        "patient_id": register(api()),
        "service_id": service,
        "starts_at": first["starts_at"],
    }
    visit = created(client, APPOINTMENTS, booking).json()
    assert (visit["duration_minutes"], visit["buffer_after_minutes"]) == (60, 20)
    assert visit["price"] == {"amount": "45.00", "currency": "EUR"}
    assert visit["location"] == {"id": place, "name": "Mill Lane"}
    assert [one["id"] for one in visit["resources"]] == [device]
    assert api().get(f"{DOCTORS}/{doctor}/slots", query).json() == []

    outage = {"starts_at": visit["starts_at"], "ends_at": visit["ends_at"], "reason": "Repair"}
    told = created(client, f"/api/v1/resources/{device}/out-of-service", outage).json()
    assert [one["id"] for one in told["affected"]] == [visit["id"]]
    for used in (f"services/{service}", f"locations/{place}", f"resources/{device}"):
        refused = client.delete(f"/api/v1/{used}")
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
