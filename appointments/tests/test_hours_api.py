"""Working hours, extra hours, time off and closures over the API."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.tests.problems import V1, check_problem
from clinic.tests.test_api_idempotency import wait_until_somebody_waits
from doctors import services
from doctors.models import Absence, Closure, WorkingHours
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db
NOON = next_monday(12)
UNKNOWN = "01938f4e-7c00-7000-8000-000000000099"
MORNING = {"weekday": 0, "starts": "09:00", "ends": "12:30"}


def span(**changes) -> dict:
    named = {"location_id": None, "service_ids": None}
    return {**MORNING, "valid_from": None, "valid_until": None, **named, **changes}


@pytest.fixture
def desk(api):
    return api(UserFactory())


@pytest.fixture
def doctor():
    return DoctorFactory(with_account=True)


def put(client, doctor, week):
    return client.put(f"{V1}/doctors/{doctor.pk}/working-hours", week, format="json")


def test_a_week_is_replaced_at_once(desk, doctor):
    WorkingHoursFactory(doctor=doctor, weekday=6)
    kept = WorkingHoursFactory(doctor=doctor, weekday=2)
    week = [
        span(),
        span(starts="13:00", ends="17:00"),
        span(weekday=2, starts="09:00", ends="17:00"),
        span(weekday=4, starts="20:00", ends="00:00", valid_from="2026-01-01"),
    ]

    response = put(desk, doctor, week)

    assert response.status_code == 200, response.content
    assert response.json() == week
    assert desk.get(f"{V1}/doctors/{doctor.pk}/working-hours").json() == week
    assert WorkingHours.objects.filter(weekday=2).get() == kept
    assert put(desk, doctor, []).json() == []


@pytest.mark.parametrize(
    ("week", "fields"),
    [
        ([span(starts="12:30")], ["0.ends"]),
        ([span(starts="12:00", ends="09:00")], ["0.ends"]),
        ([span(), span(starts="12:00", ends="13:00")], ["1.starts"]),
        ([span(), span()], ["1.starts"]),
        ([span(weekday=7), span(weekday=-1)], ["0.weekday", "1.weekday"]),
        ([span(starts="9:00")], ["0.starts"]),
        ([span(ends="24:00")], ["0.ends"]),
        ([span(starts="09:00:00")], ["0.starts"]),
        ([span(starts=900)], ["0.starts"]),
        ([span(valid_from="2026-05-01", valid_until="2026-04-01")], ["0.valid_until"]),
        ([span(room="3")], ["0.room"]),
        ([span(location_id=UNKNOWN)], ["0.location_id"]),
        ([span(service_ids=[UNKNOWN])], ["0.service_ids"]),
        ([span(service_ids=[])], ["0.service_ids"]),
        ([span(service_ids=[UNKNOWN, UNKNOWN])], ["0.service_ids"]),
        ([span(location_id=7, service_ids=["7"])], ["0.location_id", "0.service_ids.0"]),
        ([{"weekday": 0, "starts": "09:00"}], ["0.ends"]),
        ([MORNING] * 101, ["non_field_errors"]),
        (MORNING, ["non_field_errors"]),
        (["Monday"], ["0"]),
    ],
)
def test_a_week_that_makes_no_sense_changes_nothing(desk, doctor, week, fields):
    stored = WorkingHoursFactory(doctor=doctor, weekday=3)

    check_problem(put(desk, doctor, week), 422, "validation_error", *fields)

    assert list(WorkingHours.objects.all()) == [stored]


def test_spans_name_a_place_and_visit_types(desk, doctor, django_assert_max_num_queries):
    place, shut = LocationFactory(), LocationFactory(is_active=False)
    types = sorted(str(HealthcareServiceFactory().pk) for _ in range(2))
    here = {"location_id": str(place.pk)}
    week = [
        span(**here, service_ids=types),
        span(weekday=2, service_ids=types[:1]),
        span(weekday=4, **here),
    ]
    path = f"{V1}/doctors/{doctor.pk}/working-hours"

    answer = put(desk, doctor, week)

    assert (answer.status_code, answer.json()) == (200, week)
    kept = list(WorkingHours.objects.filter(weekday__gt=0))
    with django_assert_max_num_queries(4):
        read = desk.get(path)
    assert (read.json(), read["ETag"]) == (week, answer["ETag"])
    week[0]["service_ids"] = types[1:]
    changed = put(desk, doctor, week)
    assert (changed.json(), changed["ETag"] != read["ETag"]) == (week, True)
    assert list(WorkingHours.objects.filter(weekday__gt=0)) == kept
    check_problem(put(desk, doctor, [span(location_id=str(shut.pk))]), 422, "validation_error")
    place.is_active = False
    place.save(update_fields=["is_active"])
    assert put(desk, doctor, week).status_code == 200, "What stands may stay."
    assert put(desk, doctor, [MORNING]).json() == [span()], "What is left out is null."


def test_extra_hours_name_a_place(desk, doctor):
    place = str(LocationFactory().pk)
    path = f"{V1}/doctors/{doctor.pk}/extra-hours"
    times = {"starts_at": NOON.isoformat(), "ends_at": (NOON + timedelta(hours=2)).isoformat()}

    made = desk.post(path, {**times, "location_id": place}, format="json")

    assert (made.status_code, made.json()["location_id"]) == (201, place)
    assert desk.get(made["Location"]).json()["location_id"] == place
    unknown = desk.post(path, {**times, "location_id": UNKNOWN}, format="json")
    check_problem(unknown, 422, "validation_error", "location_id")


def test_spans_touch_and_share_a_weekday_at_different_dates(desk, doctor):
    week = [
        span(),
        span(starts="12:30", ends="13:00", valid_until="2026-06-30"),
        span(starts="12:30", ends="14:00", valid_from="2026-07-01"),
    ]

    assert put(desk, doctor, week).status_code == 200


def test_a_doctor_keeps_the_own_hours_only(api, doctor):
    own, other = api(doctor.user), DoctorFactory(with_account=True)
    time_off = {"starts_at": NOON.isoformat(), "ends_at": (NOON + timedelta(1)).isoformat()}

    assert put(own, doctor, [MORNING]).status_code == 200
    check_problem(put(own, other, [MORNING]), 403, "permission_denied")
    for path in ("working-hours", "time-off", "extra-hours"):
        assert own.get(f"{V1}/doctors/{doctor.pk}/{path}").status_code == 200
        answer = own.get(f"{V1}/doctors/{other.pk}/{path}")
        check_problem(answer, 403, "permission_denied")
    answer = own.post(f"{V1}/doctors/{other.pk}/time-off", time_off, format="json")
    check_problem(answer, 403, "permission_denied")
    assert not Absence.objects.exists()


def test_time_off_lists_the_visits_in_it_and_drops_none(desk, doctor):
    first = AppointmentFactory(doctor=doctor, starts_at=NOON - timedelta(minutes=15))
    second = AppointmentFactory(doctor=doctor, starts_at=NOON + timedelta(hours=1))
    AppointmentFactory(doctor=doctor, starts_at=NOON + timedelta(hours=2))
    AppointmentFactory(starts_at=NOON)
    AppointmentFactory(doctor=doctor, starts_at=NOON, status="cancelled")
    data = {
        "starts_at": NOON.isoformat(),
        "ends_at": (NOON + timedelta(hours=2)).isoformat(),
        "reason": "Course",
    }
    path = f"{V1}/doctors/{doctor.pk}/time-off"

    response = desk.post(path, data, format="json")

    assert response.status_code == 201, response.content
    told = response.json()
    assert [visit["id"] for visit in told["affected"]] == [str(first.pk), str(second.pk)]
    assert response["Location"] == f"http://testserver{path}/{told['id']}"
    assert (told["starts_at"], told["reason"]) == (f"{NOON:%Y-%m-%dT%H:%M:%S}Z", "Course")
    assert set(Appointment.objects.values_list("status", flat=True)) == {"booked", "cancelled"}
    noted = AccessLog.objects.get()
    assert set(noted.patients) == {first.patient_id, second.patient_id}
    listed = desk.get(path).json()
    assert [absence["id"] for absence in listed] == [told["id"]]
    assert desk.delete(f"{path}/{told['id']}").status_code == 204
    check_problem(desk.delete(f"{path}/{told['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": NOON.isoformat()}, "ends_at"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-12-24"}, "starts_at"),
        ({"reason": "x" * 201}, "reason"),
        ({"doctor_id": "1"}, "doctor_id"),
    ],
)
def test_time_off_that_makes_no_sense(desk, doctor, changes, field):
    data = {"starts_at": NOON.isoformat(), "ends_at": (NOON + timedelta(1)).isoformat()}
    for path in ("time-off", "extra-hours"):
        answer = desk.post(f"{V1}/doctors/{doctor.pk}/{path}", data | changes, format="json")
        check_problem(answer, 422, "validation_error", field)


def test_extra_hours_are_a_day_at_most_and_apart(desk, doctor):
    path = f"{V1}/doctors/{doctor.pk}/extra-hours"

    def add(start: int, hours: int):
        starts_at = NOON + timedelta(hours=start)
        ends_at = starts_at + timedelta(hours=hours)
        data = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        return desk.post(path, data, format="json")

    assert add(0, 2).status_code == 201
    check_problem(add(1, 2), 422, "validation_error", "starts_at")
    assert add(2, 2).status_code == 201
    check_problem(add(30, 25), 422, "validation_error", "ends_at")
    assert len(desk.get(path).json()) == 2


def test_closures_list_the_visits_of_their_days(desk, api):
    day = NOON.date()
    visit = AppointmentFactory(starts_at=NOON)
    AppointmentFactory(starts_at=NOON + timedelta(days=2))
    data = {"starts_on": str(day), "ends_on": str(day + timedelta(1)), "reason": "Works outing"}

    response = desk.post(f"{V1}/closures", data, format="json")

    assert response.status_code == 201, response.content
    assert [one["id"] for one in response.json()["affected"]] == [str(visit.pk)]
    patient = api(UserFactory(role=Role.PATIENT))
    page = patient.get(f"{V1}/closures").json()
    assert (page["count"], page["results"][0]["reason"]) == (1, "Works outing")
    check_problem(patient.post(f"{V1}/closures", data, format="json"), 403, "permission_denied")
    closure = Closure.objects.get()
    assert desk.delete(f"{V1}/closures/{closure.pk}").status_code == 204


def test_a_closure_ends_on_its_first_day_or_later(desk):
    data = {"starts_on": "2126-01-02", "ends_on": "2126-01-01"}

    answer = desk.post(f"{V1}/closures", data, format="json")

    check_problem(answer, 422, "validation_error", "ends_on")


@pytest.mark.django_db(transaction=True)
def test_what_was_deleted_while_it_was_named_is_a_conflict(api):
    """The week sees the visit type, and at its end that it is gone."""
    service, doctor = HealthcareServiceFactory(), DoctorFactory()
    client, admin, answers = api(UserFactory()), UserFactory(role=Role.ADMIN), []
    week = [span(service_ids=[str(service.pk)])]

    def name_it() -> None:
        answers.append(put(client, doctor, week))
        connection.close()

    naming = Thread(target=name_it)
    with transaction.atomic():
        services.remove_service(service, admin)
        naming.start()
        wait_until_somebody_waits()
    naming.join(20)

    check_problem(answers[0], 409, "wrong_state")
    assert not WorkingHours.objects.exists()
