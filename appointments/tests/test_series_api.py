"""Series of visits by the API."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.dateparse import parse_datetime
from uuid_utils.compat import uuid7

from accounts.models import AccessLog
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentSeries
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working, patient_online
from clinic.tests.problems import V1
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
PATH = f"{V1}/appointment-series"
MONDAY = next_monday(9)
WEEK = timedelta(days=7)


@pytest.fixture
def doctor():
    return doctor_working("08:00-18:00")


@pytest.fixture
def body(doctor):
    return {
        "doctor_id": str(doctor.pk),
        "patient_id": str(PatientFactory().pk),
        "starts_at": MONDAY.isoformat(),
        "duration_minutes": 30,
        "rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;COUNT=4",
    }


@pytest.fixture
def desk(api):
    return api(UserFactory())


def post(client, path, body):
    return client.post(path, body, format="json")


def starts(answer) -> list:
    return [parse_datetime(one["starts_at"]) for one in answer.json()["appointments"]]


def test_a_preview_names_each_date_and_books_nothing(desk, body, doctor):
    AppointmentFactory(doctor=doctor, starts_at=MONDAY + WEEK)
    answer = post(desk, f"{PATH}/preview", body)

    assert answer.status_code == 200, answer.content
    dates = answer.json()["occurrences"]
    assert [parse_datetime(one["starts_at"]) for one in dates] == [
        MONDAY + n * WEEK for n in range(4)
    ]
    assert [one["conflict"] and one["conflict"]["code"] for one in dates] == [
        None,
        "doctor_double_booked",
        None,
        None,
    ]
    assert dates[1]["conflict"]["message"] == "This doctor is already booked then."
    near = parse_datetime(dates[1]["nearest"]["starts_at"])
    assert abs(near - (MONDAY + WEEK)) == timedelta(minutes=30)
    assert not AppointmentSeries.objects.exists()


@pytest.mark.parametrize(
    ("on_conflict", "status", "count", "skipped", "replaced"),
    [("refuse", 409, 0, 0, 0), ("skip", 201, 3, 1, 0), ("nearest", 201, 4, 0, 1)],
)
def test_a_conflict_refuses_skips_or_is_replaced(
    desk, body, doctor, on_conflict, status, count, skipped, replaced
):
    AppointmentFactory(doctor=doctor, starts_at=MONDAY + WEEK)
    answer = post(desk, PATH, body | {"on_conflict": on_conflict})
    told = answer.json()

    assert answer.status_code == status, answer.content
    assert Appointment.objects.exclude(series=None).count() == count
    if status == 409:
        assert told["code"] == "doctor_double_booked"
        assert len(told["occurrences"]) == 4
        return
    assert len(told["appointments"]) == count
    assert [len(told["skipped"]), len(told["replaced"])] == [skipped, replaced]
    [other] = told["skipped"] + told["replaced"]
    assert parse_datetime(other["starts_at"]) == MONDAY + WEEK
    assert other["conflict"]["code"] == "doctor_double_booked"
    assert answer["Location"].endswith(f"{PATH}/{told['id']}")
    assert desk.get(f"{PATH}/{told['id']}").json() == told
    assert AccessLog.objects.filter(patients=[body["patient_id"]]).exists()


def test_this_and_later_ones_by_id_or_instant(desk, body):
    made = post(desk, PATH, body).json()
    path, visits = f"{PATH}/{made['id']}", made["appointments"]
    day = timedelta(days=1)
    second = MONDAY + WEEK
    moved = {"from": visits[1]["id"], "starts_at": (second + day).isoformat()}

    answer = post(desk, f"{path}/reschedule", moved)
    assert answer.status_code == 200, answer.content
    assert starts(answer) == [MONDAY] + [MONDAY + day + n * WEEK for n in (1, 2, 3)]

    later = {"from": (MONDAY + 2 * WEEK).isoformat(), "reason_code": "pat", "reason": "Better"}
    answer = post(desk, f"{path}/cancel", later)
    assert [one["status"] for one in answer.json()["appointments"]] == [
        *("booked", "booked"),
        *("cancelled", "cancelled"),
    ]
    assert post(desk, f"{path}/cancel", {}).status_code == 200
    again = post(desk, f"{path}/cancel", {})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("step", ["cancel", "reschedule"])
def test_a_series_that_changed_since_it_was_read_stays_as_it_is(desk, body, step):
    made = post(desk, PATH, body)
    path, visits = f"{PATH}/{made.json()['id']}", made.json()["appointments"]
    later = {"from": visits[1]["id"]}
    if step == "reschedule":
        later["starts_at"] = (MONDAY + WEEK + timedelta(days=1)).isoformat()
    single = f"{V1}/appointments/{visits[3]['id']}/cancel"
    assert post(desk, single, {}).status_code == 200

    def ask(tag: str):
        return desk.post(f"{path}/{step}", later, format="json", headers={"If-Match": tag})

    assert ask(made["ETag"]).status_code == 412
    assert post(desk, single, {}).json()["code"] == "wrong_state"
    answer = ask(desk.get(path)["ETag"])
    assert (answer.status_code, answer["ETag"]) == (200, desk.get(path)["ETag"])


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"rrule": "FREQ=WEEKLY;COUNT=2;UNTIL=20350101"}, {"rrule"}),
        ({"rrule": "FREQ=WEEKLY;COUNT=0"}, {"rrule"}),
        ({"rrule": "FREQ=WEEKLY;COUNT=53"}, {"rrule"}),
        ({"rrule": "FREQ=WEEKLY;BYDAY=;COUNT=2"}, {"rrule"}),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20200101"}, {"rrule"}),
        ({"rrule": "FREQ=YEARLY;COUNT=2"}, {"rrule"}),
        ({"rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=2"}, {"starts_at"}),
        ({"rrule": ""}, {"rrule"}),
        ({"rrule": None}, {"rrule"}),
        ({"rrule": "FREQ=MONTHLY;INTERVAL=99;COUNT=52"}, {"rrule"}),
        ({"starts_at": "2020-01-01T09:00:00Z"}, {"starts_at"}),
        ({"starts_at": (MONDAY + timedelta(seconds=1)).isoformat()}, {"starts_at"}),
        ({"on_conflict": "overbook"}, {"on_conflict"}),
        ({"colour": "red"}, {"colour"}),
        ({"duration_minutes": 5, "doctor_id": "x"}, {"duration_minutes", "doctor_id"}),
        (
            {"rrule": "x", "duration_minutes": 5, "colour": 1},
            {"rrule", "duration_minutes", "colour"},
        ),
        ({"service_id": str(uuid7())}, {"service_id"}),
    ],
)
def test_what_is_wrong_is_named(desk, body, changes, fields):
    answer = post(desk, PATH, body | changes)

    assert answer.status_code == 422, answer.content
    assert set(answer.json()["errors"]) == fields
    assert not AppointmentSeries.objects.exists()


@pytest.mark.parametrize("from_", ["2027-01-01", "x", None, str(UUID(int=7)), 7])
def test_from_is_a_visit_of_the_series_or_an_instant(desk, body, from_):
    made = post(desk, PATH, body).json()
    for way, more in (("cancel", {}), ("reschedule", {"starts_at": MONDAY.isoformat()})):
        answer = post(desk, f"{PATH}/{made['id']}/{way}", {"from": from_, **more})
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"from"}


def test_patients_read_and_cancel_their_own(api, desk, body):
    own, other = patient_online(), patient_online()
    made = post(desk, PATH, body | {"patient_id": str(own.pk)}).json()
    client, stranger = api(own.user), api(other.user)
    path = f"{PATH}/{made['id']}"

    assert client.get(path).status_code == 200
    assert post(client, f"{PATH}/preview", body).status_code == 403
    assert post(client, PATH, body).status_code == 403
    moved = {"from": MONDAY.isoformat(), "starts_at": MONDAY.isoformat()}
    assert post(client, f"{path}/reschedule", moved).status_code == 403
    assert stranger.get(path).status_code == 404
    assert post(stranger, f"{path}/cancel", {}).status_code == 404
    answer = post(client, f"{path}/cancel", {"from": made["appointments"][1]["id"]})
    assert answer.status_code == 200
    assert [one["status"] for one in answer.json()["appointments"]].count("cancelled") == 3
