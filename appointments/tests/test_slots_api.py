"""`GET /doctors/{id}/slots` and `/slots`, and what patients book of them."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.tests.problems import V1, check_problem
from doctors.models import Absence, Closure, ExtraHours
from doctors.tests.factories import WorkingHoursFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
MONDAY = next_monday(12).date()
BERLIN = ZoneInfo("Europe/Berlin")


def clock(text: str, days: int = 0):
    """An instant of that Monday by the clinic's clocks."""
    day = MONDAY + timedelta(days=days)
    return timezone.datetime.combine(day, time.fromisoformat(text), tzinfo=BERLIN)


def starts(response) -> list[str]:
    """The local times at which the slots of an answer start."""
    assert response.status_code == 200, response.content
    return [
        f"{timezone.datetime.fromisoformat(slot['starts_at']).astimezone(BERLIN):%H:%M}"
        for slot in response.json()
    ]


@pytest.fixture
def doctor():
    hours = WorkingHoursFactory(starts=time(9), ends=time(11))
    return hours.doctor


@pytest.fixture
def patient():
    return PatientFactory(with_account=True, email_verified_at=timezone.now())


def path(doctor) -> str:
    return f"{V1}/doctors/{doctor.pk}/slots"


def test_free_times_are_a_plain_array(api, doctor):
    AppointmentFactory(doctor=doctor, starts_at=clock("09:30"))

    response = api().get(path(doctor), {"date": str(MONDAY)})

    assert starts(response) == ["09:00", "10:00", "10:30"]
    assert list(response.json()[0]) == ["starts_at", "ends_at", "location_id"]
    assert response.json()[0]["location_id"] is None


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (15, ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45"]),
        (50, ["09:00", "09:50"]),
        (120, ["09:00"]),
        (121, []),
    ],
)
def test_times_follow_each_other_in_the_length_asked_for(api, doctor, minutes, expected):
    asked = {"date": str(MONDAY), "duration": minutes}

    assert starts(api().get(path(doctor), asked)) == expected


def test_a_doctor_may_have_an_interval_of_their_own(api, doctor):
    doctor.slot_interval_minutes, doctor.default_duration_minutes = 20, 60
    doctor.save()

    expected = ["09:00", "09:20", "09:40", "10:00"]
    assert starts(api().get(path(doctor), {"date": str(MONDAY)})) == expected


def test_absences_closures_and_extra_hours_count(api, doctor):
    Absence.objects.create(doctor=doctor, starts_at=clock("09:10"), ends_at=clock("09:40"))
    ExtraHours.objects.create(doctor=doctor, starts_at=clock("20:00"), ends_at=clock("21:00"))
    asked = {"date": str(MONDAY)}

    assert starts(api().get(path(doctor), asked)) == ["10:00", "10:30", "20:00", "20:30"]
    Closure.objects.create(starts_on=MONDAY, ends_on=MONDAY)
    assert starts(api().get(path(doctor), asked)) == []


def test_all_of_a_specialization_earliest_first(api, doctor):
    colleague = WorkingHoursFactory(starts=time(9, 30), ends=time(10, 30)).doctor
    other = WorkingHoursFactory(doctor__specialization="Dermatology").doctor
    asked = {"date": str(MONDAY), "specialization": "general PRACTICE"}

    response = api().get(f"{V1}/slots", asked)

    assert starts(response) == ["09:00", "09:30", "09:30", "10:00", "10:00", "10:30"]
    told = {slot["doctor_id"] for slot in response.json()}
    assert told == {str(doctor.pk), str(colleague.pk)}
    everybody = api().get(f"{V1}/slots", {"date": str(MONDAY)}).json()
    assert str(other.pk) in {slot["doctor_id"] for slot in everybody}


def test_inactive_doctors_offer_nothing(api, doctor):
    doctor.is_active = False
    doctor.save()

    check_problem(api().get(path(doctor), {"date": str(MONDAY)}), 404, "not_found")
    assert starts(api(UserFactory()).get(path(doctor), {"date": str(MONDAY)})) == []
    assert starts(api().get(f"{V1}/slots", {"date": str(MONDAY)})) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"date": "2026-2-3"}, "date"),
        ({"days": "0"}, "days"),
        ({"days": "32"}, "days"),
        ({"duration": "14"}, "duration"),
        ({"duration": "181"}, "duration"),
        ({"specialization": "x"}, "specialization"),
    ],
)
def test_what_a_query_may_not_be(api, doctor, query, field):
    check_problem(api().get(path(doctor), query), 422, "validation_error", field)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31"])
def test_days_out_of_reach_have_no_free_times(api, doctor, day):
    assert starts(api(UserFactory()).get(path(doctor), {"date": day, "days": 31})) == []


def test_patients_see_and_book_within_the_notice_periods(api, doctor, patient, settings):
    settings.BOOKING_HORIZON = timedelta(days=1)
    asked = {"date": str(MONDAY)}

    assert starts(api().get(path(doctor), asked)) == []
    assert starts(api(patient.user).get(path(doctor), asked)) == []
    assert len(starts(api(UserFactory()).get(path(doctor), asked))) == 4


def book(client, doctor, start, minutes=30, **fields):
    data = {"doctor_id": str(doctor.pk), "starts_at": start.isoformat(), **fields}
    data["duration_minutes"] = minutes
    return client.post(f"{V1}/appointments", data, format="json")


def test_a_patient_books_every_free_time_and_no_other(api, doctor, patient, settings):
    settings.VISITS_AHEAD_PER_DOCTOR = settings.VISITS_AHEAD_PER_DAY = 10
    client = api(patient.user)
    slots = client.get(path(doctor), {"date": str(MONDAY)}).json()

    for slot in slots:
        start = timezone.datetime.fromisoformat(slot["starts_at"])
        response = book(client, doctor, start)
        assert response.status_code == 201, response.content
        assert "warnings" not in response.json()

    assert Appointment.objects.filter(patient=patient).count() == len(slots) == 4
    assert client.get(path(doctor), {"date": str(MONDAY)}).json() == []


@pytest.mark.parametrize("text", ["08:30", "09:05", "10:45", "11:00"])
def test_what_is_no_free_time_is_refused_with_the_nearest(api, doctor, patient, text):
    response = book(api(patient.user), doctor, clock(text))

    body = check_problem(response, 422, "validation_error", "starts_at", beside=("alternatives",))
    assert 1 <= len(body["alternatives"]) <= 5
    nearest = timezone.datetime.fromisoformat(body["alternatives"][0]["starts_at"])
    assert abs(nearest - clock(text)) <= timedelta(minutes=30)
    assert not Appointment.objects.exists()


def test_a_taken_time_is_a_conflict_with_the_nearest(api, doctor, patient):
    AppointmentFactory(doctor=doctor, starts_at=clock("09:30"))

    response = book(api(patient.user), doctor, clock("09:30"))

    body = check_problem(
        response, 409, "doctor_double_booked", "starts_at", beside=("alternatives",)
    )
    told = [slot["starts_at"] for slot in body["alternatives"]]
    near = {timezone.datetime.fromisoformat(start) for start in told[:2]}
    assert near == {clock("09:00"), clock("10:00")}
    assert len(told) == 5
    assert {slot["doctor_id"] for slot in body["alternatives"]} == {str(doctor.pk)}


def test_an_address_that_is_not_confirmed_books_nothing(api, doctor):
    patient = PatientFactory(with_account=True)

    check_problem(book(api(patient.user), doctor, clock("09:00")), 403, "permission_denied")


def test_nobody_books_for_another_patient(api, doctor, patient):
    other = PatientFactory()

    response = book(api(patient.user), doctor, clock("09:00"), patient_id=str(other.pk))

    check_problem(response, 404, "not_found")


def test_staff_must_name_the_patient(api, doctor):
    response = book(api(UserFactory()), doctor, clock("09:00"))

    check_problem(response, 422, "validation_error", "patient_id")


def test_patients_may_not_overbook(api, doctor, patient):
    taken = AppointmentFactory(doctor=doctor, starts_at=clock("09:30"))
    reason = {"overbook": True, "overbook_reason": "I am in a hurry"}

    response = book(api(patient.user), doctor, clock("09:30"), **reason)

    check_problem(response, 403, "permission_denied")
    assert list(Appointment.objects.all()) == [taken]


def test_a_patient_moves_and_cancels_in_time(api, doctor, patient):
    client = api(patient.user)
    booked = book(client, doctor, clock("09:00")).json()
    address = f"{V1}/appointments/{booked['id']}"

    moved = client.post(
        f"{address}/reschedule", {"starts_at": clock("10:30").isoformat()}, format="json"
    )
    assert (moved.status_code, moved.json()["id"]) == (200, booked["id"])
    assert starts(client.get(path(doctor), {"date": str(MONDAY)})) == ["09:00", "09:30", "10:00"]
    cancelled = client.post(
        f"{address}/cancel", {"reason": "I am well again", "reason_code": "pat-fb"}, format="json"
    )
    assert cancelled.json()["status"] == "cancelled"
    assert cancelled.json()["history"][-1]["reason_code"] == "pat-fb"
    assert len(starts(client.get(path(doctor), {"date": str(MONDAY)}))) == 4


def test_too_late_is_for_the_phone(api, doctor, patient, settings):
    settings.CANCELLATION_NOTICE = timedelta(days=100)
    client = api(patient.user)
    booked = book(client, doctor, clock("09:00")).json()
    address = f"{V1}/appointments/{booked['id']}"
    later = {"starts_at": clock("10:30").isoformat()}

    for response in (
        client.post(f"{address}/reschedule", later, format="json"),
        client.post(f"{address}/cancel"),
    ):
        check_problem(response, 403, "permission_denied")
        assert "call the clinic" in response.json()["message"]
    assert api(UserFactory()).post(f"{address}/cancel").status_code == 200


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMIN])
def test_staff_book_outside_the_hours_and_are_told(api, doctor, role):
    client = api(UserFactory(role=role))
    Absence.objects.create(doctor=doctor, starts_at=clock("20:00"), ends_at=clock("22:00"))
    within = book(client, doctor, clock("09:10"), patient_id=str(PatientFactory().pk))
    outside = book(client, doctor, clock("20:00"), patient_id=str(PatientFactory().pk))

    assert within.status_code == outside.status_code == 201
    assert "warnings" not in within.json()
    assert outside.json()["warnings"] == [
        "This time is outside the doctor's working hours.",
        "The doctor is absent then.",
    ]
