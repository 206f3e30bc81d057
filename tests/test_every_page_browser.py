"""Every page of the clinic in a real browser, as those who may open it.

On none of them axe-core finds anything serious, in the light or the dark scheme, nothing is
reported to the browser's console, nothing breaks the Content-Security-Policy or asks another
host; and a doctor finds no trace of a patient or applicant who is not the doctor's.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from appointments.tests.factories import next_monday
from tests.access_walk import Route, read_table
from tests.access_world import FOREIGN, World, build
from tests.browser import PATIENCE, needs_browser, sign_in, watch

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True), pytest.mark.walk]

STATED = read_table()
SERIOUS = ("serious", "critical")
# Pages that are not ours: they come whole with the API's documentation.
NOT_OURS = ("/docs", "/redoc")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What may differ in the dark: the colours alone do.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
AXE = """async (runOnly) => (await axe.run(document, {
    resultTypes: ["violations"],
    preload: false,
    selectors: false,
    runOnly,
})).violations.map(
    found => [found.impact, found.id, found.nodes.map(node => node.html.slice(0, 200))])"""


@pytest.fixture
def world(settings, live_server) -> World:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
    return build()


@pytest.fixture
def open_as(browser, live_server, world):
    """`open_as(actor)` is a window in which the actor is signed in; its faults are counted."""
    contexts = []

    def window(actor: str) -> tuple[Page, list[str]]:
        context = browser.new_context(base_url=live_server.url)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        sign_in(context, world.browsers[actor], live_server.url)
        page, faults = context.new_page(), []
        watch(page, urlsplit(live_server.url).netloc, faults)
        return page, faults

    yield window
    for context in contexts:
        context.close()


def pages(world: World, actor: str, console: bool) -> Iterator[str]:
    """The addresses of the pages that the actor may open, by the stated table."""
    for route in STATED.values():
        if route.name.startswith("/admin/") is not console or route.name in NOT_OURS:
            continue
        if not route.is_api and route.cells["GET"][actor] == "ok":
            url = route.url(world)
            if is_page(world, actor, route, url):
                yield url
    if console:  # A day on which somebody works, whatever day it is today.
        yield f"/admin/?day={next_monday(9).date() + timedelta(days=7)}"


def is_page(world: World, actor: str, route: Route, url: str) -> bool:
    """Not a file, a picture or what a script asks for."""
    if route.name.endswith((".csv", ".ics", "/photo/")):
        return False
    answer = world.browsers[actor].get(url)
    if "<html" not in answer.content.decode(errors="replace"):
        return False
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return is_html and "Content-Disposition" not in answer.headers


def serious(page: Page) -> list:
    """What axe finds in the light, and what of colours it finds in the dark."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(AXE, RULES)
    # Without motion, colours change at once.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    in_the_dark = page.evaluate(AXE, OF_COLOURS)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    found += [[impact, f"{rule}, dark", nodes] for impact, rule, nodes in in_the_dark]
    return [each for each in found if each[0] in SERIOUS]


def faults_of(page: Page, faults: list[str], url: str) -> dict:
    """What is wrong with the page at this address."""
    faults.clear()
    response = page.goto(url, wait_until="load")
    told: dict = {"status": response.status} if response.status != 200 else {}
    if (headings := page.locator("h1").count()) != 1:
        told["headings"] = headings
    if faults:  # Before axe, which writes a style of its own into the page.
        told["browser"] = list(faults)
    if found := serious(page):
        told["axe"] = found
    return {url: told} if told else {}


@pytest.mark.parametrize(
    ("actor", "console", "at_least"),
    [("anonymous", False, 6), ("A", False, 12), ("admin", True, 40)],
)
def test_nothing_serious_is_wrong_with_any_page(open_as, world, actor, console, at_least):
    page, faults = open_as(actor)
    addresses = list(pages(world, actor, console))
    wrong: dict = {}
    for url in addresses:
        wrong |= faults_of(page, faults, url)

    assert len(addresses) >= at_least
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_doctor_finds_no_trace_of_others_on_any_page_of_the_console(open_as, world):
    page, faults = open_as("doctor")
    foreign = [trace for letter in FOREIGN["doctor"] for trace in world.traces[letter]]
    addresses = list(pages(world, "doctor", console=True))
    seen = ""
    for url in addresses:
        page.goto(url, wait_until="domcontentloaded")
        content = page.content()
        seen += content
        assert [trace for trace in foreign if trace in content] == [], url

    assert len(addresses) >= 15
    assert world.traces["A"][1] in seen  # The doctor's own patient is there to be seen.
    assert not faults
