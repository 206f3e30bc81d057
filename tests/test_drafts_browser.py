"""What is typed stays in the browser until it has arrived, and for nobody else."""

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import PASSWORD, UserFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests.browser import PHONE, needs_browser
from tests.test_register_browser import URL, fill_in, send

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

KEPT = "We kept what you typed"
STORED = "JSON.stringify({...sessionStorage})"


def test_leaving_the_registration_and_coming_back(open_page):
    page = open_page(URL, **PHONE)
    fill_in(page)
    page.get_by_text("Emergency contact and insurance").click()
    page.get_by_label("Insurance number").fill("A 123")
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in/")
    stored = page.evaluate(STORED)
    assert "Uferweg 7" in stored
    assert PASSWORD not in stored
    assert "A 123" not in stored

    page.go_back()
    expect(page.get_by_text(KEPT)).to_be_visible()
    expect(page.get_by_label("Street")).to_have_value("Uferweg 7")
    expect(page.get_by_label("Month")).to_have_value("12")
    expect(page.get_by_label("Female", exact=True)).to_be_checked()
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    page.get_by_role("button", name="Start afresh").click()
    expect(page.get_by_text(KEPT)).to_be_hidden()
    expect(page.get_by_label("Street")).to_have_value("")


def test_a_lost_connection_and_what_has_arrived(open_page):
    page = open_page(URL)
    fill_in(page)
    page.context.set_offline(True)
    expect(page.get_by_text("No connection. What you typed is kept here.")).to_be_visible()
    send(page)
    expect(page.get_by_label("Street")).to_have_value("Uferweg 7")
    assert not Patient.objects.exists()

    page.context.set_offline(False)
    expect(page.get_by_text("You are connected again.")).to_be_visible()
    page.get_by_label("Street").press("Enter")  # Sends it, and switches no language.
    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()
    page.wait_for_load_state()  # The page may be seen before its script has run.
    assert "Uferweg" not in page.evaluate(STORED)


def edit_all(page: Page) -> None:
    """Open every section of a record to be edited."""
    for section in ("contact", "insurance and history"):
        page.get_by_text(f"Edit {section}").click()


def test_a_record_at_the_desk(open_page):
    user, patient = UserFactory(role="receptionist"), PatientFactory(city="Berlin")
    record = f"/admin/patients/patient/{patient.pk}/change/"
    page = open_page(record, user=user)
    edit_all(page)
    page.locator("[name=city]").fill("Potsdam")
    page.locator("[name=medical_history]").fill("Hay fever")
    page.goto("/admin/")
    assert "Hay fever" not in page.evaluate(STORED)

    page.goto(record)
    expect(page.get_by_text(KEPT)).to_be_visible()
    expect(page.locator("[name=city]")).to_have_value("Potsdam")
    page.locator("[name=_save]").click()
    page.wait_for_load_state()
    patient.refresh_from_db()
    assert patient.city == "Potsdam"
    expect(page.get_by_text(KEPT)).to_be_hidden()
    assert "Potsdam" not in page.evaluate(STORED)

    page.goto(record)
    edit_all(page)
    page.locator("[name=city]").fill("Bonn")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    assert "Bonn" not in page.evaluate(STORED)
