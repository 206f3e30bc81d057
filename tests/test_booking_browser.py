"""Patients book, move and cancel visits and wait for others in a real browser, with JavaScript and
without, on a phone and in the dark."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from appointments.models import Appointment, WaitlistEntry
from appointments.services import book
from appointments.tests.factories import AppointmentFactory, GroupSessionFactory
from appointments.tests.offering import doctor_at, mill_lane, offer, ultrasound
from appointments.tests.pages import confirm_path, free_times, verified_patient, working_doctor
from doctors.models import Doctor, Location
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests.browser import PHONE, needs_browser
from tests.test_patient_browser import FAULTS, sign_in, work_off_jobs

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

WAYS = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])


@pytest.fixture
def patient() -> Patient:
    return verified_patient(first_name="Ada", email="ada@mail.example")


@pytest.fixture
def doctor() -> Doctor:
    return working_doctor(last_name="Keller", specialization="Cardiology")


@pytest.fixture
def visit(patient, doctor) -> Appointment:
    slot = free_times(doctor)[0]
    wanted = AppointmentFactory.build(
        patient=patient, doctor=doctor, starts_at=slot.starts_at, ends_at=slot.ends_at
    )
    return book(wanted, by=patient.user)


@pytest.fixture
def signed_in_page(open_page, patient):
    def signed_in_page(path: str, javascript: bool) -> Page:
        return open_page(path, user=patient.user, java_script_enabled=javascript, **PHONE)

    return signed_in_page


def link_of_offer() -> str:
    """The path in the last mail that offers a time."""
    work_off_jobs()
    [message] = [one for one in mail.outbox if one.subject.startswith("A time is free")][-1:]
    return re.search(r"http://127.0.0.1:8000(/\S+)", message.body).group(1)


def words_for(instant) -> str:
    return f"{timezone.localtime(instant):%A, %-d %B %Y, %H:%M}"


@WAYS
def test_booking_after_a_refusal(open_page, patient, doctor, javascript):
    working_doctor(last_name="Zorn", specialization="Cardiology")
    page = open_page("/sign-in/?next=/me/", java_script_enabled=javascript, **PHONE)
    sign_in(page, patient.email)
    page.get_by_role("link", name="Book an appointment").last.click()
    page.get_by_role("link", name="Any doctor for Cardiology").click()
    expect(page.get_by_role("heading", name="Cardiology", level=1)).to_be_visible()
    expect(page.locator(".day[aria-current=date]")).to_have_count(1)
    page.get_by_role("link", name="The week after").click()
    page.get_by_role("link", name=re.compile("^Monday")).click()
    page.get_by_role("link", name=re.compile("10:30.*Keller")).click()
    expect(page.get_by_role("heading", name="Book this time?")).to_be_visible()
    monday = re.search(r"starts=([^&]+)", page.url)[1]
    taken = next(slot for slot in free_times(doctor, 21) if monday in confirm_path(slot))
    AppointmentFactory(doctor=doctor, starts_at=taken.starts_at, ends_at=taken.ends_at)
    page.get_by_label("What is it about?").fill("My heart\nand my knee")
    refuse(page)

    page.get_by_role("link", name=re.compile("11:00.*Keller")).click()
    page.get_by_role("button", name="Book this time").click()

    expect(page.get_by_text("Your visit is booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="What to bring")).to_be_visible()
    visit = Appointment.objects.get(patient=patient)
    assert (visit.starts_at, visit.doctor) == (taken.ends_at, doctor)
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Your visit", exact=True)).to_be_visible()


def test_booking_by_type_on_a_phone_and_moving_to_another_place(open_page, patient):
    """What, with whom, where, when: each page is sound, and says of buffers nothing."""
    lane, harbour = mill_lane(), Location.objects.create(name="Harbour", address="3 Quay Street")
    near, far = doctor_at(lane, last_name="Adler"), doctor_at(harbour, last_name="Zorn")
    scan = ultrasound()
    offer(scan, near, far)
    group = ultrasound(name="Yoga group", description="In a group.")
    starts_at = free_times(near)[-1].starts_at + timedelta(hours=8)
    ends_at = starts_at + timedelta(hours=1)
    GroupSessionFactory(service=group, doctor=near, starts_at=starts_at, ends_at=ends_at)
    page = open_page("/me/", user=patient.user, **PHONE)

    def click(role: str, name: str | re.Pattern) -> None:
        page.get_by_role(role, name=name).first.click()
        page.wait_for_load_state()
        assert page.evaluate(FAULTS) == [], page.url
        assert page.evaluate(PALE) == [], page.url
        assert "10 minutes" not in page.content()

    click("link", "Book an appointment")
    expect(page.get_by_text("40 minutes, 45.00 EUR").first).to_be_visible()
    click("link", re.compile("^Yoga group"))
    expect(page.get_by_text("places left")).to_be_visible()
    click("link", "Choose something else")
    click("link", re.compile("^Ultrasound"))
    click("link", "Free times of anybody who offers it")
    expect(page.locator(".time-place").first).to_be_visible()
    click("link", "Harbour")
    expect(page.locator(".time", has_text="Adler")).to_have_count(0)
    click("link", re.compile("10:20.*Zorn"))
    for words in ("Ultrasound", "Please drink a litre", "40 minutes", "45.00 EUR", "3 Quay Street"):
        expect(page.locator("main").get_by_text(words).first).to_be_visible()
    click("button", "Book this time")
    expect(page.get_by_text("Your visit is booked.")).to_be_visible()
    visit = Appointment.objects.get()
    assert (visit.service, visit.location, visit.doctor) == (scan, harbour, far)

    click("link", "Move the visit")
    click("link", "Show those of anybody who offers it")
    click("link", "All places")
    click("link", re.compile("11:00.*Adler"))
    expect(page.get_by_text("12 Mill Lane; left")).to_be_visible()
    expect(page.get_by_text("3 Quay Street")).to_be_visible()
    click("button", "Move it")
    expect(page.get_by_text("Your visit is moved.")).to_be_visible()
    visit.refresh_from_db()
    assert (visit.service, visit.location, visit.doctor) == (scan, lane, near)


def refuse(page: Page) -> None:
    """Press the button, though somebody was faster."""
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="This time is gone")).to_be_visible()
    expect(page.get_by_text("perhaps somebody was a little faster")).to_be_visible()


@WAYS
def test_moving_a_visit(signed_in_page, visit, doctor, javascript):
    later = free_times(doctor)[2]
    page = signed_in_page("/me/", javascript)
    page.get_by_role("link", name="Move the visit").click()
    expect(page.get_by_text(words_for(visit.starts_at))).to_be_visible()
    page.goto(f"{page.url}?date={timezone.localdate(later.starts_at)}")
    page.get_by_role("link", name=f"{timezone.localtime(later.starts_at):%H:%M}").first.click()
    expect(page.get_by_role("heading", name="Move your visit to this time?")).to_be_visible()
    expect(page.get_by_text(words_for(visit.starts_at))).to_be_visible()
    page.get_by_role("button", name="Move it").click()

    expect(page.get_by_text("Your visit is moved.")).to_be_visible()
    moved = Appointment.objects.get()
    assert (moved.pk, moved.starts_at) == (visit.pk, later.starts_at)


@WAYS
def test_cancelling_a_visit(signed_in_page, visit, javascript):
    page = signed_in_page("/me/", javascript)
    page.get_by_role("link", name="Cancel the visit").click()
    page.get_by_label("I feel better").check()
    page.get_by_label("Anything the clinic should know?").fill("Thank you!")
    page.get_by_role("button", name="Cancel the visit").click()

    expect(page.get_by_text("Your visit is cancelled.")).to_be_visible()
    change = visit.history.get(to_status="cancelled")
    assert (change.reason_code, change.reason) == ("pat-fb", "Thank you!")
    page.get_by_role("link", name="Past visits").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()


@WAYS
def test_waiting_and_accepting_by_the_mails_link(signed_in_page, open_page, doctor, javascript):
    page = signed_in_page(f"/me/book/?doctor={doctor.pk}", javascript)
    page.get_by_role("link", name="Tell me when something becomes free").click()
    page.get_by_label("First day that suits").fill(f"{timezone.localdate() + timedelta(days=2)}")
    page.get_by_label("Not before").fill("11:00")
    page.get_by_role("button", name="Put me on the waitlist").click()
    expect(page.get_by_role("heading", name="You are waiting for")).to_be_visible()

    link = link_of_offer()
    page.reload()
    expect(page.get_by_role("heading", name="A time has become free")).to_be_visible()
    offered = open_page(link, java_script_enabled=javascript)
    assert "token" not in offered.url
    assert not Appointment.objects.exists()
    offered.get_by_role("button", name="Book this time").click()

    expect(offered.get_by_role("heading", name="The visit is booked")).to_be_visible()
    visit = Appointment.objects.get()
    assert f"{timezone.localtime(visit.starts_at):%H:%M}" == "11:00"
    page.reload()
    expect(page.get_by_role("link", name="Move the visit")).to_be_visible()
    expect(page.get_by_role("heading", name="You are waiting for")).to_have_count(0)


def test_leaving_the_waitlist_and_declining(signed_in_page, patient, doctor):
    page = signed_in_page("/me/waitlist/?specialization=Cardiology", True)
    page.get_by_role("button", name="Put me on the waitlist").click()
    link_of_offer()
    page.reload()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("The place on the waitlist is kept.")).to_be_visible()
    page.get_by_role("button", name="Leave the waitlist for Cardiology").click()

    expect(page.get_by_text("You are off the waitlist for Cardiology.")).to_be_visible()
    assert WaitlistEntry.objects.get().state == "left"
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_sound_and_fits(open_page, visit, patient, doctor, scheme, width):
    Doctor.objects.update(last_name="W" * 50, specialization="M" * 100)
    doctor.refresh_from_db()
    slot = free_times(doctor)[1]
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    page = open_page(f"/me/waitlist/?doctor={doctor.pk}", user=patient.user, **options)
    page.get_by_role("button", name="Put me on the waitlist").click()
    offered = link_of_offer()
    own = f"/me/visits/{visit.pk}/"
    for path in (
        *("/me/", "/me/visits/past/", "/me/book/", "/me/book/?q=nobody", own, f"{own}cancel/"),
        *(f"/me/book/?doctor={doctor.pk}", f"/me/book/?specialization={'M' * 100}"),
        *(confirm_path(slot), confirm_path(slot).replace(":00Z", ":07Z"), f"{own}move/"),
        *(f"{own}move/?{confirm_path(slot).partition('?')[2]}", offered, "/offer/"),
    ):
        page.goto(path)
        assert page.evaluate(FAULTS) == [], path
        assert page.evaluate(PALE) == [], path


def test_without_a_confirmed_address(open_page, doctor):
    patient = PatientFactory(with_account=True)
    page = open_page(f"/sign-in/?next=/me/book/?doctor={doctor.pk}", **PHONE)
    sign_in(page, patient.email)
    expect(page.get_by_role("heading", name="First confirm your e-mail address")).to_be_visible()
    page.locator(".time").first.click()
    expect(page.get_by_role("button", name="Send the mail again")).to_be_visible()
    expect(page.get_by_role("button", name="Book this time")).to_have_count(0)
    assert page.evaluate(FAULTS) == []


def test_booking_by_keyboard_alone(signed_in_page, doctor):
    page = signed_in_page(f"/me/book/?doctor={doctor.pk}", True)
    times = page.locator(".time").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if times.evaluate("e => e === document.activeElement"):
            break
    assert times.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Book this time?")).to_be_visible()
    page.get_by_role("button", name="Book this time").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your visit is booked.")).to_be_visible()


# Words whose colour is too near to that of their ground (WCAG 2.2, 1.4.3).
PALE = """() => {
  const parts = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const e of document.querySelectorAll("main *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) pale.push(`${contrast.toFixed(1)}: ${e.outerHTML.slice(0, 80)}`);
  }
  return pale;
}"""
