"""The second factor in a real browser: set it up, log in with it, sign another device out."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.services import factors
from accounts.tests.codes import code_of, with_factor
from accounts.tests.factories import PASSWORD, UserFactory
from tests.browser import PHONE, enter, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


def give_password(open_page, user, **options) -> Page:
    page = open_page("/admin/", **options)
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    enter(page)
    return page


def fits(page: Page) -> bool:
    """Does the page need no scrolling sideways?"""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "options", [{}, PHONE, {"color_scheme": "dark"}], ids=["", "phone", "dark"]
)
def test_set_it_up_and_log_in_with_it(open_page, options):
    user = UserFactory(role=Role.RECEPTIONIST)
    page = give_password(open_page, user, **options)
    page.get_by_role("link", name="Your sign-in").click()
    page.get_by_role("link", name="Set up an authenticator app").click()

    code = page.get_by_role("img", name=re.compile("QR code"))
    expect(code).to_be_visible()
    assert code.bounding_box()["width"] > 180
    assert (
        code.locator(".qr-ground").evaluate("e => getComputedStyle(e).fill") == "rgb(255, 255, 255)"
    )
    assert fits(page)
    page.get_by_label("Six-digit code").fill(code_of(user))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()
    recovery = page.locator(".recovery-codes code").all_inner_texts()
    assert len(recovery) == 10
    assert fits(page)
    page.emulate_media(media="print")
    expect(page.locator(".recovery-codes")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()

    other = give_password(open_page, user, **options)
    other.get_by_label("Code").fill(recovery[0])
    enter(other)
    expect(other.get_by_role("heading", name="Today")).to_be_visible()


def test_a_role_that_needs_it_sets_it_up_on_the_way_in(open_page, settings):
    settings.MFA_REQUIRED_ROLES = ["admin"]
    user = UserFactory(role=Role.ADMIN)
    page = give_password(open_page, user)

    expect(page.get_by_text("Your role needs one")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)
    page.goto("/admin/accounts/user/")
    expect(page).to_have_url(re.compile("/admin/login/"))
    page.goto("/admin/account/second-factor/")
    page.get_by_label("Six-digit code").fill(code_of(user))
    page.keyboard.press("Enter")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    assert user.has_factor


def test_another_device_is_signed_out(open_page):
    user = with_factor(UserFactory())
    codes = factors.new_recovery_codes(user)
    pages = []
    for code in codes[:2]:
        page = give_password(open_page, user)
        page.get_by_label("Code").fill(code)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Today")).to_be_visible()
        pages.append(page)
    here, there = pages

    here.get_by_role("link", name="Your sign-in").click()
    expect(here.get_by_text("This device")).to_have_count(1)
    here.get_by_role("button", name="Sign out everywhere else").click()

    expect(here.get_by_text("1 other sign-in ended.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("button", name="Log in")).to_be_visible()
