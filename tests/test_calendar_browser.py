"""The console's calendar in a real browser: booking and moving with the mouse, a refused move that
snaps back and offers other times, and a doctor's own calendar."""

import re
from datetime import date, datetime, time, timedelta
from time import monotonic

import pytest
from django.utils import timezone
from playwright.sync_api import FloatRect, Locator, Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.scheduling.slots import instant
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from doctors.models import Absence, Doctor
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from tests.browser import PATIENCE, needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

HALF_HOUR = timedelta(minutes=30)
SLOT = 18  # Pixels of a quarter of an hour.
WIDE = {"viewport": {"width": 1280, "height": 1000}}
# What the Content-Security-Policy forbids, as the page itself is told.
WATCH = (
    "addEventListener('securitypolicyviolation', e => console.error('CSP', e.blockedURI, e.sample))"
)


def monday() -> date:
    return timezone.localdate(next_monday(9))


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    """A time on the clinic's clocks, some days after that Monday."""
    day = monday() + timedelta(days=days)
    return instant(day, time(hour, minute), timezone.get_default_timezone())


@pytest.fixture
def doctor() -> Doctor:
    return doctor_working("09:00-12:00", "13:00-17:00", first_name="Maria", last_name="Keller")


@pytest.fixture
def calendar(open_page, doctor):
    """`calendar(user, view)`: the doctor's calendar, drawn, before a user of the console."""

    def show(user=None, view: str = "week", **options) -> Page:
        own = "" if user else f"doctor={doctor.pk}&"
        path = f"/admin/calendar/?{own}view={view}&date={monday()}"
        user = user or UserFactory(role=Role.RECEPTIONIST)
        page = open_page(path, user=user, script=WATCH, **(WIDE | options))
        if options.get("java_script_enabled", True):
            expect(page.locator("#calendar")).to_have_attribute("aria-busy", "false")
            expect(page.locator(".ec-day").first).to_be_visible()
        return page

    return show


def event_of(page: Page, visit: Appointment) -> Locator:
    return page.locator(".ec-event:not(.ec-preview)").filter(has_text=visit.patient.last_name)


def stands(event: Locator, box: FloatRect | None) -> None:
    """Wait until the event stands there: it is drawn anew when the feed was asked again."""
    until = monotonic() + PATIENCE / 1000
    while event.bounding_box() != box:
        assert monotonic() < until, "It stands elsewhere."
        event.page.wait_for_timeout(50)


def point(page: Page, starts_at: datetime) -> tuple[float, float]:
    """Where this time of the clinic is drawn."""
    local = timezone.localtime(starts_at)
    column = page.locator(".ec-body .ec-day").nth((local.date() - monday()).days).bounding_box()
    quarters = (local.hour * 60 + local.minute) / 15
    return column["x"] + column["width"] / 2, column["y"] + quarters * SLOT


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0], start[1] + 6, steps=2)
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def drag_visit(page: Page, visit: Appointment, starts_at: datetime) -> None:
    """Take the visit two pixels below its upper edge to another time."""
    (x, y), (to_x, to_y) = point(page, visit.starts_at), point(page, starts_at)
    drag(page, (x, y + 4), (to_x, to_y + 4))


def find_patient(page: Page, text: str, choice: str) -> None:
    page.get_by_role("combobox", name="Patient").press_sequentially(text)
    page.get_by_role("option", name=re.compile(choice)).click()


def test_book_by_dragging_over_free_time(calendar, doctor):
    patient = PatientFactory(first_name="Grace", last_name="Hopper")
    page = calendar()

    drag(page, point(page, at(10)), point(page, at(10, 44)))

    dialog = page.get_by_role("dialog", name="Book a visit to Dr Maria Keller")
    expect(dialog.get_by_label("Start")).to_have_value(f"{monday()}T10:00")
    expect(dialog.get_by_label("Length in minutes")).to_have_value("45")
    dialog.get_by_role("button", name="Book").click()
    expect(dialog).to_be_visible()  # A patient is missing.
    find_patient(page, "hoper", "Grace Hopper")
    dialog.get_by_label("Reason for the visit").fill("Cough")
    dialog.get_by_role("button", name="Book").click()

    expect(page.get_by_role("status").get_by_text("Booked: Grace Hopper")).to_be_visible()
    expect(dialog).to_be_hidden()
    booked = Appointment.objects.get()
    assert (booked.patient, booked.doctor, booked.reason) == (patient, doctor, "Cough")
    assert (booked.starts_at, booked.ends_at) == (at(10), at(10, 45))
    event = event_of(page, booked)
    expect(event).to_contain_text("10:00")
    event.get_by_role("link").press("Enter")
    close_up = page.get_by_role("dialog", name="Grace Hopper")
    expect(close_up.get_by_role("link", name="Open")).to_be_focused()
    expect(close_up.get_by_role("link", name=patient.phone.as_international)).to_be_visible()
    page.keyboard.press("Escape")
    expect(close_up).to_be_hidden()
    event.get_by_role("link").click()
    close_up.get_by_role("link", name="Move").click()
    expect(page.get_by_role("heading", name="Move")).to_be_visible()


def test_a_taken_time_and_the_keyboard(calendar, doctor):
    """A click asks for a visit of the usual length; the alternatives are buttons in the dialog."""
    AppointmentFactory(doctor=doctor, starts_at=at(10, 15))
    patient = PatientFactory(first_name="Grace", last_name="Hopper")
    page = calendar()
    page.mouse.click(*point(page, at(10, 3)))

    expect(page.get_by_label("Length in minutes")).to_have_value("30")
    box = page.get_by_role("combobox", name="Patient")
    expect(box).to_be_focused()
    page.keyboard.type("hopper")
    expect(page.get_by_role("option", name=re.compile("Grace Hopper"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile("Grace Hopper"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This doctor is already booked then.")).to_be_visible()
    expect(dialog.get_by_label("Overbook, because")).to_be_visible()
    dialog.get_by_role("group", name="Free times").get_by_role("button").first.click()

    expect(page.get_by_text("Booked: Grace Hopper")).to_be_visible()
    assert Appointment.objects.get(patient=patient).duration == HALF_HOUR


def test_move_by_dragging_with_a_question_and_undo(calendar, doctor):
    visit = AppointmentFactory(doctor=doctor, starts_at=at(10))
    Absence.objects.create(doctor=doctor, starts_at=at(13, days=2), ends_at=at(17, days=2))
    page = calendar()

    drag_visit(page, visit, at(14, 30, days=2))

    said = page.get_by_role("status")
    expect(said.get_by_text("The doctor is absent then.")).to_be_visible()
    expect(event_of(page, visit)).to_contain_text("10:00")
    visit.refresh_from_db()
    assert visit.starts_at == at(10)
    said.get_by_role("button", name="Move all the same").click()

    expect(said.get_by_text(re.compile(r"Moved: .* 14:30 - 15:00"))).to_be_visible()
    expect(event_of(page, visit)).to_contain_text("14:30")
    visit.refresh_from_db()
    assert (visit.starts_at, visit.duration) == (at(14, 30, days=2), HALF_HOUR)

    said.get_by_role("button", name="Undo").click()

    expect(said.get_by_text(re.compile(r"Moved: .* 10:00 - 10:30"))).to_be_visible()
    expect(event_of(page, visit)).to_contain_text("10:00")
    visit.refresh_from_db()
    assert (visit.starts_at, visit.duration) == (at(10), HALF_HOUR)


def test_a_refused_move_snaps_back_and_offers_other_times(calendar, doctor):
    visit = AppointmentFactory(doctor=doctor, starts_at=at(10))
    taken = AppointmentFactory(doctor=doctor, starts_at=at(13, 30, days=1))
    page = calendar()
    before = event_of(page, visit).bounding_box()

    drag_visit(page, visit, at(13, 45, days=1))

    said = page.get_by_role("status")
    expect(said.get_by_text("This doctor is already booked then.")).to_be_visible()
    expect(event_of(page, visit)).to_have_count(1)
    stands(event_of(page, visit), before)
    visit.refresh_from_db()
    assert visit.starts_at == at(10)

    other = said.get_by_role("group", name="Free times").get_by_role("button").first
    label = other.inner_text()
    other.click()

    expect(said.get_by_text("Moved:")).to_be_visible()
    visit.refresh_from_db()
    local = timezone.localtime(visit.starts_at)
    assert f"{local:%H:%M}" in label
    assert not taken.starts_at - HALF_HOUR < visit.starts_at < taken.ends_at
    expect(event_of(page, visit)).to_contain_text(f"{local:%H:%M}")


def test_another_length_by_the_lower_edge(calendar, doctor):
    visit = AppointmentFactory(doctor=doctor, starts_at=at(10))
    page = calendar()
    x, y = point(page, at(10, 30))

    event_of(page, visit).hover()
    drag(page, (x, y - 3), (x, y - 3 + SLOT))

    expect(page.get_by_role("status").get_by_text("10:00 - 10:45")).to_be_visible()
    visit.refresh_from_db()
    assert visit.duration == timedelta(minutes=45)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_a_browser_in_another_zone_shows_and_moves_by_the_clinics_clocks(calendar, doctor, zone):
    visit = AppointmentFactory(doctor=doctor, starts_at=at(10))
    page = calendar(timezone_id=zone)

    expect(event_of(page, visit)).to_contain_text("10:00")
    drag_visit(page, visit, at(15, days=1))

    expect(page.get_by_text(re.compile(r"Moved: .* 15:00 - 15:30"))).to_be_visible()
    visit.refresh_from_db()
    assert visit.starts_at == at(15, days=1)


def test_move_to_another_day_of_the_month(calendar, doctor):
    visit = AppointmentFactory(doctor=doctor, starts_at=at(10))
    page = calendar(view="month")
    event = event_of(page, visit).bounding_box()
    start = event["x"] + event["width"] / 2, event["y"] + event["height"] / 2

    drag(page, start, (start[0] + page.locator(".ec-day").first.bounding_box()["width"], start[1]))

    expect(page.get_by_role("status").get_by_text(re.compile("Moved: .* Tuesday"))).to_be_visible()
    visit.refresh_from_db()
    assert visit.starts_at == at(10, days=1)


def test_a_doctor_sees_the_own_calendar(calendar):
    own = AppointmentFactory(doctor=DoctorFactory(with_account=True), starts_at=at(10))
    foreign = AppointmentFactory(starts_at=at(10))

    page = calendar(own.doctor.user)

    expect(event_of(page, own)).to_be_visible()
    expect(event_of(page, foreign)).to_have_count(0)
    expect(page.get_by_label("Doctor")).to_have_count(0)
    assert foreign.patient.last_name not in page.content()
    drag_visit(page, own, at(11))
    expect(page.get_by_role("status").get_by_text("11:00 - 11:30")).to_be_visible()


def test_without_scripts_the_week_is_a_table(calendar, doctor):
    visit = AppointmentFactory(doctor=doctor, starts_at=at(10))
    page = calendar(java_script_enabled=False)

    row = page.get_by_role("row", name=visit.patient.record_number)
    expect(row.get_by_role("cell", name="Booked")).to_be_visible()
    page.get_by_role("link", name="The week after").click()
    expect(page.get_by_role("cell", name="No visits")).to_have_count(7)
    page.get_by_role("link", name="The week before").click()
    row.get_by_role("link", name="10:00 - 10:30").click()
    expect(page.get_by_role("heading", name="Move")).to_be_visible()
