"""A front desk meets a twin in a real browser: asked at registration, compares, merges, undoes."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from patients.duplicates import find_and_keep
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests.browser import PHONE, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def known() -> Patient:
    return PatientFactory(
        first_name="Grace", last_name="Hopper", date_of_birth=date(1986, 12, 9), city="Bremen"
    )


def log_in(open_page, **options) -> Page:
    return open_page("/admin/", user=UserFactory(role=Role.RECEPTIONIST), **options)


def test_from_the_question_at_registration_to_a_merge_and_back(open_page, known):
    page = log_in(open_page)
    page.goto("/admin/patients/patient/add/")
    page.get_by_label("First name(s):").fill("Grase")
    page.get_by_label("Last name:").fill("Hopper")
    page.get_by_label("Date of birth:").fill("1986-12-09")
    page.get_by_label("E-mail:").fill("second@mail.example")
    page.get_by_role("textbox", name="Phone:").first.fill("030 901820")
    page.get_by_role("button", name="Save", exact=True).click()

    question = page.get_by_role("region", name="Registered already?")
    expect(question).to_contain_text(known.record_number)
    expect(question).to_contain_text("Similar first name, same last name, same date of birth.")
    page.get_by_label("This is another person: register anyway").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("is registered.")
    find_and_keep(known)

    page.locator("#menu summary", has_text="Patients").click()
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("link", name="Compare Grace Hopper").click()
    page.get_by_role("row", name="E-mail").get_by_label("second@mail.example").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name=f"Merge into {known.record_number}").click()
    expect(page.locator("#id_email")).to_have_value("second@mail.example")
    assert Patient.objects.standing().get().pk == known.pk

    page.get_by_role("link", name="undo it").click()
    page.get_by_role("button", name="Undo merge").click()
    expect(page.locator(".messagelist")).to_contain_text("both records are as they were")
    assert Patient.objects.standing().count() == 2
    assert Patient.objects.get(pk=known.pk).email == known.email


def test_two_records_fit_side_by_side_on_a_phone(open_page, known):
    other = PatientFactory(first_name="Grace", last_name="Hoper", street="Elm Row 1")
    page = log_in(open_page, **PHONE)

    page.goto(f"/admin/patients/patient/{known.pk}/merge/{other.pk}/")

    overflow = page.evaluate("document.querySelector('table.compare').scrollWidth - innerWidth")
    assert overflow <= 0
    page.get_by_role("button", name="Two persons").click()
    expect(page.locator(".messagelist")).to_contain_text("are two persons")
    page.goto("/admin/patients/possibleduplicate/")
    expect(page.locator("body")).to_contain_text("No pair of records waits")
