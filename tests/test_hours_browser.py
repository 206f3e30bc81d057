"""A doctor's hours in a real browser: the week edited with and without scripts, and time off over
two visits, to the mails that are owed."""

from datetime import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.models import Notification
from doctors.models import Doctor, WorkingHours
from doctors.tests.factories import DoctorFactory
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


def log_in(open_page, user=None, **options) -> Page:
    return open_page("/admin/", user=user or UserFactory(role=Role.RECEPTIONIST), **options)


def week_of(doctor: Doctor) -> list[str]:
    return [str(hours) for hours in doctor.working_hours.all()]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_doctor_edits_the_own_week(open_page, scripts):
    doctor = DoctorFactory(with_account=True)
    WorkingHours.objects.create(doctor=doctor, weekday=5, starts=time(9), ends=time(12))
    page = log_in(open_page, doctor.user, java_script_enabled=scripts)
    page.locator("#menu summary", has_text="Doctors").click()
    page.get_by_role("link", name="My hours").click()

    page.get_by_label("Monday, from").fill("08:30")
    page.get_by_label("Monday, to").fill("12:30")
    page.get_by_role("button", name="Monday: one more span").click()
    page.get_by_label("Monday, from").last.fill("12:00")
    page.get_by_label("Monday, to").last.fill("18:00")
    page.get_by_label("Saturday, remove these hours").check()
    page.get_by_role("button", name="Save the week").click()
    expect(page.get_by_text("These hours overlap with other hours")).to_be_visible()
    assert week_of(doctor) == ["Saturday 09:00 to 12:00"]

    starts = page.get_by_label("Monday, from")
    place = [starts.nth(at).input_value() for at in range(starts.count())].index("12:00")
    starts.nth(place).fill("14:00")
    page.get_by_role("button", name="Copy Monday to Tuesday - Friday").click()
    expect(page.get_by_label("Friday, from").first).to_have_value("08:30")
    if not page.get_by_label("Saturday, remove these hours").is_checked():
        page.get_by_label("Saturday, remove these hours").check()
    page.get_by_role("button", name="Save the week").click()

    expect(page.get_by_text("the week is saved")).to_be_visible()
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    spans = ("08:30 to 12:30", "14:00 to 18:00")
    assert week_of(doctor) == [f"{day} {span}" for day in days for span in spans]
    assert page.locator(".week-picture .is-hours rect").count() == 10
    page.get_by_text("The same week as a table").click()
    row = page.get_by_role("row", name="Monday").filter(has_text="08:30 - 12:30, 14:00 - 18:00")
    expect(row).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_time_off_over_two_visits(open_page, scripts):
    doctor, colleague = DoctorFactory(), DoctorFactory()
    for one in (doctor, colleague):
        for weekday in range(7):
            WorkingHours.objects.create(doctor=one, weekday=weekday, starts=time(8), ends=time(18))
    moved = AppointmentFactory(doctor=doctor)
    given = AppointmentFactory(doctor=doctor, starts_at=next_monday(10))
    page = log_in(open_page, java_script_enabled=scripts)
    page.goto(f"/admin/doctors/doctor/{doctor.pk}/change/")
    page.get_by_role("link", name="Time off").click()
    page.get_by_label("First day").fill(f"{timezone.localdate(moved.starts_at)}")
    page.get_by_label("Reason").fill("Course")
    page.get_by_role("button", name="Add time off").click()

    expect(page.get_by_text("2 visits are booked.")).to_be_visible()
    page.get_by_role("button", name="Same doctor").click()
    row = page.get_by_role("row", name=given.patient.record_number)
    row.get_by_role("radio", name=str(colleague)).check()
    page.get_by_role("button", name="Do what is chosen").click()

    done = page.get_by_role("region", name="What was done").or_(page.get_by_role("status"))
    expect(done.get_by_text("moved to").first).to_be_visible()
    expect(page.get_by_text("No booked visit is affected.")).to_be_visible()
    moved.refresh_from_db()
    given.refresh_from_db()
    assert (moved.doctor, given.doctor) == (doctor, colleague)
    assert timezone.localdate(moved.starts_at) != timezone.localdate(next_monday(9))
    assert {moved.status, given.status} == {Appointment.Status.BOOKED}
    owed = Notification.objects.order_by("recipient").values_list("recipient", "status")
    assert list(owed) == sorted((one.patient.email, "owed") for one in (moved, given))
