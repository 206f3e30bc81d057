"""An administrator's files in a real browser: sent, corrected, imported, exported."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.tests.files import csv_rows, table
from clinic.tests.jobs import run_due_jobs
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests.browser import PHONE, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

HEADINGS = ["First name", "Last name", "E-mail", "Phone"]
ADA = ["Ada", "Lovelace", "ada@mail.example", "030 901820"]


def work() -> None:
    """Work the jobs off in a thread of its own: the browser's event loop lives in this one."""
    with ThreadPoolExecutor(1) as worker:
        worker.submit(run_and_close).result()


def run_and_close() -> None:
    run_due_jobs()
    connection.close()


def log_in(open_page, role: Role = Role.ADMIN, **options) -> Page:
    page = open_page("/admin/", user=UserFactory(role=role), **options)
    page.locator("#menu summary", has_text="Patients").click()
    page.get_by_role("link", name="Patients", exact=True).click()
    return page


def send(page: Page, *rows: list[str]) -> None:
    file = {"name": "march.csv", "mimeType": "text/csv", "buffer": table(*rows, delimiter=";")}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check the file").click()


def test_a_file_is_sent_corrected_and_imported(open_page):
    page = log_in(open_page)
    page.get_by_role("link", name="Import").click()

    send(page, HEADINGS, [*ADA[:3], "12"])
    expect(page.locator("#file-state")).to_contain_text("Being checked")
    work()
    fault = page.get_by_role("article").filter(has_text="Enter a valid phone number")
    expect(fault).to_contain_text("Phone")  # The page has looked again by itself.
    expect(page.locator("#file-state")).to_contain_text("1 fault in 1 row. Nothing was written.")

    page.get_by_role("link", name="Send the corrected file").click()
    send(page, HEADINGS, ADA)
    work()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.locator("#file-state")).to_contain_text("Being imported")
    work()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()

    page.get_by_role("link", name="To the list").click()
    expect(page.get_by_role("link", name="Lovelace, Ada")).to_be_visible()
    assert Patient.objects.get().email == "ada@mail.example"


def test_what_the_list_shows_is_downloaded(open_page):
    PatientFactory.create_batch(2, last_name="Hopper")
    PatientFactory(last_name="Liskov")
    page = log_in(open_page)
    page.get_by_role("searchbox", name="Find a patient").fill("hopper")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Export").click()

    expect(page.get_by_role("heading", name="2 patients")).to_be_visible()
    page.get_by_label("CSV, for every other program").check()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()

    rows = csv_rows(started.value.path().read_bytes())
    assert [row[2] for row in rows] == ["Last name", "Hopper", "Hopper"]


def test_everything_works_without_scripts_on_a_phone(open_page):
    known = PatientFactory(last_name="Hopper", street="Old street 1")
    rows = [[known.record_number, *ADA[:2], known.email, str(known.phone), "New street 2"]]
    page = log_in(open_page, java_script_enabled=False, **PHONE)
    page.get_by_role("link", name="Import").click()
    send(page, ["Record number", *HEADINGS, "Street"], *rows, ["", *ADA, ""])
    work()
    page.get_by_role("link", name="Look again").click()
    change = page.get_by_role("region", name="Changed").get_by_role("row", name="Street")
    expect(change).to_contain_text("Old street 1")
    expect(change).to_contain_text("New street 2")
    expect(page.get_by_role("region", name="New")).to_contain_text(ADA[2])
    page.get_by_role("button", name="Import 2 rows").click()
    work()
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    width = page.locator("#content-main").bounding_box()["width"]
    assert width <= PHONE["viewport"]["width"]


def test_the_desk_is_offered_no_files(open_page):
    page = log_in(open_page, Role.RECEPTIONIST)

    expect(page.get_by_role("link", name="Register a patient").first).to_be_visible()
    for name in ("Import", "Export"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
