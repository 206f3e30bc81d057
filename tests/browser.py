"""A real browser for tests: Debian's `chromium` package, driven over the live server.

A page that reports an error, breaks the Content-Security-Policy or asks another host for
anything fails its test.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
PATIENCE = 60_000  # Milliseconds until what a page should do counts as not done, on a busy machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}

expect.set_options(timeout=PATIENCE)

# Let in, or asked for the second factor.
ENTERED = re.compile(r"/admin/(?!login/(\?|$))")

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module.

    Playwright's event loop lives in the tests' own thread, where Django would refuse every
    query for its sake.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """`open_page(path, **context)` opens a page of the live server in a new window."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(path: str, **options) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch(page, urlsplit(live_server.url).netloc, faults)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def enter(page: Page) -> None:
    """Send the filled-in log-in, and wait until the next page is loaded, with its scripts."""
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(ENTERED)


def watch(page: Page, host: str, faults: list[str]) -> None:
    """Note whatever the page does that it should not."""

    def requested(request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and address.netloc != host:
            faults.append(f"asked {request.url}")

    def said(message):
        if message.type in ("error", "warning"):
            faults.append(f"{message.type}: {message.text}")

    page.on("request", requested)
    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
