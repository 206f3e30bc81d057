"""The steps of a visit: check-in, start, fulfill, no-show and cancel."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import UserFactory
from appointments.models import AppointmentChange
from appointments.tests.factories import AppointmentFactory
from appointments.transitions import Status
from clinic.models import Notification
from clinic.tests.problems import V1, check_problem

pytestmark = pytest.mark.django_db

STEPS = {
    "check-in": ("checked_in", {"booked"}),
    "start": ("in_consultation", {"checked_in"}),
    "fulfill": ("fulfilled", {"in_consultation"}),
    "no-show": ("noshow", {"booked"}),
    "cancel": ("cancelled", {"booked", "checked_in"}),
}


def step(client, appointment, name: str, **fields):
    path = f"{V1}/appointments/{appointment.pk}/{name}"
    return client.post(path, fields or None, format="json")


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("status", list(Status))
def test_each_step_is_taken_from_its_statuses_only(api, name, status):
    appointment = AppointmentFactory.today(status=status)
    reached, possible = STEPS[name]

    response = step(api(UserFactory()), appointment, name)

    appointment.refresh_from_db()
    if status in possible:
        assert response.status_code == 200, response.content
        assert response.json()["status"] == appointment.status == reached
        assert response["ETag"]
    else:
        check_problem(response, 409, "wrong_state")
        assert appointment.status == status
        assert not AppointmentChange.objects.exists()
        assert not Notification.objects.exists()


def test_a_visit_from_beginning_to_end_keeps_every_step(api):
    receptionist = UserFactory()
    client, appointment = api(receptionist), AppointmentFactory.today()

    for name in ("check-in", "start", "fulfill"):
        told = step(client, appointment, name, reason=f"Because of {name}").json()

    history = told["history"]
    assert [(change["from_status"], change["to_status"]) for change in history] == [
        ("booked", "checked_in"),
        ("checked_in", "in_consultation"),
        ("in_consultation", "fulfilled"),
    ]
    assert {change["by"] for change in history} == {str(receptionist.pk)}
    assert history[0]["reason"] == "Because of check-in"
    assert [change["at"] for change in history] == sorted(change["at"] for change in history)
    assert all(change["from_starts_at"] == change["to_starts_at"] for change in history)
    assert not ProcrastinateJob.objects.exists()


def test_a_no_show_is_known_only_after_the_start(api):
    client, appointment = api(UserFactory()), AppointmentFactory()

    check_problem(step(client, appointment, "no-show"), 409, "wrong_state")
    assert step(client, AppointmentFactory.past(), "no-show").status_code == 200


def test_cancelling_owes_the_patient_word_of_it_once(api):
    client, appointment = api(UserFactory()), AppointmentFactory()

    cancelled = step(client, appointment, "cancel", reason="Ill")
    again = step(client, appointment, "cancel")

    assert cancelled.json()["history"][-1]["reason"] == "Ill"
    check_problem(again, 409, "wrong_state")
    assert Notification.objects.get().recipient == appointment.patient.email
    assert ProcrastinateJob.objects.filter(task_name="appointments.send_cancellation").count() == 1


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\x07b"}, "reason"),
        ({"reason": 7}, "reason"),
        ({"reason": None}, "reason"),
        ({"status": "cancelled"}, "status"),
    ],
)
def test_a_step_takes_a_reason_and_nothing_else(api, name, fields, named):
    appointment = AppointmentFactory.past(status=min(STEPS[name][1]))

    check_problem(
        step(api(UserFactory()), appointment, name, **fields), 422, "validation_error", named
    )
    before = appointment.status
    appointment.refresh_from_db()
    assert appointment.status == before
