"""A group session in a real browser: somebody is added, and taken from step to step on the board
and in the calendar."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, GroupSessionFactory, ParticipantFactory
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from patients.tests.factories import PatientFactory
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _forenoon():
    ten = timezone.localtime().replace(hour=10, minute=0, second=0) + timedelta(days=1)
    with time_machine.travel(ten, tick=True):
        yield


def test_a_session_at_the_desk(open_page):
    starts_at = timezone.now().replace(microsecond=0) + timedelta(minutes=30)
    doctor = doctor_working("08:00-17:00")
    session = GroupSessionFactory(doctor=doctor, starts_at=starts_at, capacity=5)
    seated = [
        ParticipantFactory(session=session, seat=seat, patient=PatientFactory(last_name=name))
        for seat, name in enumerate(("Abbot", "Babbage", "Curie"), 1)
    ]
    newcomer = PatientFactory(first_name="Dora", last_name="Dirac")
    AppointmentFactory(doctor=doctor, starts_at=starts_at + timedelta(hours=2))
    page = open_page("/admin/", user=UserFactory())

    page.get_by_role("link", name="Add a participant").click()
    page.locator(".session-add .select2-selection").click()
    page.locator(".select2-search__field").fill("Dirac")
    page.get_by_role("option", name="Dora Dirac").click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".session-people")).to_contain_text("Dora Dirac")
    page.get_by_role("link", name="On the board").click()
    page.get_by_role("button", name="Check in: Ada Abbot").click()
    expect(page.locator(f"#v-{seated[0].pk}")).to_contain_text("Checked in")
    page.get_by_role("link", name="Cancel: Ada Babbage").click()
    expect(page.locator("#cancel-whose")).to_contain_text("Babbage")
    page.locator("#cancel").get_by_role("button", name="Cancel visit").click()
    expect(page.locator(f"#v-{seated[1].pk}")).to_have_count(0)
    page.locator("#notes").get_by_role("button", name="Undo").click()
    expect(page.locator(f"#v-{seated[1].pk}")).to_contain_text("Booked")
    page.goto(page.url.split("/admin/")[0] + "/admin/calendar/?view=day")
    page.get_by_role("link", name="Back school").click()
    page.get_by_role("button", name="Check in: Ada Curie").click()
    expect(page.get_by_text("Ada Curie, checked in")).to_be_visible()

    assert Appointment.objects.get(patient=newcomer).session == session
    states = session.appointments.order_by("seat").values_list("status", flat=True)
    assert list(states) == [Status.CHECKED_IN, Status.BOOKED, Status.CHECKED_IN, Status.BOOKED]
