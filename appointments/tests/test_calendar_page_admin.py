"""The page of the console's calendar: its table, whose it is, and where a drawn day begins."""

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


@pytest.mark.parametrize("view", ["day", "week", "month", "table", "nonsense"])
def test_the_page_has_the_week_as_a_table(desk, view):
    doctor = doctor_working("09:00-12:00")
    visit = AppointmentFactory(doctor=doctor)

    page = desk.get(
        f"/admin/calendar/?doctor={doctor.pk}&view={view}&date={timezone.localdate(next_monday(9))}"
    )

    text = page.content.decode()
    assert visit.patient.record_number in text
    assert f"/admin/appointments/appointment/{visit.pk}/change/" in text
    assert "09:00 - 12:00" in text
    assert ("<noscript>" in text) == (view != "table")
    note = AccessLog.objects.get()
    assert note.patients == [visit.patient_id]


def test_an_account_without_a_doctor_and_a_clinic_without_one(desk):
    assert b"There is no doctor yet" in desk.get("/admin/calendar/").content
    alone = signed_in(Role.DOCTOR)
    assert b"No doctor" in alone.get("/admin/calendar/").content


@pytest.mark.parametrize(("span", "begins"), [("05:30-12:00", "05:30"), ("10:00-12:00", "07:00")])
def test_where_a_drawn_day_begins(desk, span, begins):
    doctor = doctor_working(span)

    page = desk.get(f"/admin/calendar/?doctor={doctor.pk}").content.decode()

    assert f'data-scroll="{begins}:00"' in page
