"""A patient's way in a real browser: from registering to signing out, and what the pages are
like on a phone, in the dark, without JavaScript and to a screen reader."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connections
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.sms import locmem
from clinic.tests.jobs import run_due_jobs
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.registration import PASSWORD
from tests.browser import PHONE, needs_browser
from tests.test_register_browser import ID_PHOTO, fill_in

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "Better-horse-10"
PAGES = {
    "/me/": "Hello",
    "/me/profile/": "My details",
    "/me/profile/change/": "How we reach you",
    "/me/photo/replace/": "Photo of your ID",
    "/me/phone/": "Confirm your phone number",
    "/me/access/": "Who saw my record",
    "/me/people/": "Family and care",
    "/me/people/add/": "Register a child",
    "/me/download/": "Download my data",
    "/me/sign-ins/": "Signed-in devices",
    "/password/change/": "Change your password",
}


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def work_off_jobs() -> None:
    """In a thread of its own: Playwright's event loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run_due_jobs).result()
        pool.submit(connections.close_all).result()


def link_in_mail(subject: str) -> str:
    """The path in the last mail with this subject, its secret and all."""
    work_off_jobs()
    [message] = [message for message in mail.outbox if message.subject == subject][-1:]
    return re.search(r"http://127.0.0.1:8000(/\S+)", message.body).group(1)


def test_from_registering_to_signing_out(open_page):
    page = open_page("/register/", **PHONE)
    fill_in(page)
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()

    confirm(page)
    change_the_phone(page)
    change_the_password(page)
    end_it(page)


def confirm(page: Page) -> None:
    page.goto(link_in_mail("Please confirm your e-mail address"))
    assert "token" not in page.url
    assert Patient.objects.get().email_verified_at is None
    page.get_by_role("button", name="Confirm my e-mail address").click()
    expect(page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()
    sign_in(page, "Grace@mail.example")
    expect(page.get_by_role("heading", name="Hello, Grace.")).to_be_visible()
    expect(page.get_by_text("Confirmed", exact=True)).to_have_count(1)


def change_the_phone(page: Page) -> None:
    page.get_by_role("link", name="My details").click()
    expect(page.get_by_alt_text("The photo of the ID")).to_be_visible()
    page.get_by_role("link", name="Change how we reach you").click()
    page.get_by_label("Phone number", exact=True).fill("0151 23456789")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your details are saved.")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Send me a code").click()
    work_off_jobs()
    message = locmem.outbox[-1]
    assert message.to == "+4915123456789"
    code = re.search(r"\b[0-9]{6}\b", message.text).group()
    page.get_by_label("Code").fill("000000" if code != "000000" else "000001")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Your phone number is confirmed.")).to_be_visible()
    assert str(Patient.objects.get().phone) == "+4915123456789"


def change_the_password(page: Page) -> None:
    page.get_by_role("link", name="Password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_label("The password once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()


def end_it(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "grace@mail.example", NEW_PASSWORD)
    expect(page.get_by_role("heading", name="Hello, Grace.")).to_be_visible()


def test_choosing_a_new_password_without_javascript(open_page):
    PatientFactory(with_account=True, email="ada@mail.example")
    page = open_page("/sign-in/", java_script_enabled=False, **PHONE)
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("E-mail address").fill("ada@mail.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    work_off_jobs()
    [message] = mail.outbox
    page.goto(link_in_mail(message.subject))
    assert "token" not in page.url
    expect(page.get_by_role("button", name="Show the password")).to_have_count(0)
    page.get_by_label("New password").fill("short")
    page.get_by_label("The password once more").fill("short")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_label("The password once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save").click()
    sign_in(page, "ada@mail.example", NEW_PASSWORD)
    expect(page.get_by_role("heading", name="Hello, Ada.")).to_be_visible()


def test_replacing_the_photo_and_downloading_everything(open_page):
    patient = PatientFactory(with_account=True, email="ada@mail.example")
    page = open_page("/sign-in/?next=/me/photo/replace/")
    sign_in(page, "ada@mail.example")
    page.get_by_label("Photo of your ID").set_input_files(ID_PHOTO)
    expect(page.get_by_alt_text("The photo that you chose")).to_be_visible()
    page.get_by_role("button", name="Save the photo").click()
    shown = page.get_by_alt_text("The photo of the ID")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 480)
    page.get_by_role("link", name="Show it in full size").click()
    expect(page.locator("img")).to_have_js_property("naturalWidth", 640)
    page.go_back()

    page.get_by_role("link", name="Download my data").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert download.value.suggested_filename == f"{patient.record_number}.json"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the document").click()
    assert download.value.suggested_filename == f"{patient.record_number}.html"


def test_staff_come_to_the_console(open_page):
    UserFactory(email="rita@clinic.example", role=Role.RECEPTIONIST)
    page = open_page("/sign-in/")
    sign_in(page, "rita@clinic.example")

    expect(page).to_have_url(re.compile("/admin/"))


# What automatic checkers of accessibility look for first. Each line names what is wrong.
FAULTS = """() => {
  const faults = [];
  const all = [...document.querySelectorAll("main *, header *")];
  const shown = all.filter((e) => e.checkVisibility());
  const named = (e) => (e.getAttribute("aria-label") ?? e.textContent).trim();
  for (const e of shown) {
    if (e.matches("a, button, summary") && !named(e)) faults.push("no name: " + e.outerHTML);
    if (e.matches("input, select") && !e.labels.length) faults.push("no label: " + e.outerHTML);
    if (e.matches("img") && !e.alt) faults.push("no alt: " + e.outerHTML);
    for (const name of ["aria-describedby", "aria-labelledby", "aria-controls"])
      for (const id of (e.getAttribute(name) ?? "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) faults.push(name + " of nothing: " + id);
    const box = e.getBoundingClientRect();
    if (e.matches("a, button, input, select") && !e.closest("p, label, .skip, dd"))
      if (box.width < 24 || box.height < 24) faults.push("small: " + e.outerHTML);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("twice: " + id);
  const levels = shown.filter((e) => e.matches("h1, h2, h3")).map((e) => Number(e.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("not one h1");
  if (levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1)) faults.push("a level skipped");
  if (!document.documentElement.lang) faults.push("no language");
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push("wider than the screen");
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_sound_and_fits_a_narrow_screen(open_page, scheme):
    patient = PatientFactory(
        with_account=True, first_name="W" * 50, email="w" * 60 + "@mail.example"
    )
    AppointmentFactory(patient=patient, doctor__last_name="W" * 50)
    options = {"viewport": {"width": 320, "height": 640}, "color_scheme": scheme}
    page = open_page("/sign-in/?next=/me/", **options)
    for path in ("/password/reset/", "/password/reset/sent/", "/register/", "/sign-in/"):
        page.goto(path)
        assert page.evaluate(FAULTS) == [], path
    page.get_by_role("button", name="Sign in").click()
    assert page.evaluate(FAULTS) == []
    sign_in(page, patient.email)
    for path, heading in PAGES.items():
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert page.evaluate(FAULTS) == [], path


def test_signing_in_by_keyboard_alone(open_page):
    PatientFactory(with_account=True, email="ada@mail.example")
    page = open_page("/sign-in/")
    keyboard = page.keyboard
    keyboard.press("Tab")
    keyboard.press("Enter")
    for key in ("ada@mail.example", PASSWORD):
        keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        keyboard.type(key)
    keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Hello, Ada.")).to_be_visible()


BROKEN_WORDS = """() => {
  const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, range = document.createRange();
    if (text.parentElement.closest("script, style, option, .visually-hidden")) continue;
    for (const word of text.data.matchAll(/[^\\s-]+/g)) {
      if (word[0].includes("\\u00ad")) continue;  // It says itself where it may break.
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5);
      if (new Set(boxes.map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_open_at_their_top_and_words_are_whole_on_narrow_screens(open_page, language):
    patient = PatientFactory(with_account=True, language=language, email="ada@mail.example")
    public, own = (
        open_page("/privacy/", user=who, locale=language) for who in (None, patient.user)
    )
    paths = {
        public: ["/", "/privacy/", "/register/", "/sign-in/", "/claim/", "/claim/ask/"],
        own: ["/me/", "/me/profile/change/", "/me/people/", "/me/people/add/", "/password/change/"],
    }
    for page, addresses in paths.items():
        for path in addresses:
            page.set_viewport_size({"width": 1280, "height": 400})
            page.goto(path)
            assert page.evaluate("scrollY") == 0, path
            for width in (320, 360, 390):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(BROKEN_WORDS) == [], (path, width)
