"""A visit of another day is checked in only by whoever says that it is meant, at every door."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.services import advance
from appointments.tests.factories import AppointmentFactory
from appointments.transitions import Status
from clinic.tests.problems import V1, check_problem

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/appointment/"
NOW = datetime(2027, 3, 1, 22, 30, tzinfo=UTC)  # Half an hour to midnight in Berlin.
ASKED = "This visit is on Tuesday 2 March 2027, not today."


@pytest.fixture(autouse=True)
def _late_in_the_evening():
    with time_machine.travel(NOW, tick=False):
        yield


def starting(hours: float):
    start = NOW + timedelta(hours=hours)
    return AppointmentFactory(starts_at=start, booked_at=start - timedelta(days=9))


def by_service(visit, api, *, early: bool) -> str:
    try:
        advance(visit, Status.CHECKED_IN, UserFactory(), early=early)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def by_api(visit, api, *, early: bool) -> str:
    body = {"early": True} if early else {}
    answer = api(UserFactory()).post(f"{V1}/appointments/{visit.pk}/check-in", body, format="json")
    return "" if answer.status_code == 200 else check_problem(answer, 409, "wrong_state")["message"]


def by_button(visit, api, *, early: bool) -> str:
    answer = signed_in(Role.RECEPTIONIST).post(
        f"{LIST}{visit.pk}/step/check_in/?next=/admin/", {"early": "yes"} if early else {}
    )
    return "" if answer.status_code == 302 else answer.content.decode()


def by_action(visit, api, *, early: bool) -> str:
    data = {"action": "check_in", "_selected_action": [visit.pk]}
    answer = signed_in(Role.RECEPTIONIST).post(
        f"{LIST}?day=all", data | ({"early": "yes"} if early else {})
    )
    return "" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize("door", [by_service, by_api, by_button, by_action])
def test_a_visit_of_another_day_is_asked_about(door, api):
    today, tomorrow, yesterday = starting(-0.5), starting(1), starting(-24)

    assert door(today, api, early=False) == ""
    assert ASKED in door(tomorrow, api, early=False)
    assert "This visit was on Sunday 28 February 2027" in door(yesterday, api, early=False)
    for visit in (tomorrow, yesterday):
        visit.refresh_from_db()
        assert visit.status == Status.BOOKED
        assert not visit.history.exists()

    assert door(tomorrow, api, early=True) == ""
    tomorrow.refresh_from_db()
    assert tomorrow.status == Status.CHECKED_IN


def test_chosen_rows_of_today_are_taken_and_the_others_asked_about():
    today, tomorrow = starting(-0.5), starting(1)
    desk = signed_in(Role.RECEPTIONIST)
    data = {"action": "check_in", "_selected_action": [today.pk, tomorrow.pk]}

    page = desk.post(f"{LIST}?day=all", data).content.decode()

    today.refresh_from_db()
    assert today.status == Status.CHECKED_IN
    assert f'name="_selected_action" value="{tomorrow.pk}"' in page
    assert str(today.pk) not in page
    assert "Check in today all the same?" in page
