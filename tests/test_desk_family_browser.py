"""A front desk registers a family in a real browser, by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.test_family_admin import RUTH
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]
# As Chromium takes a date without a locale of its own: month, day, year.
CHILDREN = (("Lea", "05022019"), ("Max", "08302021"), ("Mia", "08302021"))


@pytest.fixture
def ruth() -> Patient:
    return PatientFactory(**RUTH)


@pytest.fixture
def desk(open_page) -> Page:
    return open_page("/admin/", user=UserFactory(role=Role.RECEPTIONIST))


def in_focus(page: Page, selector: str):
    expect(page.locator(f"{selector}:focus")).to_have_count(1)


def test_three_children_of_one_mother_by_keyboard_alone(desk, ruth):
    desk.goto(f"/admin/patients/patient/{ruth.pk}/change/")
    desk.get_by_role("link", name="Register a child or family member").focus()
    desk.keyboard.press("Enter")

    for name, born in CHILDREN:
        in_focus(desk, "#id_first_name")
        desk.keyboard.type(name)
        desk.keyboard.press("Tab")  # The last name is that of the mother.
        desk.keyboard.press("Tab")
        desk.keyboard.type(born)
        desk.keyboard.press("Enter")
        expect(desk.locator(".messagelist")).to_contain_text(f"{name} Keller is registered")
        expect(desk.get_by_role("region", name="On record with")).to_contain_text(name)

    desk.get_by_role("link", name="Done, back to Ruth Keller").click()
    family = desk.get_by_role("region", name="Family")
    for name, _ in CHILDREN:
        expect(family.get_by_role("link", name=f"{name} Keller", exact=True)).to_be_visible()
    children = Patient.objects.exclude(pk=ruth.pk).order_by("created_at")
    assert [f"{child.date_of_birth:%m%d%Y}" for child in children] == [born for _, born in CHILDREN]
    assert all(child.related_persons.get().may_act for child in children)


def test_a_known_phone_leads_on_by_keyboard(desk, ruth):
    desk.goto("/admin/patients/patient/add/")
    desk.get_by_label("First name(s):").fill("Lea")
    desk.get_by_label("Date of birth:").fill("2019-05-02")
    desk.locator("#id_phone").fill("030 901820")
    desk.keyboard.press("Enter")

    box = desk.get_by_role("region", name="The phone number is Ruth Keller's")
    expect(box).to_contain_text(ruth.record_number)
    box.get_by_role("link", name="It was a typing error").focus()
    desk.keyboard.press("Enter")
    in_focus(desk, "#id_phone")
    expect(desk.locator("#id_phone")).to_have_value("030 901820")

    box.get_by_role("button", name="Save as the same family").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".messagelist")).to_contain_text("Lea Keller is registered.")
    family = desk.get_by_role("region", name="Family")
    expect(family).to_contain_text("Parent")
    expect(family).to_contain_text("gets the messages")
