"""The board keeps itself current: what a poll answers, costs and notes; where a step leads."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLog, SignIn
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.tests.board import BERLIN, DAY, at, poll, text
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from doctors.models import Absence, Closure
from patients.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ten():
    """It is ten o'clock on the day."""
    with time_machine.travel(datetime(2027, 3, 2, 10, 0, 30, tzinfo=BERLIN), tick=False) as clock:
        yield clock


@pytest.fixture
def desk(ten):
    return signed_in(Role.RECEPTIONIST)


def test_a_poll_answers_304_until_something_changes(desk, ten):
    doctor = doctor_working("08:00-12:00")
    visit = at(11, doctor=doctor)
    tag = desk.get("/admin/").context["board"].tag

    assert poll(desk, str(tag)).status_code == 304
    assert poll(desk, f"W/{tag}").status_code == 304
    seen = {str(tag)}

    def changed() -> None:
        answer = poll(desk, max(seen, key=list(seen).index))
        assert answer.status_code == 200
        assert answer.headers["ETag"] not in seen
        assert poll(desk, answer.headers["ETag"]).status_code == 304
        seen.clear()
        seen.add(answer.headers["ETag"])

    ten.shift(1)
    services.advance(visit, Status.CHECKED_IN, by=UserFactory())
    changed()
    starts = datetime(2027, 3, 2, 8, tzinfo=BERLIN)
    absence = Absence.objects.create(doctor=doctor, starts_at=starts, ends_at=visit.ends_at)
    changed()
    absence.delete()
    changed()
    Patient.objects.filter(pk=visit.patient_id).update(updated_at=timezone.now())
    changed()
    doctor.working_hours.first().delete()
    changed()
    Closure.objects.create(starts_on=DAY, ends_on=DAY)
    changed()
    ten.shift(timedelta(minutes=1))
    changed()


def test_a_poll_is_one_query_beside_those_of_the_sign_in(desk):
    at(11, doctor=doctor_working("08:00-12:00"))
    tag = str(desk.get("/admin/").context["board"].tag)

    with CaptureQueriesContext(connection) as queries:
        assert poll(desk, tag).status_code == 304

    assert len(queries) <= 3, [query["sql"] for query in queries]


def test_reading_is_noted_once_for_whom_it_shows(desk, ten):
    doctor = doctor_working("08:00-12:00")
    first = at(11, doctor=doctor)
    tag = str(desk.get("/admin/").context["board"].tag)
    noted = AccessLog.objects.get()
    assert (noted.patients, noted.action) == ([first.patient_id], "list")

    for _ in range(3):
        ten.shift(timedelta(minutes=1))
        answer = poll(desk, tag)
        assert answer.status_code == 200
        tag = answer.headers["ETag"]
    assert AccessLog.objects.count() == 1

    second = at(9, doctor=doctor)
    answer = poll(desk, tag)
    assert AccessLog.objects.count() == 2
    assert second.patient_id in AccessLog.objects.first().patients

    poll(signed_in(Role.RECEPTIONIST), answer.headers["ETag"])
    assert AccessLog.objects.count() == 3, "Somebody else's tag vouches for nobody."


def test_a_poll_is_no_use_of_the_sign_in(desk, ten):
    tag = str(desk.get("/admin/").context["board"].tag)
    before = SignIn.objects.get().last_used_at
    ten.shift(timedelta(minutes=50))

    assert poll(desk, tag).status_code == 200
    assert SignIn.objects.get().last_used_at == before
    ten.shift(timedelta(minutes=15))
    assert poll(desk, tag).status_code == 302


def test_a_step_leads_back_to_its_card_with_undo(desk):
    visit = at(10, 30, doctor=doctor_working("08:00-12:00"))
    back = f"/admin/?day=2027-03-02&done={visit.pk}#v-{visit.pk}"
    url = f"/admin/appointments/appointment/{visit.pk}/step/check_in/"
    assert f"{url}?next=%2Fadmin%2F%3Fday%3D2027-03-02" in text(desk.get("/admin/"))

    response = desk.post(
        f"{url}?next=%2Fadmin%2F%3Fday%3D2027-03-02%26done%3D{visit.pk}%23v-{visit.pk}"
    )

    assert response.headers["Location"] == back
    content = text(desk.get(back))
    assert f"{visit.patient}: checked in." in content
    assert "Undo: " in content
    assert "Undo: " not in text(desk.get(back)).partition('id="live"')[0], "Told once."
