"""Two people at one form, each in a browser of their own."""

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


def opened(open_page, path: str, name: str) -> Page:
    """The page in a window of somebody of this last name."""
    user = UserFactory(role=Role.RECEPTIONIST, first_name="Jo", last_name=name)
    return open_page(path, user=user)


def test_the_later_of_two_sees_what_the_earlier_saved(open_page):
    patient = PatientFactory(street="Elm Row 1", city="Berlin")
    path = f"/admin/patients/patient/{patient.pk}/change/"
    first, second = (opened(open_page, path, name) for name in ("First", "Second"))
    for page in (first, second):
        page.get_by_text("Edit contact").click()
    first.get_by_label("City").fill("Hamburg")
    first.get_by_role("button", name="Save", exact=True).click()
    expect(first.get_by_text("is saved.")).to_be_visible()

    second.get_by_label("City").fill("Bonn")
    second.get_by_label("Street").fill("Elm Row 2")
    second.get_by_role("button", name="Save", exact=True).click()

    expect(second.get_by_text("Jo First (")).to_be_visible()
    expect(second.get_by_text("Now it is “Hamburg”")).to_be_visible()
    expect(second.get_by_label("City")).to_have_value("Bonn")
    expect(second.get_by_label("Street")).to_have_value("Elm Row 2")
    assert Patient.objects.get().city == "Hamburg"

    second.get_by_role("button", name="Save", exact=True).click()

    expect(second.get_by_text("is saved.")).to_be_visible()
    stored = Patient.objects.get()
    assert (stored.city, stored.street) == ("Bonn", "Elm Row 2")
