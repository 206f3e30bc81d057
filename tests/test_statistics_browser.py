"""The statistics and the console's menu, in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from appointments.tests.scheduling import doctor_working
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

FIGURES = "/admin/statistics/?from=2026-03-02&to=2026-03-08"
# Whether anything but the ground is on the canvas.
IS_DRAWN = """canvas => canvas.getContext("2d")
  .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value > 0)"""


def log_in(open_page, path, **options):
    return open_page(path, user=UserFactory(role=Role.ADMIN), **options)


def test_the_charts_are_drawn_from_their_tables(open_page):
    doctor = doctor_working("09:00-17:00")
    for hour in (9, 10, 11):
        starts_at = datetime(2026, 3, 3, hour, tzinfo=UTC)
        AppointmentFactory.past(doctor=doctor, starts_at=starts_at, status="fulfilled")

    page = log_in(open_page, FIGURES)

    expect(page.get_by_role("heading", name="Statistics")).to_be_visible()
    canvases = page.locator(".figure canvas")
    expect(canvases).to_have_count(4)  # No patient is new in that week, and no mail failed.
    for canvas in canvases.all():
        expect(canvas).to_be_visible()
        page.wait_for_function(IS_DRAWN, arg=canvas.element_handle())
    visits = page.locator("#visits")
    expect(visits.get_by_role("table")).to_be_hidden()
    visits.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(visits.get_by_role("row", name="Tue 3 Mar 2026")).to_contain_text("3")
    with page.expect_download() as download:
        visits.get_by_role("link", name="Visits per day as a CSV file").click()
    assert download.value.suggested_filename == "visits-2026-03-02-2026-03-08.csv"


def test_without_scripts_the_tables_are_there(open_page):
    page = log_in(open_page, FIGURES, java_script_enabled=False)

    expect(page.get_by_role("table")).to_have_count(6)
    expect(page.locator(".chart").first).to_be_hidden()
    page.locator("#menu summary", has_text="Operation").click()
    expect(page.get_by_role("link", name="Lock-outs")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1024, 1920])
def test_the_menu_opens_by_keyboard_and_closes_again(open_page, width):
    page = log_in(open_page, "/admin/", viewport={"width": width, "height": 800})
    patients = page.locator("#menu summary", has_text="Patients")
    operation = page.locator("#menu summary", has_text="Operation")
    lock_outs = page.get_by_role("link", name="Lock-outs")

    patients.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Duplicates")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Duplicates")).to_be_hidden()
    expect(patients).to_be_focused()

    operation.click()
    expect(lock_outs).to_be_in_viewport()
    page.locator("h1, main").first.click(position={"x": 5, "y": 5})
    expect(lock_outs).to_be_hidden()
    operation.click()
    lock_outs.click()
    expect(page.get_by_role("heading", name="Lock-outs")).to_be_visible()
    operation.click()
    expect(lock_outs).to_have_attribute("aria-current", "page")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
