"""Booking and moving in the console's calendar: what is done, what is refused, what is offered."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import Browser, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

HALF_HOUR = timedelta(minutes=30)
TAKEN = "This doctor is already booked then."


@pytest.fixture
def desk() -> Browser:
    return signed_in(Role.RECEPTIONIST)


@pytest.fixture
def doctor():
    return doctor_working("00:00-23:30")


def clock(instant: datetime) -> str:
    return f"{timezone.localtime(instant):%Y-%m-%dT%H:%M}"


def book(browser, doctor, patient, **more):
    asked = {
        "doctor": doctor.pk,
        "patient": getattr(patient, "pk", patient),
        "duration_minutes": 30,
    }
    if "starts_at" not in more:
        asked["local_start"] = clock(next_monday(9))
    return browser.post("/admin/calendar/book/", asked | more)


def move(browser, visit, **asked):
    return browser.post(f"/admin/calendar/{visit.pk}/move/", {"sequence": visit.sequence} | asked)


def test_book_at_the_time_that_the_clinics_clocks_show(desk, doctor):
    patient = PatientFactory()

    answer = book(desk, doctor, patient, reason="Cough").json()

    visit = Appointment.objects.get()
    assert (visit.doctor, visit.patient, visit.reason) == (doctor, patient, "Cough")
    assert (visit.starts_at, visit.duration) == (next_monday(9), HALF_HOUR)
    assert answer["done"] is True
    assert answer["message"].startswith(f"Booked: {patient}, Monday ")
    assert answer["warnings"] == []
    assert Notification.objects.get().recipient == patient.email


def test_in_another_zone_the_same_clock_is_another_time(desk, settings):
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = "America/New_York"
    doctor = doctor_working("00:00-23:30")

    assert book(desk, doctor, PatientFactory(), local_start="2032-07-05T09:00").json()["done"]

    assert Appointment.objects.get().starts_at == datetime(2032, 7, 5, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "hour", "minute"),
    [("2032-03-28T03:00", 1, 0), ("2032-10-31T02:30", 0, 30), ("2032-10-31T03:00", 2, 0)],
)
def test_on_the_day_on_which_the_clocks_change(desk, doctor, local, hour, minute):
    """What the clocks show twice is the first of both."""
    assert book(desk, doctor, PatientFactory(), local_start=local).json()["done"]

    starts_at = Appointment.objects.get().starts_at
    assert (starts_at.hour, starts_at.minute) == (hour, minute)


def test_a_time_that_the_clocks_skip_is_refused(desk, doctor):
    response = book(desk, doctor, PatientFactory(), local_start="2032-03-28T02:30")

    assert response.status_code == 200
    sentence = "The clocks are put forward then: there is no 02:30 on that day."
    assert response.json() == {"done": False, "message": sentence}
    assert not Appointment.objects.exists()


def test_a_taken_time_offers_others_and_one_of_them_is_booked(desk, doctor):
    taken, patient = AppointmentFactory(doctor=doctor), PatientFactory()

    answer = book(desk, doctor, patient).json()

    assert (answer["done"], answer["message"]) == (False, TAKEN)
    assert answer["may_overbook"] is True
    assert len(answer["alternatives"]) == 5
    assert Appointment.objects.get() == taken

    other = answer["alternatives"][0]
    assert book(desk, doctor, patient, starts_at=other["starts_at"]).json()["done"]
    booked = Appointment.objects.get(patient=patient)
    assert f"{booked.starts_at:%Y-%m-%dT%H:%M:%SZ}" == other["starts_at"]
    assert f"{timezone.localtime(booked.starts_at):%H:%M}" in other["label"]


def test_the_front_desk_overbooks_and_a_doctor_does_not():
    doctor = DoctorFactory(with_account=True)
    AppointmentFactory(doctor=doctor)
    own = signed_in(doctor.user)
    patient = PatientFactory()
    doctor.care_assignments.create(patient=patient)

    assert book(own, doctor, patient).json()["may_overbook"] is False
    answer = book(own, doctor, patient, overbook_reason="Urgent").json()
    assert (answer["done"], answer["message"]) == (False, "Only the front desk may overbook.")

    assert book(signed_in(Role.RECEPTIONIST), doctor, patient, overbook_reason="Urgent").json()[
        "done"
    ]
    assert Appointment.objects.get(patient=patient).overbook_reason == "Urgent"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"duration_minutes": 10}, "An appointment lasts 15 to 180 minutes."),
        ({"local_start": "2020-01-06T09:00"}, "An appointment must start in the future."),
    ],
)
def test_what_the_service_refuses_is_a_sentence(desk, doctor, asked, sentence):
    answer = book(desk, doctor, PatientFactory(), **asked).json()

    assert (answer["done"], answer["message"]) == (False, sentence)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"local_start": "tomorrow"},
        {"local_start": "2032-02-30T09:00"},
        {"local_start": "2032-07-05T09:00+02:00"},
        {"local_start": "9999-12-31T23:59"},
        {"local_start": "0001-01-01T00:00"},
        {"starts_at": "2032-07-05T09:00"},
        {"starts_at": "2032-07-05T09:00:00Z", "local_start": "2032-07-05T09:00"},
        {"duration_minutes": "1e3"},
        {"duration_minutes": "-30"},
        {"status": "fulfilled"},
    ],
)
def test_what_no_page_sends_is_malformed(desk, doctor, asked):
    response = book(desk, doctor, PatientFactory(), **asked)

    assert response.status_code == 400
    assert not Appointment.objects.exists()


def test_a_patient_is_named_by_key(desk, doctor):
    assert book(desk, doctor, "P-000001").status_code == 400


def test_a_doctor_books_the_own_patients_in_the_own_calendar():
    doctor, stranger = DoctorFactory(with_account=True), PatientFactory()
    known = PatientFactory()
    doctor.care_assignments.create(patient=known)
    own = signed_in(doctor.user)

    assert book(own, doctor, stranger).status_code == 404
    assert book(own, DoctorFactory(), known).status_code == 404
    assert not Appointment.objects.exists()
    assert book(own, doctor, known).json()["done"]


def test_move_and_undo(desk, doctor):
    visit = AppointmentFactory(doctor=doctor)

    answer = move(desk, visit, local_start=clock(next_monday(11))).json()

    assert answer["done"] is True
    assert answer["message"].startswith(f"Moved: {visit.patient}, ")
    visit.refresh_from_db()
    assert (visit.starts_at, visit.duration) == (next_monday(11), HALF_HOUR)

    answer = move(desk, visit, **answer["undo"]).json()

    assert answer["done"] is True
    visit.refresh_from_db()
    assert (visit.starts_at, visit.duration, visit.sequence) == (next_monday(9), HALF_HOUR, 2)
    assert visit.history.count() == 2


def test_another_length(desk, doctor):
    visit = AppointmentFactory(doctor=doctor)
    starts_at = f"{visit.starts_at:%Y-%m-%dT%H:%M:%SZ}"

    assert move(desk, visit, starts_at=starts_at, duration_minutes=45).json()["done"]

    visit.refresh_from_db()
    assert (visit.starts_at, visit.duration) == (next_monday(9), timedelta(minutes=45))


def test_a_refused_move_leaves_everything_and_offers_other_times(desk, doctor):
    visit = AppointmentFactory(doctor=doctor)
    AppointmentFactory(doctor=doctor, starts_at=next_monday(11))

    answer = move(desk, visit, local_start=clock(next_monday(11))).json()

    assert (answer["done"], answer["message"]) == (False, TAKEN)
    assert len(answer["alternatives"]) == 5
    visit.refresh_from_db()
    assert (visit.starts_at, visit.sequence) == (next_monday(9), 0)
    assert not visit.history.exists()

    starts_at = answer["alternatives"][0]["starts_at"]
    assert move(desk, visit, starts_at=starts_at).json()["done"]
    visit.refresh_from_db()
    assert f"{visit.starts_at:%Y-%m-%dT%H:%M:%SZ}" == starts_at


def test_what_somebody_else_has_moved_meanwhile_stays(desk, doctor):
    visit = AppointmentFactory(doctor=doctor, sequence=1)

    answer = move(desk, visit, local_start=clock(next_monday(11)), sequence=0).json()

    assert answer["done"] is False
    assert "changed meanwhile" in answer["message"]
    visit.refresh_from_db()
    assert visit.starts_at == next_monday(9)


@pytest.mark.parametrize("status", ["checked_in", "fulfilled", "cancelled"])
def test_only_what_is_booked_is_moved(desk, doctor, status):
    visit = AppointmentFactory(doctor=doctor, status=status)

    answer = move(desk, visit, local_start=clock(next_monday(11))).json()

    assert answer["done"] is False
    visit.refresh_from_db()
    assert visit.starts_at == next_monday(9)


def test_a_move_to_where_it_is_tells_nobody(desk, doctor):
    visit = AppointmentFactory(doctor=doctor)

    assert move(desk, visit, local_start=clock(visit.starts_at)).json()["message"] == ""

    assert not Notification.objects.exists()


def test_a_doctor_moves_own_visits_alone(doctor):
    own = AppointmentFactory(doctor=DoctorFactory(with_account=True))
    foreign = AppointmentFactory(doctor=doctor)
    browser = signed_in(own.doctor.user)

    assert move(browser, foreign, local_start=clock(next_monday(11))).status_code == 404
    assert move(browser, own, local_start=clock(next_monday(11))).json()["done"]
    foreign.refresh_from_db()
    assert foreign.starts_at == next_monday(9)


def test_nothing_is_changed_without_a_token(doctor):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(UserFactory(role=Role.RECEPTIONIST))
    visit = AppointmentFactory(doctor=doctor)

    assert book(browser, doctor, PatientFactory()).status_code == 403
    assert move(browser, visit, local_start=clock(next_monday(11))).status_code == 403
