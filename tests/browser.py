"""A real browser for tests: Debian's Chromium, driven over the live server.

A page that reports an error, breaks the Content-Security-Policy or asks another host for
anything fails its test.
"""

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import User
from accounts.tests.console import signed_in

# The one without windows takes two thirds of the other's time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
PATIENCE = 60_000  # Milliseconds until what a page should do counts as not done, on a busy machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Its address bar is made of pages, which would be loaded in every window; so are isolation
    # and the next window's process prepared, of which nobody here has any use.
    "--disable-site-isolation-trials",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "SpareRendererForSitePerProcess,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,OptimizationHints,NetworkTimeServiceQuerying,"
    "AimEnabled,PreconnectToSearch",
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


@pytest.fixture(scope="session")
def running_browser() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One browser for all tests of this process, with Playwright's event loop at rest."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(running_browser, monkeypatch) -> Iterator[Browser]:
    """The browser, while its event loop is the one of the tests' own thread.

    Django would refuse every query for its sake, and tests of other kinds bring loops of their own.
    """
    browser, loop = running_browser
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    asyncio._set_running_loop(loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """`open_page(path, **context)` opens a page of the live server in a new window.

    `user` is signed in there already; `script` is run before those of each page.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(path: str, user: User | None = None, script: str = "", **options) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        context.add_init_script(script)
        if user is not None:
            sign_in(context, signed_in(user), live_server.url)
        page = context.new_page()
        watch(page, urlsplit(live_server.url).netloc, faults)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def sign_in(context: BrowserContext, client: Client, address: str) -> None:
    """Give the client's session to the window; where it has none, nobody is signed in."""
    if session := client.cookies.get(settings.SESSION_COOKIE_NAME):
        context.add_cookies([{"name": session.key, "value": session.value, "url": address}])


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
