"""The steps of a visit as buttons of the console."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/appointment/"
Status = Appointment.Status


def step(appointment: Appointment, verb: str) -> str:
    return f"{LIST}{appointment.pk}/step/{verb}/"


def status_of(appointment: Appointment) -> str:
    appointment.refresh_from_db()
    return appointment.status


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RECEPTIONIST])
def test_a_visit_from_check_in_to_its_end(role):
    appointment = AppointmentFactory.today()
    desk = signed_in(role)

    for verb, status in (
        ("check_in", "checked_in"),
        ("start", "in_consultation"),
        ("fulfill", "fulfilled"),
    ):
        url = step(appointment, verb)
        assert url in desk.get(f"{LIST}{appointment.pk}/change/").content.decode()
        response = desk.post(f"{url}?next=/admin/")
        assert response.headers["Location"] == "/admin/"
        assert status_of(appointment) == status
    assert appointment.history.count() == 3


def test_opening_a_step_changes_nothing():
    appointment = AppointmentFactory()
    admin = signed_in(Role.ADMIN)

    for verb in ("check_in", "start", "fulfill", "no_show", "cancel", "enter_in_error"):
        assert admin.get(step(appointment, verb)).status_code in (200, 302)
    assert status_of(appointment) == Status.BOOKED


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_a_step_leads_back_into_the_console_only(away):
    appointment = AppointmentFactory.today()

    response = signed_in(Role.ADMIN).post(f"{step(appointment, 'check_in')}?next={away}")

    assert response.headers["Location"] == f"{LIST}{appointment.pk}/change/"


def test_a_step_out_of_order_is_answered_in_words():
    appointment = AppointmentFactory()
    desk = signed_in(Role.RECEPTIONIST)

    desk.post(step(appointment, "fulfill"))
    assert said(desk.post(step(appointment, "no_show"))) == [
        "This appointment is booked; it can't be fulfilled.",
        "A no-show is known only after the start.",
    ]
    assert status_of(appointment) == Status.BOOKED
    assert desk.post(step(appointment, "nonsense")).status_code == 404


def test_a_visit_is_cancelled_with_a_reason():
    appointment = AppointmentFactory()
    desk = signed_in(Role.RECEPTIONIST)
    url = step(appointment, "cancel")
    assert 'name="reason"' in desk.get(url).content.decode()

    assert desk.post(url, {"reason": "x" * 501}).status_code == 200
    assert status_of(appointment) == Status.BOOKED
    desk.post(url, {"reason": "Patient called <b>"})

    assert status_of(appointment) == Status.CANCELLED
    assert appointment.history.get().reason == "Patient called <b>"
    content = desk.get(f"{LIST}{appointment.pk}/change/").content.decode()
    assert "Patient called &lt;b&gt;" in content


def test_a_reason_with_control_characters_is_refused():
    appointment = AppointmentFactory()

    response = signed_in(Role.RECEPTIONIST).post(step(appointment, "cancel"), {"reason": "a\x07b"})

    assert said(response) == ["Control characters are not allowed."]
    assert status_of(appointment) == Status.BOOKED


def test_only_admins_enter_in_error():
    appointment = AppointmentFactory()
    url = step(appointment, "enter_in_error")

    assert signed_in(Role.RECEPTIONIST).post(url, {"reason": ""}).status_code == 403
    assert signed_in(Role.ADMIN).post(url, {"reason": "Wrong patient"}).status_code == 302

    assert status_of(appointment) == Status.ENTERED_IN_ERROR


def test_doctors_take_the_steps_of_their_own_visits():
    doctor = DoctorFactory(with_account=True)
    mine, other = AppointmentFactory.today(doctor=doctor), AppointmentFactory.today()
    client = signed_in(doctor.user)

    assert client.post(step(mine, "check_in")).status_code == 302
    assert client.post(step(other, "check_in")).headers["Location"] == "/admin/"
    assert client.post(step(other, "cancel"), {"reason": ""}).headers["Location"] == "/admin/"

    assert status_of(mine) == Status.CHECKED_IN
    assert status_of(other) == Status.BOOKED


def test_patients_and_strangers_take_no_step(client):
    appointment = AppointmentFactory()

    for visitor in (client, signed_in(Role.PATIENT)):
        response = visitor.post(step(appointment, "cancel"), {"reason": ""})
        assert response.headers["Location"].startswith("/admin/login/")
    assert status_of(appointment) == Status.BOOKED


def test_the_chosen_rows_take_a_step_each_on_its_own():
    first = AppointmentFactory.today()
    second = AppointmentFactory.today(status=Status.CHECKED_IN)
    data = {"action": "check_in", "_selected_action": [first.pk, second.pk]}

    response = signed_in(Role.RECEPTIONIST).post(f"{LIST}?day=all", data)

    assert said(response) == [
        f"{second.patient}: This appointment is checked in; it can't be checked in.",
        "Checked in: 1 of 2.",
    ]
    assert status_of(first) == Status.CHECKED_IN


def test_a_cancellation_has_a_reason_as_code_and_in_words():
    appointment = AppointmentFactory()
    desk = signed_in(Role.RECEPTIONIST)
    url = step(appointment, "cancel")
    assert "Patient: no transport" in desk.get(url).content.decode()

    assert desk.post(url, {"reason_code": "nonsense"}).status_code == 200
    assert status_of(appointment) == Status.BOOKED
    desk.post(url, {"reason_code": "pat-lt", "reason": "Strike"})

    change = appointment.history.get()
    assert (change.reason_code, change.reason) == ("pat-lt", "Strike")
    content = desk.get(f"{LIST}{appointment.pk}/change/").content.decode()
    assert "Patient: no transport<br>Strike" in content


@pytest.mark.parametrize(
    ("status", "back"),
    [
        (Status.CHECKED_IN, Status.BOOKED),
        (Status.IN_CONSULTATION, Status.CHECKED_IN),
        (Status.FULFILLED, Status.IN_CONSULTATION),
        (Status.NOSHOW, Status.BOOKED),
    ],
)
def test_a_step_is_taken_back_from_the_day(status, back):
    appointment = AppointmentFactory.past(starts_at=timezone.now(), status=status)
    desk = signed_in(Role.RECEPTIONIST)
    url = f"{step(appointment, 'take_back')}?to={back}&next="
    assert url.replace("&", "&amp;") in desk.get("/admin/").content.decode()
    url += "/admin/"

    response = desk.post(url)

    assert response.headers["Location"] == "/admin/"
    assert status_of(appointment) == back
    desk.post(url)  # A second click goes no further.
    assert status_of(appointment) == back


def test_a_cancellation_is_taken_back_on_a_second_look_and_told():
    appointment = AppointmentFactory(status=Status.CANCELLED)
    desk = signed_in(Role.RECEPTIONIST)
    url = f"{step(appointment, 'take_back')}?to=booked"
    assert url in desk.get(f"{LIST}{appointment.pk}/change/").content.decode()

    assert "the patient is told by mail" in desk.get(url).content.decode()
    assert status_of(appointment) == Status.CANCELLED
    desk.post(url, {"reason": "Wrong row"})

    assert status_of(appointment) == Status.BOOKED
    assert appointment.history.get().reason == "Wrong row"
    assert Notification.objects.get().event.startswith("appointment_restored:")


def test_a_cancellation_stays_where_the_time_is_taken():
    gone = AppointmentFactory(status=Status.CANCELLED)
    AppointmentFactory(doctor=gone.doctor)

    response = signed_in(Role.ADMIN).post(f"{step(gone, 'take_back')}?to=booked")

    assert said(response) == ["This doctor is already booked then."]
    assert status_of(gone) == Status.CANCELLED


def test_there_is_nothing_to_take_back():
    booked, error = AppointmentFactory(), AppointmentFactory(status=Status.ENTERED_IN_ERROR)
    admin = signed_in(Role.ADMIN)

    for one in (booked, error):
        assert "Take back" not in admin.get(f"{LIST}{one.pk}/change/").content.decode()
        response = admin.post(f"{step(one, 'take_back')}?to=nonsense")
        assert said(response)[-1] == "There is no step to take back."
    assert said(admin.post(f"{step(error, 'take_back')}?to=booked"))[-1].startswith("This appoint")


def test_doctors_take_back_steps_of_their_own_visits():
    doctor = DoctorFactory(with_account=True)
    mine = AppointmentFactory(doctor=doctor, status=Status.CHECKED_IN)
    other = AppointmentFactory(status=Status.CHECKED_IN)
    client = signed_in(doctor.user)

    client.post(f"{step(mine, 'take_back')}?to=booked")
    response = client.post(f"{step(other, 'take_back')}?to=booked")

    assert response.headers["Location"] == "/admin/"
    assert (status_of(mine), status_of(other)) == (Status.BOOKED, Status.CHECKED_IN)
