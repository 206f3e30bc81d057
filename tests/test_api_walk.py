"""The main way through the API, as a program walks it."""

from urllib.parse import urlencode

import pytest

from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from appointments.tests.factories import next_monday
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

PATIENTS, DOCTORS, APPOINTMENTS = (
    f"/api/v1/{name}" for name in ("patients", "doctors", "appointments")
)


def test_register_book_move_and_cancel(api):
    admin = UserFactory(role=Role.ADMIN)
    form = urlencode({"username": admin.email.upper(), "password": PASSWORD})
    login = api().post("/api/v1/auth/login", form, content_type="application/x-www-form-urlencoded")
    assert login.status_code == 200, login.content
    tokens = login.json()
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    assert client.get("/api/v1/auth/me/").json()["role"] == "admin"

    registered = api().post(
        PATIENTS,
        {
            "name": "Ada King Lovelace",
            "email": "Ada@Mail.example",
            "phone": "030 12345678",
            "document_photo": upload(),
        },
        format="multipart",
    )
    assert registered.status_code == 201, registered.content
    patient = registered.json()
    assert patient == {
        "id": patient["id"],
        "name": "Ada King Lovelace",
        "email": "ada@mail.example",
        "phone": "+493012345678",
    }

    doctor = client.post(
        DOCTORS,
        {
            "first_name": "Grace",
            "last_name": "Hopper",
            "email": "grace@clinic.example",
            "specialization": "Cardiology",
        },
        format="json",
    )
    assert doctor.status_code == 201, doctor.content

    booking = {
        "doctor_id": doctor.json()["id"],
        "patient_id": patient["id"],
        "starts_at": next_monday(9).isoformat(),
        "duration_minutes": 30,
    }
    booked = client.post(APPOINTMENTS, booking, format="json")
    assert booked.status_code == 201, booked.content
    where = booked["Location"]
    assert client.get(where)["ETag"] == booked["ETag"]

    again = client.post(APPOINTMENTS, booking, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "doctor_double_booked")

    moved = client.post(
        f"{where}/reschedule", {"starts_at": next_monday(11).isoformat()}, format="json"
    )
    assert moved.status_code == 200, moved.content
    assert moved.json()["id"] == booked.json()["id"]
    assert moved.json()["duration_minutes"] == 30
    assert client.post(APPOINTMENTS, booking, format="json").status_code == 201

    day = {"date": next_monday(9).date().isoformat()}
    assert client.get(APPOINTMENTS, day).json()["count"] == 2
    cancelled = client.post(f"{where}/cancel", {"reason": "Ill"}, format="json")
    assert cancelled.json()["status"] == "cancelled"
    assert [step["to_status"] for step in cancelled.json()["history"]] == [
        "booked",
        "booked",
        "cancelled",
    ]
    assert client.post(f"{where}/cancel", {}, format="json").json()["code"] == "wrong_state"
    assert client.delete(where).status_code == 405

    found = client.get(PATIENTS, {"search": "Lovelase ada"}).json()
    assert [row["id"] for row in found["results"]] == [patient["id"]]
