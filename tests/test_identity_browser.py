"""The front desk finds a patient from the keyboard, looks at the ID closely and decides on it."""

import pytest
from playwright.sync_api import expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from patients import services
from patients.models import IdentityDocument
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


def test_find_look_closely_and_refuse(open_page):
    patient = PatientFactory(first_name="Paula", last_name="Winter", date_of_birth="1988-03-14")
    PatientFactory(first_name="Paul", last_name="Winter", date_of_birth="1990-01-01")
    services.replace_document(patient, clean_photo(upload(jpeg(640, 400))), by=UserFactory())
    user = UserFactory(role=Role.RECEPTIONIST)
    page = open_page("/admin/", user=user)
    expect(page.get_by_role("searchbox", name="Find a patient")).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("wintre 14.3.88")
    page.keyboard.press("Enter")
    page.get_by_alt_text("ID photo of Paula Winter").click()

    expect(page.get_by_text("100 %")).to_be_visible()
    page.wait_for_load_state()
    photo = page.get_by_alt_text("ID photo of Paula Winter")
    before = photo.bounding_box()["width"]
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.get_by_text("200 %")).to_be_visible()
    assert photo.bounding_box()["width"] > before
    page.keyboard.press("0")
    expect(page.get_by_text("100 %")).to_be_visible()

    page.get_by_role("button", name="Refuse and tell the patient").click()
    expect(page.get_by_text("Tell the patient why.")).to_be_visible()
    page.get_by_label("Reason, if refused").fill("The photo is too dark.")
    page.get_by_role("button", name="Refuse and tell the patient").click()

    expect(page.get_by_text("The patient is told by mail.")).to_be_visible()
    expect(page.get_by_text("The photo is too dark.")).to_be_visible()
    document = IdentityDocument.objects.get(patient=patient)
    assert (document.check_result, document.checked_by) == ("refused", user)
