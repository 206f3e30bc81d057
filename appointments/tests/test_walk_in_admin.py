"""Whoever stands at the desk is booked in the next gap: three fields, no script needed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from appointments.tests.scheduling import doctor_working
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db

URL = "/admin/walk-in/"
NOW = datetime(2027, 3, 2, 10, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture(autouse=True)
def _ten():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def clock(hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute, second=0)


def page(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_the_soonest_doctor_in_the_next_gap(desk):
    busy, free = doctor_working("08:00-12:00"), doctor_working("08:00-12:00")
    AppointmentFactory.past(doctor=busy, starts_at=clock(10), ends_at=clock(11))
    AppointmentFactory.past(doctor=free, starts_at=clock(10), ends_at=clock(10, 20))
    patient = PatientFactory(last_name="Hopper")
    assert f"Soonest: {free}, free at 10:20" in page(desk.get(URL))

    answer = desk.post(URL, {"who": "hoper", "doctor": "", "time": "", "reason": "Cough"})

    booked = Appointment.objects.get(patient=patient)
    assert (booked.doctor, booked.starts_at, booked.reason) == (free, clock(10, 20), "Cough")
    assert booked.ends_at - booked.starts_at == timedelta(minutes=30)
    place = f"/admin/?day=2027-03-02&done={booked.pk}#v-{booked.pk}"
    assert answer.headers["Location"] == place
    assert "booked for 10:20" in page(desk.get(place))


def test_a_gap_that_is_too_short_for_a_usual_visit_is_passed_over(desk):
    doctor = doctor_working("08:00-12:00")
    AppointmentFactory.past(doctor=doctor, starts_at=clock(10, 25), ends_at=clock(11))

    assert f"{doctor}, free at 11:00" in page(desk.get(URL))


def test_one_of_several_is_chosen(desk):
    doctor_working("08:00-12:00")
    ada, bea = (PatientFactory(first_name=name, last_name="Hopper") for name in ("Ada", "Bea"))
    form = {"who": "Hopper", "doctor": "", "reason": ""}

    content = page(desk.post(URL, form))
    assert str(ada.pk) in content
    assert 'name="found_for" value="Hopper"' in content
    assert set(AccessLog.objects.first().patients) == {ada.pk, bea.pk}

    chosen = form | {"patient": bea.pk, "found_for": "Hopper"}
    assert desk.post(URL, chosen | {"who": "Hoppe"}).status_code == 200, "Another search by now."
    assert desk.post(URL, chosen).status_code == 302
    assert Appointment.objects.get().patient == bea


def test_a_taken_time_is_refused_with_what_is_free_instead(desk):
    doctor = doctor_working("08:00-12:00")
    AppointmentFactory.past(doctor=doctor, starts_at=clock(11), ends_at=clock(12))
    PatientFactory(last_name="Hopper")
    form = {"who": "Hopper", "doctor": doctor.pk, "time": "11:00"}

    answer = desk.post(URL, form)

    assert "This doctor is already booked then." in page(answer)
    offered = [slot.starts_at for slot in answer.context["alternatives"]]
    assert clock(10, 30) in offered
    desk.post(URL, form | {"take": clock(10, 30).isoformat()})
    assert Appointment.objects.filter(doctor=doctor, starts_at=clock(10, 30)).exists()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"who": ""}, "Say who has come."),
        ({"who": "Zyxxyvern"}, "Nobody is found."),
        ({"who": "Hopper", "time": "25:00"}, "Enter a valid time."),
        ({"who": "Hopper", "time": "09:00"}, "An appointment must start in the future."),
        ({"who": "Hopper", "doctor": "nonsense"}, "Select a valid choice."),
        ({"who": "Hopper", "reason": "a\x07b"}, "Control characters are not allowed."),
        ({"who": "\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said(desk, form, sentence):
    doctor_working("08:00-12:00")
    PatientFactory(last_name="Hopper")

    assert sentence in page(desk.post(URL, form))
    assert not Appointment.objects.exists()


def test_no_time_left_today(desk):
    doctor = doctor_working("08:00-09:00")
    PatientFactory(last_name="Hopper")

    assert "no free time today" in page(desk.get(URL))
    assert "no free time left today" in page(desk.post(URL, {"who": "Hopper", "doctor": doctor.pk}))


def test_a_doctor_books_the_own_patients_in_the_own_calendar():
    doctor, other = doctor_working("08:00-12:00", with_account=True), doctor_working("08:00-12:00")
    mine, foreign = PatientFactory(last_name="Curie"), PatientFactory(last_name="Wobble")
    CareAssignmentFactory(doctor=doctor, patient=mine)
    client = signed_in(doctor.user)

    content = page(client.get(URL))
    assert str(other.pk) not in content
    assert "Register a new patient" not in content
    form = {"who": "Wobble", "patient": foreign.pk, "found_for": "Wobble", "doctor": doctor.pk}
    assert "Nobody is found." in page(client.post(URL, form))
    curie = {"who": "Curie", "doctor": other.pk}
    assert "Select a valid choice." in page(client.post(URL, curie))
    assert client.post(URL, curie | {"doctor": doctor.pk}).status_code == 302
    assert Appointment.objects.get().patient == mine


def test_the_form_takes_what_a_gap_of_the_board_says(desk):
    doctor = doctor_working("08:00-12:00")
    doctor_working("08:00-12:00")

    form = desk.get(URL, {"doctor": doctor.pk, "time": "11:15"}).context["form"]

    assert (form["doctor"].value(), form["time"].value()) == (str(doctor.pk), "11:15")
    assert form.openings.day == date(2027, 3, 2)
