"""Rooms and equipment out of service over the API."""

from datetime import timedelta

import pytest

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentResource
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.tests.problems import V1, check_problem
from doctors.models import ResourceOutage
from doctors.tests.factories import ResourceFactory

pytestmark = pytest.mark.django_db
NOON = next_monday(12)


@pytest.fixture
def desk(api):
    return api(UserFactory())


def path_of(room) -> str:
    return f"{V1}/resources/{room.pk}/out-of-service"


def period(hours: float = 2, **more) -> dict:
    ends_at = NOON + timedelta(hours=hours)
    return {"starts_at": NOON.isoformat(), "ends_at": ends_at.isoformat(), **more}


def booked(room, minutes: int, buffer: int = 0, **fields) -> Appointment:
    """A visit with this room that begins so long after noon."""
    visit = AppointmentFactory(
        starts_at=NOON + timedelta(minutes=minutes), buffer_after_minutes=buffer, **fields
    )
    AppointmentResource.objects.create(
        resource=room,
        appointment=visit,
        busy_from=visit.holds_from,
        busy_until=visit.holds_until,
        is_held=visit.status != "cancelled",
    )
    return visit


def test_the_visits_with_the_room_then_are_told_and_stay(desk):
    room, other = ResourceFactory(), ResourceFactory()
    before = booked(room, -35, buffer=10)
    inside = booked(room, 30)
    for each in ({"minutes": -75}, {"minutes": 120}, {"minutes": 60, "status": "cancelled"}):
        booked(room, **each)
    booked(other, 30)

    made = desk.post(path_of(room), period(reason="Repair"), format="json")

    assert made.status_code == 201, made.content
    told = made.json()
    assert [one["id"] for one in told.pop("affected")] == [str(before.pk), str(inside.pk)]
    assert told["reason"] == "Repair"
    assert desk.get(made["Location"]).json() == told
    page = desk.get(path_of(room)).json()
    assert (page["count"], page["results"]) == (1, [told])
    assert set(Appointment.objects.filter(status="booked")) >= {before, inside}
    assert {str(before.patient_id), str(inside.patient_id)} <= {
        str(key) for row in AccessLog.objects.all() for key in row.patients
    }
    check_problem(desk.get(f"{path_of(other)}/{told['id']}"), 404, "not_found")
    assert desk.delete(made["Location"]).status_code == 204
    assert not ResourceOutage.objects.exists()


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (period(0), ["ends_at"]),
        (period(reason="A\x07"), ["reason"]),
        ({"starts_at": "2035-03-05"}, ["starts_at", "ends_at"]),
        (period(resource_id="7"), ["resource_id"]),
        (period(24 * 366 * 200), ["ends_at"]),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(desk, given, fields):
    answer = desk.post(path_of(ResourceFactory()), given, format="json")

    check_problem(answer, 422, "validation_error", *fields)
    assert not ResourceOutage.objects.exists()


def test_doctors_read_when_a_room_is_out_of_service_and_write_none(api):
    room, shut = ResourceFactory(), ResourceFactory(is_active=False)
    doctor, patient = (api(UserFactory(role=role)) for role in (Role.DOCTOR, Role.PATIENT))

    assert doctor.get(path_of(room)).status_code == 200
    check_problem(doctor.post(path_of(room), period(), format="json"), 403, "permission_denied")
    check_problem(doctor.get(path_of(shut)), 404, "not_found")
    check_problem(patient.get(path_of(room)), 403, "permission_denied")
