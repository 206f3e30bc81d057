"""The series that a visit is part of, on its patient's pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tests.console import signed_in
from appointments import services
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import patient_online
from appointments.tests.series import booked_series, starts_of, visits_of, wish

pytestmark = pytest.mark.django_db


def page_of(visit, name="visit") -> str:
    return reverse(f"appointments:{name}", args=[visit.pk])


@pytest.fixture
def patient():
    return patient_online()


@pytest.fixture
def browser(patient):
    return signed_in(patient.user)


def test_a_visit_names_the_others_and_all_are_cancelled_from_it_on(browser, patient):
    series = booked_series(wish(patient=patient))
    visits = visits_of(series)
    page = browser.get(page_of(visits[1])).content.decode()

    assert "One of 4 visits in a series" in page
    for one in (visits[0], visits[2], visits[3]):
        assert page_of(one) in page
    asked = browser.get(page_of(visits[1], "cancel_later")).content.decode()
    assert asked.count('<li class="row">') == 3
    assert len(starts_of(series)) == 4

    answer = browser.post(page_of(visits[1], "cancel_later"), {"reason_code": "pat"})
    assert answer["Location"] == page_of(visits[1])
    assert starts_of(series) == [visits[0].starts_at]
    assert "These visits are cancelled." in browser.get(answer["Location"]).content.decode()


def test_the_calendar_file_has_all_of_them(browser, patient):
    series = booked_series(wish(patient=patient))
    answer = browser.get(page_of(visits_of(series)[0], "series_invite"))

    assert answer["Content-Type"].startswith("text/calendar")
    assert "RRULE:FREQ=WEEKLY" in answer.content.decode()
    alone = AppointmentFactory(patient=patient, starts_at=next_monday(15))
    assert browser.get(page_of(alone, "series_invite")).status_code == 404
    assert "in a series" not in browser.get(page_of(alone)).content.decode()
    assert browser.get(page_of(alone, "cancel_later")).status_code == 302


def test_what_is_too_late_or_went_its_own_way_is_not_offered(browser, patient):
    start = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=90)
    series = booked_series(wish(patient=patient, starts_at=start), "FREQ=WEEKLY;COUNT=3")
    visits = visits_of(series)
    services.reschedule(visits[1], series.created_by, visits[1].starts_at + timedelta(hours=1))

    for one in visits[:2]:
        assert "cancel-later" not in browser.get(page_of(one)).content.decode()
        assert browser.post(page_of(one, "cancel_later"), {}).status_code == 302
    assert len(starts_of(series)) == 3
