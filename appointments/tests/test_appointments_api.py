"""`GET /appointments`: days of the clinic, bounds, filters, order; and what can't be done."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.tests.problems import V1, check_problem

pytestmark = pytest.mark.django_db
PATH = f"{V1}/appointments"
HOUR = timedelta(hours=1)


@pytest.fixture
def ids(api):
    client = api(UserFactory())

    def listed(**query) -> list[str]:
        page = client.get(PATH, query).json()
        assert page["count"] == len(page["results"]), page
        return [row["id"] for row in page["results"]]

    return listed


def at(*when: int, **fields) -> str:
    starts_at = datetime(*when, tzinfo=UTC)
    return str(AppointmentFactory.past(starts_at=starts_at, **fields).pk)


@pytest.mark.parametrize(
    ("zone", "day", "starts", "hours"),
    [
        ("Europe/Berlin", "2025-03-30", (2025, 3, 29, 23), 23),
        ("Europe/Berlin", "2025-10-26", (2025, 10, 25, 22), 25),
        ("Europe/Berlin", "2025-06-01", (2025, 5, 31, 22), 24),
        ("Asia/Kathmandu", "2025-06-01", (2025, 5, 31, 18, 15), 24),
        ("America/New_York", "2025-11-02", (2025, 11, 2, 4), 25),
        ("Asia/Beirut", "2024-03-31", (2024, 3, 30, 22), 23),
        ("Australia/Lord_Howe", "2025-04-06", (2025, 4, 5, 13), 24.5),
        ("UTC", "2024-02-29", (2024, 2, 29), 24),
    ],
)
def test_a_day_is_one_of_the_clinic(ids, settings, zone, day, starts, hours):
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = zone
    first, end = datetime(*starts, tzinfo=UTC), datetime(*starts, tzinfo=UTC) + hours * HOUR
    second = timedelta(seconds=1)
    made = [
        str(AppointmentFactory.past(starts_at=instant).pk)
        for instant in (first - second, first, end - second, end)
    ]

    assert ids(date=day) == made[1:3]


def test_a_day_that_does_not_exist_is_empty(ids, settings):
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = "Pacific/Apia"
    before, after = at(2011, 12, 30, 9, 59), at(2011, 12, 30, 10)

    assert ids(date="2011-12-30") == []
    assert ids(date="2011-12-29") == [before]
    assert ids(date="2011-12-31") == [after]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "9999-12-30", "0001-01-02"])
def test_the_first_and_the_last_day_of_all_are_days(ids, settings, zone, day):
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = zone
    at(2025, 6, 1)

    assert ids(date=day) == []


@pytest.mark.parametrize(
    "day", ["2026-2-3", "2026-02-30", "20260203", "2026-W06-1", "today", "2026-02-03T00:00:00Z"]
)
def test_what_is_no_day_is_refused(api, day):
    response = api(UserFactory()).get(PATH, {"date": day})

    check_problem(response, 422, "validation_error", "date")


def test_from_and_to_are_half_open_on_the_start(ids):
    made = [at(2025, 6, 1, hour) for hour in (8, 9, 10, 11)]

    assert ids(**{"from": "2025-06-01T09:00:00Z", "to": "2025-06-01T11:00:00Z"}) == made[1:3]
    assert ids(**{"from": "2025-06-01T12:00:00+02:00"}) == made[2:]
    assert ids(to="2025-06-01T09:00:00.000001Z") == made[:2]
    assert ids(**{"from": "2025-06-01T11:00:00Z", "to": "2025-06-01T09:00:00Z"}) == []
    assert ids(**{"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}) == made


@pytest.mark.parametrize("value", ["2025-06-01", "2025-06-01T09:00:00", "2025-06-01T24:00:00Z"])
def test_bounds_are_instants(api, value):
    response = api(UserFactory()).get(PATH, {"from": value, "to": value})

    check_problem(response, 422, "validation_error", "from", "to")


def test_filters_go_together(ids):
    one = AppointmentFactory(starts_at=next_monday(9))
    same_doctor = AppointmentFactory(doctor=one.doctor, starts_at=next_monday(10))
    same_patient = AppointmentFactory(
        patient=one.patient, starts_at=next_monday(11), status="cancelled"
    )

    assert ids(doctor_id=one.doctor_id) == [str(one.pk), str(same_doctor.pk)]
    assert ids(patient_id=one.patient_id) == [str(one.pk), str(same_patient.pk)]
    assert ids(patient_id=one.patient_id, status="booked") == [str(one.pk)]
    assert ids(status="cancelled") == [str(same_patient.pk)]
    assert ids(doctor_id=one.doctor_id, patient_id=same_doctor.patient_id) == [str(same_doctor.pk)]
    assert ids(doctor_id=one.patient_id) == []
    day = next_monday(9).date()
    assert len(ids(date=day)) == 3
    assert len(ids(date=day, to=next_monday(10).isoformat())) == 1


def test_the_order_is_total(ids):
    starts_at = next_monday(9)
    same = [str(AppointmentFactory(starts_at=starts_at).pk) for _ in range(4)]
    early = str(AppointmentFactory(starts_at=starts_at - HOUR).pk)

    assert ids() == ids(ordering="starts_at") == [early, *sorted(same)]
    assert ids(ordering="-starts_at") == [*sorted(same, reverse=True), early]


@pytest.mark.parametrize(
    "query", [{"status": "done"}, {"doctor_id": "1"}, {"patient_id": "x"}, {"ordering": "status"}]
)
def test_what_a_filter_cannot_use_is_refused(api, query):
    check_problem(api(UserFactory()).get(PATH, query), 422, "validation_error", *query)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_an_appointment_is_never_edited_or_deleted(api, method):
    appointment = AppointmentFactory()

    response = getattr(api(UserFactory(role="admin")), method)(f"{PATH}/{appointment.pk}")

    check_problem(response, 405, "method_not_allowed")
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_a_list_leaves_the_history_out_and_one_record_tells_it(api):
    appointment, client = AppointmentFactory(), api(UserFactory())

    (row,) = client.get(PATH).json()["results"]
    one = client.get(f"{PATH}/{appointment.pk}").json()

    assert set(one) - set(row) == {"history"}
    assert {name: one[name] for name in row} == row
    assert one["ends_at"] == appointment.ends_at.isoformat().replace("+00:00", "Z")
