"""Registering in a real browser: on a phone, by keyboard, without JavaScript."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg
from patients.tests.registration import PASSWORD
from tests.browser import PHONE, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

URL = "/register/"
ID_PHOTO = {"name": "id.jpg", "mimeType": "image/jpeg", "buffer": jpeg(640, 400)}


def fill_in(page: Page) -> None:
    page.get_by_label("First name").fill("Grace")
    page.get_by_label("Last name").fill("Hopper")
    page.get_by_label("Day").fill("9")
    page.get_by_label("Month").select_option("December")
    page.get_by_label("Year").fill("1986")
    page.get_by_label("Female", exact=True).check()
    page.get_by_label("E-mail address").fill("grace@mail.example")
    page.get_by_label("Phone number", exact=True).fill("030 901820")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password once more").fill(PASSWORD)
    page.get_by_label("Street").fill("Uferweg 7")
    page.get_by_label("Postal code").fill("10115")
    page.get_by_label("Town or city").fill("Berlin")
    page.get_by_label("Photo of your ID").set_input_files(ID_PHOTO)
    page.get_by_label("I have read").check()


def send(page: Page) -> None:
    page.get_by_role("button", name="Register", exact=True).click()


def test_from_the_first_page_to_the_thanks_on_a_phone(open_page):
    page = open_page("/", **PHONE)
    page.get_by_role("link", name="Register as a patient").click()
    fill_in(page)
    preview = page.get_by_alt_text("The photo that you chose")
    expect(preview).to_be_visible()
    expect(preview).to_have_js_property("naturalWidth", 640)
    send(page)

    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()
    patient = Patient.objects.get()
    expect(page.get_by_text(patient.record_number)).to_be_visible()
    assert str(patient.pk) not in page.url + page.content()
    assert (patient.document.width, patient.document.height) == (640, 400)
    page.reload()
    expect(page.get_by_text(patient.record_number)).to_be_visible()
    assert Patient.objects.count() == 1


def test_a_photo_too_small_to_read_is_told_before_it_is_sent(open_page):
    page = open_page(URL, **PHONE)
    field = page.get_by_label("Photo of your ID")

    field.set_input_files(ID_PHOTO | {"buffer": jpeg(200, 126)})

    told = page.get_by_text("Its longer side must have at least 600 pixels.")
    expect(told).to_be_visible()
    expect(page.get_by_alt_text("The photo that you chose")).to_be_hidden()
    field.set_input_files(ID_PHOTO)
    expect(page.get_by_alt_text("The photo that you chose")).to_be_visible()
    expect(told).to_be_hidden()


def test_by_keyboard_alone(open_page):
    page = open_page(URL)
    keyboard = page.keyboard
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Open your account")).to_be_focused()
    keys = [
        "Grace", "Hopper", "9", "December", "1986", "Space", "grace@mail.example",
        "030 901820", PASSWORD, "Show", PASSWORD, "Show", "Uferweg 7", "10115", "Berlin", "BE",
        "Germany", "photo", "More", "Space", "Tab",
    ]  # fmt: skip
    for key in keys:
        keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if key == "Space":
            keyboard.press(key)
        elif key == "photo":  # The system's own dialog for files opens here.
            photo = page.get_by_label("Photo of your ID")
            expect(photo).to_be_focused()
            photo.set_input_files(ID_PHOTO)
        elif key == "Show":
            expect(page.locator(":focus")).to_have_accessible_name("Show the password")
        elif key == "More":
            assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        elif key == "Tab":
            expect(page.get_by_role("link", name="privacy notice")).to_be_focused()
        else:
            keyboard.type(key)
    keyboard.press("Tab")
    expect(page.get_by_role("button", name="Register")).to_be_focused()
    keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()
    patient = Patient.objects.get()
    assert (patient.gender, patient.state, patient.country) == ("female", "BE", "DE")


def test_empty_fields_are_found_before_sending_and_the_photo_stays(open_page):
    page = open_page(URL, **PHONE)
    fill_in(page)
    page.get_by_label("Last name").fill("")
    page.get_by_label("Year").fill("")
    page.get_by_label("I have read").uncheck()
    send(page)

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_text(
        [
            "Enter your last name.",
            "Enter your date of birth: day, month and year.",
            "Please agree to the privacy notice to register online.",
        ]
    )
    summary.get_by_role("link", name="Enter your last name.").click()
    name = page.get_by_label("Last name")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description("Enter your last name.")
    assert page.evaluate("document.querySelector('[type=file]').files.length") == 1
    assert not Patient.objects.exists()

    name.fill("Hopper")
    page.get_by_label("Year").fill("1986")
    page.get_by_label("I have read").check()
    send(page)
    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()


def test_what_the_server_finds_takes_the_focus(open_page):
    PatientFactory(email="grace@mail.example")
    page = open_page(URL)
    fill_in(page)
    send(page)

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_text(
        [
            "Email is already registered",
            "Sign in",
            "choose a new password by mail",
            "open your account",
        ]
    )
    email = page.get_by_label("E-mail address")
    expect(email).to_have_value("grace@mail.example")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(
        "We send the confirmation there, and you sign in with it. Email is already registered"
    )
    expect(page.get_by_alt_text("Your photo, small")).to_be_visible()
    assert "Please check" in page.title()


def test_a_password_can_be_shown_and_tells_how_strong_it_is(open_page):
    page = open_page(URL)
    password = page.get_by_label("Password", exact=True)
    strength = page.get_by_role("status").filter(has_text="needed")
    password.press_sequentially("correct")
    expect(strength).to_have_text(
        "Still needed: 8 characters or more, upper and lower case letters, a digit, "
        "a special character"
    )
    password.press_sequentially("-Horse9")
    expect(page.get_by_text("Good. The longer, the better.")).to_be_visible()

    show = page.get_by_role("button", name="Show the password").first
    show.click()
    expect(password).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(password).to_have_attribute("type", "password")


def test_folded_fields_open_where_they_have_a_fault(open_page):
    page = open_page(URL)
    fill_in(page)
    contact = page.get_by_label("Their phone number")
    expect(contact).to_be_hidden()
    page.get_by_text("Emergency contact and insurance").click()
    contact.fill("12")
    send(page)

    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Their phone number")).to_be_focused()


def test_a_double_click_registers_once(open_page):
    page = open_page(URL)
    fill_in(page)
    page.get_by_role("button", name="Register").dblclick()

    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("mime_type", "content", "sentence"),
    [
        ("application/pdf", b"%PDF-1.7", "This file is no JPEG or PNG image."),
        ("image/png", b"\x89PNG\r\n\x1a\n", "This image can't be read."),
    ],
)
def test_a_file_that_is_no_photo_is_told_at_once(open_page, mime_type, content, sentence):
    page = open_page(URL)
    photo = page.get_by_label("Photo of your ID")
    photo.set_input_files({"name": "id", "mimeType": mime_type, "buffer": content})

    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_alt_text("The photo that you chose")).to_be_hidden()
    photo.set_input_files(ID_PHOTO)
    expect(page.get_by_text(sentence)).to_be_hidden()
    expect(page.get_by_alt_text("The photo that you chose")).to_be_visible()


def test_a_photo_over_5_mb_is_made_smaller_before_it_is_sent(open_page):
    large = BytesIO()
    Image.effect_noise((3600, 2400), 90).convert("RGB").save(large, "JPEG", quality=95)
    assert large.tell() > 5 * 1024 * 1024
    page = open_page(URL)
    fill_in(page)
    photo = page.get_by_label("Photo of your ID")
    photo.set_input_files(ID_PHOTO | {"buffer": large.getvalue()})
    expect(page.get_by_alt_text("The photo that you chose")).to_be_visible()
    send(page)

    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()
    document = Patient.objects.get().document
    assert (document.width, document.height) == (3000, 2000)


def test_without_javascript(open_page):
    page = open_page(URL, java_script_enabled=False, **PHONE)
    send(page)
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("link")).to_have_count(12)
    expect(summary).to_be_focused()
    fill_in(page)
    send(page)

    expect(page.get_by_role("heading", name="Thank you, Grace.")).to_be_visible()
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("path", ["/", "/privacy/", URL])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_narrow_screen(open_page, path, scheme):
    page = open_page(path, viewport={"width": 320, "height": 640}, color_scheme=scheme)
    if path == URL:
        send(page)
        expect(page.get_by_role("alert")).to_be_visible()

    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth") <= page.evaluate(f"{root}.clientWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select")]
            .filter((e) => e.checkVisibility() && !e.closest("p, label, .skip"))
            .map((e) => [e.outerHTML, e.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 22 || box.height < 22))
            .map(([html]) => html)"""
    )
    assert small == []


def test_thanks_with_a_long_name_fit_a_narrow_screen(open_page):
    page = open_page(URL, viewport={"width": 320, "height": 640})
    fill_in(page)
    page.get_by_label("First name").fill("W" * 50)
    page.get_by_label("E-mail address").fill("w" * 60 + "@mail.example")
    send(page)

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth") <= page.evaluate(f"{root}.clientWidth")
