"""The day of all doctors side by side in the console's calendar, and moving from one to another."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from appointments.tests.test_calendar_admin import feed, monday, visits
from appointments.tests.test_calendar_changes_admin import clock, move
from clinic.models import Notification
from doctors.models import Absence, ExtraHours
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def day(browser, view: str = "day", **more):
    return browser.get("/admin/calendar/", {"view": view, "date": f"{monday()}"} | more)


def drawn(page) -> list[str]:
    """Whose columns the page draws."""
    found = re.search(r'<script id="doctors"[^>]*>(.*?)</script>', page.content.decode(), re.DOTALL)
    return [one["id"] for one in json.loads(found[1])]


def all_events(browser, days: int = 1):
    ends = monday() + timedelta(days=days)
    return browser.get(f"/admin/calendar/events/?from={monday()}&to={ends}")


def test_every_doctor_has_a_column_and_a_part_of_the_table(desk):
    one, two = doctor_working("09:00-12:00"), doctor_working("10:00-14:00")
    visit = AppointmentFactory(doctor=two)

    page = day(desk)

    text = page.content.decode()
    assert set(drawn(page)) == {str(one.pk), str(two.pk)}
    assert "<noscript>" in text
    assert visit.patient.record_number in text
    assert "09:00 - 12:00" in text
    assert "10:00 - 14:00" in text
    assert AccessLog.objects.get().patients == [visit.patient_id]
    table = day(desk, "day-table").content.decode()
    assert visit.patient.record_number in table
    assert "<noscript>" not in table


def test_the_day_of_one_doctor_is_still_there(desk):
    one, two = DoctorFactory(), DoctorFactory()
    foreign = AppointmentFactory(doctor=two)

    page = day(desk, doctor=one.pk)

    assert drawn(page) == [str(one.pk)]
    assert foreign.patient.record_number not in page.content.decode()


def test_who_takes_no_appointments_has_a_column_where_there_is_a_visit(desk):
    active, former = DoctorFactory(), DoctorFactory(is_active=False)
    visited = AppointmentFactory(doctor=DoctorFactory()).doctor
    visited.is_active = False
    visited.save()

    assert drawn(day(desk)) == [str(active.pk), str(visited.pk)]
    behind = {key for event in all_events(desk).json() for key in event["resourceIds"]}
    assert behind == {str(active.pk), str(visited.pk)}
    assert str(former.pk) not in behind


def test_the_feed_of_a_day_says_whose_everything_is(desk):
    one, two = doctor_working("09:00-12:00"), doctor_working("09:00-12:00")
    own = {str(doctor.pk): AppointmentFactory(doctor=doctor) for doctor in (one, two)}
    Absence.objects.create(doctor=two, starts_at=next_monday(10), ends_at=next_monday(11))

    response = all_events(desk)

    assert {event["resourceIds"][0]: event["id"] for event in visits(response)} == {
        key: str(visit.pk) for key, visit in own.items()
    }
    away = [event for event in response.json() if event["classNames"] == ["behind-away"]]
    assert [event["resourceIds"] for event in away] == [[str(two.pk)]]
    assert len(AccessLog.objects.get().patients) == 2


def test_all_doctors_are_shown_for_a_single_day(desk):
    DoctorFactory()

    assert all_events(desk, days=2).status_code == 400


def test_a_doctor_sees_the_own_day_alone():
    own = AppointmentFactory(doctor=DoctorFactory(with_account=True))
    foreign = AppointmentFactory()
    browser = signed_in(own.doctor.user)

    page = day(browser)

    assert drawn(page) == [str(own.doctor_id)]
    assert foreign.patient.record_number not in page.content.decode()
    assert foreign.doctor.last_name not in page.content.decode()
    found = all_events(browser).json()
    assert {key for event in found for key in event["resourceIds"]} == {str(own.doctor_id)}


def test_a_clinic_and_an_account_without_a_doctor(desk):
    assert b"There is no doctor yet" in day(desk).content
    assert b"No doctor" in day(signed_in(Role.DOCTOR)).content
    assert all_events(desk).json() == []


def test_a_visit_is_moved_to_another_doctor_and_back(desk):
    visit, other = AppointmentFactory(), doctor_working("00:00-23:30")
    before = visit.doctor

    answer = move(desk, visit, doctor=other.pk, local_start=clock(next_monday(11))).json()

    assert answer["done"] is True
    assert answer["message"].startswith(f"Moved to {other}: {visit.patient}, ")
    assert answer["warnings"] == []
    visit.refresh_from_db()
    assert (visit.doctor, visit.starts_at, visit.sequence) == (other, next_monday(11), 1)
    assert Notification.objects.get().event.startswith("appointment_moved:")

    assert move(desk, visit, **answer["undo"]).json()["done"]

    visit.refresh_from_db()
    assert (visit.doctor, visit.starts_at, visit.sequence) == (before, next_monday(9), 2)


def test_the_other_doctors_hours_are_what_is_warned_of_and_offered(desk):
    visit, other = AppointmentFactory(), doctor_working("13:00-15:00")
    taken = AppointmentFactory(doctor=other, starts_at=next_monday(13))

    refused = move(desk, visit, doctor=other.pk, local_start=clock(taken.starts_at)).json()
    moved = move(desk, visit, doctor=other.pk, local_start=clock(next_monday(9))).json()

    assert (refused["done"], refused["may_overbook"]) == (False, True)
    times = {one["label"][-5:] for one in refused["alternatives"]}
    assert times <= {"13:00", "13:30", "14:00", "14:30"}
    assert moved["warnings"] == ["This time is outside the doctor's working hours."]


def test_a_doctor_who_takes_no_appointments_gets_none(desk):
    visit, former = AppointmentFactory(), DoctorFactory(is_active=False)

    answer = move(desk, visit, doctor=former.pk, local_start=clock(next_monday(9))).json()

    sentence = "This doctor takes no appointments at present."
    assert (answer["done"], answer["message"]) == (False, sentence)
    visit.refresh_from_db()
    assert (visit.doctor != former, visit.sequence) == (True, 0)


def test_nobody_moves_a_visit_to_a_doctor_whose_calendar_they_may_not_see(desk):
    own, other = AppointmentFactory(doctor=DoctorFactory(with_account=True)), DoctorFactory()
    browser = signed_in(own.doctor.user)

    for doctor in (other.pk, own.patient_id):
        answer = move(browser, own, doctor=doctor, local_start=clock(next_monday(9)))
        assert answer.status_code == 404
    assert move(desk, own, doctor="x", local_start=clock(next_monday(9))).status_code == 400
    own.refresh_from_db()
    assert (own.doctor != other, own.sequence) == (True, 0)


def test_on_the_day_on_which_the_clocks_change(desk):
    """The second 02:30 of the night stays the second one where the doctor alone is another."""
    starts_at = datetime(2032, 10, 31, 1, 30, tzinfo=UTC)
    visit, other = AppointmentFactory(starts_at=starts_at), DoctorFactory()
    [shown] = visits(feed(desk, visit.doctor, starts_at.date(), days=1))

    asked = {"doctor": other.pk, "starts_at": shown["extendedProps"]["starts_at"]}
    assert move(desk, visit, **asked).json()["done"]

    visit.refresh_from_db()
    assert (visit.doctor, visit.starts_at) == (other, starts_at)


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_doctors(
    desk, django_assert_num_queries, count
):
    for _ in range(count):
        doctor = doctor_working("09:00-12:00", "13:00-17:00")
        AppointmentFactory(doctor=doctor)
        AppointmentFactory(doctor=doctor, starts_at=next_monday(10))
        span = {"starts_at": next_monday(18), "ends_at": next_monday(19)}
        Absence.objects.create(doctor=doctor, **span)
        ExtraHours.objects.create(doctor=doctor, **span)
    all_events(desk)

    with django_assert_num_queries(10):
        response = all_events(desk)
    assert len(visits(response)) == 2 * count == Appointment.objects.count()
    day(desk)  # The menu asks once a while what is set up.
    with django_assert_num_queries(11):
        assert len(drawn(day(desk))) == count
