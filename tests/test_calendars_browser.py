"""A doctor makes a link to the own calendar, copies it, and revokes it, in a real browser."""

import pytest
from playwright.sync_api import expect

from appointments.models import CalendarFeed
from doctors.tests.factories import DoctorFactory
from tests.browser import PHONE, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_a_doctor_hands_the_own_calendar_out(open_page, device):
    doctor = DoctorFactory(with_account=True)
    copying = ["clipboard-read", "clipboard-write"]
    page = open_page("/admin/", user=doctor.user, permissions=copying, **device)
    page.locator("#menu summary", has_text="Doctors").click()
    page.get_by_role("link", name="Calendar links").click()

    page.get_by_role("button", name=f"Make a link for {doctor}").click()

    address = page.get_by_label("Link", exact=True)
    expect(address).to_be_focused()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy-status]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == address.input_value()
    assert "calendar.ics?token=" in copied
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    page.get_by_role("button", name=f"Revoke the link for {doctor}").click()
    expect(page.get_by_text("works no more")).to_be_visible()
    expect(page.get_by_label("Link", exact=True)).to_have_count(0)
    assert not CalendarFeed.objects.exists()
