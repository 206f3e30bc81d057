"""Passkeys in a real browser, whose device is Chromium's own virtual one."""

import re

import pytest

from accounts.models import Passkey
from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from patients.tests.factories import PatientFactory
from tests.browser import needs_browser

pytestmark = [pytest.mark.django_db(transaction=True), *needs_browser]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_device(page):
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_patient_makes_one_and_signs_in_with_it_alone_and_after_the_password(open_page):
    user = PatientFactory(with_account=True).user
    page = open_page("/me/second-factor/", user=user, viewport={"width": 390, "height": 844})
    session, device = give_device(page)

    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("My phone")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_text("They are shown only now").wait_for()
    page.get_by_role("link", name="I have kept them").click()
    assert page.get_by_label("Name of the passkey").input_value() == "My phone"
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile("/me/$"))

    # By the password, the passkey is the second step.
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile("/me/$"))
    key = Passkey.objects.get()
    assert key.sign_count == 3
    assert key.last_used_at

    # Where it is gone, that is said, and the other ways are there still.
    page.get_by_role("button", name="Sign out", exact=True).click()
    Passkey.objects.all().delete()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("This passkey opens no account here").wait_for()
    session.send("WebAuthn.clearCredentials", {"authenticatorId": device["authenticatorId"]})


def test_staff_whose_role_needs_one_log_in_with_it(open_page, settings):
    settings.MFA_REQUIRED_ROLES = ["admin"]
    admin = UserFactory(role=Role.ADMIN)
    page = open_page("/admin/login/")
    give_device(page)

    page.get_by_label("E-mail").fill(admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("link", name="Make a passkey instead").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_text("They are shown only now").wait_for()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(re.compile("/admin/$"))
    page.goto("/admin/account/")
    assert page.get_by_label("Name of the passkey").count() == 1
    page.context.clear_cookies()
    page.goto("/admin/login/")
    page.get_by_role("button", name="Use a passkey").click()

    page.wait_for_url(re.compile("/admin/$"))
