"""The front desk repeats a visit and moves a part of the series, in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.factories import UserFactory
from appointments.models import AppointmentSeries
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from appointments.tests.series import starts_of
from patients.tests.factories import PatientFactory
from tests.browser import PHONE, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]
WEEK = timedelta(days=7)


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_the_desk_repeats_a_visit_and_moves_the_later_ones(open_page, device):
    doctor, patient = doctor_working("08:00-18:00"), PatientFactory()
    start = next_monday(9)
    AppointmentFactory(doctor=doctor, starts_at=start + WEEK)
    page = open_page(
        f"/admin/appointments/appointment/add/?patient={patient.pk}&doctor={doctor.pk}",
        user=UserFactory(),
        **device,
    )
    local = timezone.localtime(start)
    page.get_by_label("Day", exact=True).fill(f"{local:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{local:%H:%M}")
    page.get_by_role("button", name="Repeat it").click()

    page.get_by_label("Number of visits").fill("4")
    page.get_by_role("button", name="Show the dates").click()
    expect(page.get_by_text("3 are free, 1 is not.")).to_be_visible()
    rows = page.locator(".dates tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(1).get_by_label("Instead")).to_be_checked()
    rows.nth(3).get_by_label("No visit").check()
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    page.get_by_role("button", name="Book what is chosen").press("Enter")

    expect(page.get_by_text("3 visits are booked for")).to_be_visible()
    series = AppointmentSeries.objects.get()
    second = starts_of(series)[1]
    page.locator("tbody th a").nth(1).click()
    expect(page.get_by_role("heading", name="Visit 2 of 3 in a series")).to_be_visible()
    page.get_by_role("link", name="Move this and later ones").click()
    moved = timezone.localtime(second + timedelta(hours=2))
    form = page.locator("form", has=page.get_by_role("heading", name="Move this and later ones"))
    form.get_by_label("Time", exact=True).fill(f"{moved:%H:%M}")
    form.get_by_role("button", name="Move").click()

    expect(page.get_by_text("This visit and the later ones are moved.")).to_be_visible()
    assert starts_of(series)[1] == second + timedelta(hours=2)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
