"""The API's documentation in a real browser, under the strict Content-Security-Policy."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from accounts.tests.factories import PASSWORD, UserFactory
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]


def test_authorize_logs_in_and_the_token_is_sent(open_page):
    user = UserFactory(role="admin")
    page = open_page("/docs")

    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    dialog.locator("#oauth_username").fill(user.email)
    dialog.locator("#oauth_password").fill(PASSWORD)
    dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(dialog).to_contain_text("Authorized")
    dialog.get_by_role("button", name="Close").first.click()

    operation = page.locator("#operations-auth-auth_me")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text(user.email)


TELL_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (broken) =>
  violations.push(`${broken.violatedDirective}: ${broken.blockedURI} ${broken.sourceFile}`));
"""


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_whole_page_keeps_the_policy(open_page, path):
    """Down to its foot, and what is folded open; whatever the console says fails the test, too."""
    page = open_page(path, script=TELL_VIOLATIONS)
    if path == "/redoc":
        expect(page.get_by_role("heading", level=1).first).to_contain_text("API")
        expect(page.get_by_text("/api/v1/appointments").first).to_be_attached()
        page.locator("[role=search] input").fill("alternatives")
        page.locator("li[data-item-id]", has_text="Book an appointment").first.click()
    else:
        page.locator("#operations-appointments-appointments_create").click()
    page.keyboard.press("End")
    page.wait_for_timeout(1000)

    assert page.evaluate("violations") == []
    assert (
        page.evaluate("[...document.images].filter(each => each.width && !each.naturalWidth)") == []
    )
    hosts = {urlsplit(address).netloc for address in page.evaluate(RESOURCES)}
    assert hosts <= {urlsplit(page.url).netloc, ""}


RESOURCES = "performance.getEntriesByType('resource').map((each) => each.name)"
