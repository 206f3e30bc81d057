"""The board in a real browser: two desks at once, lost touch, undo, keys, walk-in, a doctor."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import SignIn, User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from tests.browser import PATIENCE, enter, needs_browser, sign_in

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

LOST = "No connection to the clinic since"


def visit_now(minutes: int = 0, **fields) -> Appointment:
    """A visit that begins so many minutes from now."""
    starts_at = timezone.now() + timedelta(minutes=minutes)
    return AppointmentFactory.past(starts_at=starts_at, **fields)


@pytest.fixture(autouse=True)
def _forenoon():
    """Midnight is far away, whenever the tests run."""
    ten = timezone.localtime().replace(hour=10, minute=0) + timedelta(days=1)
    with time_machine.travel(ten, tick=True):
        yield


@pytest.fixture
def log_in(open_page) -> Callable[..., Page]:
    def log_in(user: User | None = None, path: str = "/admin/", **options) -> Page:
        return open_page(path, user=user or UserFactory(role=Role.RECEPTIONIST), **options)

    return log_in


def card(page: Page, visit: Appointment):
    return page.locator(f"#v-{visit.pk}")


def status_of(visit: Appointment) -> str:
    visit.refresh_from_db()
    return visit.status


def press(page: Page, visit: Appointment, button: str) -> None:
    card(page, visit).hover()
    card(page, visit).get_by_role("button", name=button).click()


def test_a_step_at_one_desk_shows_at_the_other(log_in):
    visit = visit_now()
    one, other = log_in(), log_in()
    for page in (one, other):
        expect(card(page, visit).get_by_text("Booked", exact=True)).to_be_visible()
    other.evaluate("window.stays = true")

    press(one, visit, "Check in")
    expect(card(one, visit).get_by_text("Checked in")).to_be_visible()

    expect(card(other, visit).get_by_text("Checked in")).to_be_visible()
    assert other.evaluate("window.stays"), "It was not loaded anew."
    late = visit_now(20)
    expect(card(other, late)).to_be_visible()


def test_a_visit_from_its_card_to_its_end_and_each_step_undone(log_in):
    visit = visit_now()
    page = log_in()
    page.evaluate("window.stays = true")

    for button, word in (("Check in", "Checked in"), ("Start", "In consultation")):
        press(page, visit, button)
        expect(card(page, visit).get_by_text(word, exact=True)).to_be_visible()
    press(page, visit, "Finish")
    expect(card(page, visit).get_by_text("Fulfilled")).to_be_visible()
    assert status_of(visit) == Status.FULFILLED

    expect(page.locator("#notes").get_by_text("fulfilled.")).to_be_visible()
    page.locator("#notes").get_by_role("button", name="Undo").click()
    expect(card(page, visit).get_by_text("In consultation")).to_be_visible()
    press(page, visit, "Undo")
    expect(card(page, visit).get_by_text("Checked in")).to_be_visible()
    assert status_of(visit) == Status.CHECKED_IN
    assert page.evaluate("window.stays")


def test_cancelling_asks_why_and_is_undone(log_in):
    visit = visit_now()
    page = log_in()

    card(page, visit).hover()
    card(page, visit).get_by_role("link", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel visit")
    dialog.get_by_role("button", name="Back").click()
    expect(dialog).to_be_hidden()
    assert status_of(visit) == Status.BOOKED

    card(page, visit).get_by_role("link", name="Cancel").click()
    dialog.get_by_label("Why").select_option("pat")
    dialog.get_by_label("In words").fill("Has called")
    dialog.get_by_role("button", name="Cancel visit").click()
    expect(card(page, visit).get_by_text("Cancelled")).to_be_visible()
    assert visit.history.get().reason == "Has called"

    page.locator("#notes").get_by_role("button", name="Undo").click()
    expect(card(page, visit).get_by_text("Booked", exact=True)).to_be_visible()


def test_all_of_it_works_without_javascript(open_page):
    visit, late = visit_now(30), visit_now(-15)
    page = open_page("/admin/", java_script_enabled=False)
    page.get_by_label("E-mail").fill(UserFactory(role=Role.RECEPTIONIST).email)
    page.get_by_label("Password").fill(PASSWORD)
    enter(page)

    expect(card(page, late).get_by_text(re.compile("1[56] min late"))).to_be_visible()
    press(page, late, "No-show")
    expect(card(page, late).locator(".status")).to_have_text("No-show")
    page.locator("#notes").get_by_role("button", name="Undo").click()
    expect(card(page, late).locator(".status")).to_have_text("Booked")
    card(page, visit).hover()
    card(page, visit).get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Cancel visit").click()
    expect(card(page, visit).locator(".status")).to_have_text("Cancelled")
    expect(page).to_have_url(re.compile(rf"/admin/\?day=.*#v-{visit.pk}$"))


@pytest.mark.parametrize("way", ["refused", "unavailable"])
def test_lost_touch_is_said_and_found_again(open_page, browser, live_server, way):
    """Outside of `log_in`: the browser itself reports what fails here."""
    visit, desk = visit_now(), UserFactory(role=Role.RECEPTIONIST)
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(PATIENCE)
    sign_in(context, signed_in(desk), live_server.url)
    page = context.new_page()
    page.goto("/admin/")
    expect(card(page, visit)).to_be_visible()

    fail = {"refused": lambda r: r.abort(), "unavailable": lambda r: r.fulfill(status=503)}
    page.route("**/admin/board/**", fail[way])
    expect(page.get_by_role("alert")).to_contain_text(LOST)
    Appointment.objects.filter(pk=visit.pk).update(
        status=Status.CHECKED_IN, updated_at=timezone.now()
    )
    page.unroute("**/admin/board/**")

    expect(page.get_by_role("alert")).to_have_text("")
    expect(card(page, visit).get_by_text("Checked in")).to_be_visible()
    context.close()


def test_who_is_signed_out_is_told(log_in):
    desk = UserFactory(role=Role.RECEPTIONIST)
    visit_now()
    page = log_in(desk)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    ended = {"ended_at": timezone.now(), "ended_because": SignIn.Ended.BY_USER}
    SignIn.objects.filter(user=desk).update(**ended)

    expect(page.get_by_role("alert")).to_contain_text("signed out")
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_hidden_page_rests_and_is_current_at_once_when_seen(log_in):
    visit = visit_now()
    page = log_in()
    expect(card(page, visit)).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"

    page.evaluate(hide % "true")
    page.wait_for_timeout(500)
    asked.clear()
    page.wait_for_timeout(4500)
    assert not asked
    Appointment.objects.filter(pk=visit.pk).update(
        status=Status.CHECKED_IN, updated_at=timezone.now()
    )
    page.evaluate(hide % "false")

    expect(card(page, visit).get_by_text("Checked in")).to_be_visible()


def test_keys(log_in):
    doctor = doctor_working("00:00-00:00")
    first, second = visit_now(0, doctor=doctor), visit_now(40, doctor=doctor)
    other = visit_now(0)
    page = log_in()
    expect(card(page, first)).to_be_visible()
    cards = [page.locator(".card").nth(number).get_attribute("id") for number in range(3)]

    page.keyboard.press("j")
    expect(page.locator(f"#{cards[0]}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#{cards[1]}")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.locator(f"#{cards[0]}").get_by_text("Checked in")).to_be_visible()
    expect(page.locator(f"#{cards[0]}")).to_be_focused()
    page.keyboard.press("ArrowRight")
    crossed = page.evaluate("document.activeElement.id")
    assert crossed in {f"v-{one.pk}" for one in (first, second, other)} - {cards[0][2:]}

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("n")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Tomorrow")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_walk_in_is_booked_in_the_next_gap(log_in, script):
    doctor = doctor_working("00:00-00:00", first_name="Maria", last_name="Keller")
    grace = PatientFactory(first_name="Grace", last_name="Hopper")
    PatientFactory(first_name="Gracy", last_name="Hopper")
    page = log_in(path="/admin/walk-in/", java_script_enabled=script)
    expect(page.get_by_role("link", name="Register a new patient")).to_be_visible()

    if script:
        page.get_by_role("combobox", name="Patient").press_sequentially("grace hop")
        page.get_by_role("option", name=re.compile("^Grace Hopper")).click()
    else:
        page.get_by_role("textbox", name="Patient", exact=True).fill("Hopper")
        page.get_by_role("button", name="Book").click()
        page.get_by_role("radio", name=re.compile("Grace Hopper")).check()
    page.get_by_label("Reason for the visit").fill("Cough")
    page.get_by_role("button", name="Book").click()

    expect(page.get_by_text("Grace Hopper: booked for")).to_be_visible()
    booked = Appointment.objects.get()
    assert (booked.patient, booked.doctor, booked.reason) == (grace, doctor, "Cough")
    assert timedelta(0) < booked.starts_at - booked.booked_at <= timedelta(minutes=5)
    expect(card(page, booked)).to_be_visible()


def test_a_doctor_sees_and_steps_in_the_own_column(log_in):
    doctor = doctor_working("00:00-00:00", with_account=True)
    mine = visit_now(doctor=doctor, patient=PatientFactory(last_name="Curie"))
    CareAssignmentFactory(doctor=doctor, patient=mine.patient)
    theirs = visit_now(patient=PatientFactory(last_name="Wobblethorpe"))
    page = log_in(doctor.user)

    expect(page.locator(".board-column")).to_have_count(1)
    expect(card(page, theirs)).to_have_count(0)
    press(page, mine, "Check in")
    expect(card(page, mine).get_by_text("Checked in")).to_be_visible()
    page.goto("/admin/walk-in/")
    expect(page.get_by_role("link", name="Register a new patient")).to_have_count(0)
    patient = page.get_by_role("combobox", name="Patient")
    patient.press_sequentially("Curie")
    expect(page.get_by_role("option", name=mine.patient.last_name)).to_be_visible()
    patient.fill("Wobblethorpe")
    expect(page.get_by_text("Nobody is found.")).to_be_visible()


def test_twelve_doctors_scroll_inside_the_board(log_in):
    for _ in range(12):
        visit_now(doctor=doctor_working("00:00-00:00"))
    page = log_in(viewport={"width": 1280, "height": 800})
    board = page.get_by_role("region", name="The day by doctor")

    widths = board.evaluate("board => [board.scrollWidth, board.clientWidth]")
    assert widths[0] > widths[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    board.evaluate("board => { board.scrollLeft = 900; board.scrollTop = 700; }")
    times, heads = page.locator(".board-times"), page.locator(".board-doctor").last
    assert abs(times.bounding_box()["x"] - board.bounding_box()["x"]) < 3
    assert abs(heads.bounding_box()["y"] - board.bounding_box()["y"]) < 3


def test_a_doctor_with_visits_side_by_side_has_room_for_them(log_in):
    doctor = doctor_working("00:00-00:00")
    one = visit_now(doctor=doctor)
    other = visit_now(5, doctor=doctor, overbook_reason="Urgent")
    for _ in range(8):
        visit_now(doctor=doctor_working("00:00-00:00"))
    page = log_in(viewport={"width": 1280, "height": 800})

    left, right = (card(page, visit).bounding_box() for visit in (one, other))
    column = page.locator(".board-column", has=card(page, one)).bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert right["x"] + right["width"] <= column["x"] + column["width"]
    assert min(left["width"], right["width"]) > 120


def test_the_day_sheet_prints_a_page_for_each_doctor(log_in):
    for _ in range(3):
        visit_now(doctor=doctor_working("00:00-00:00"))
    page = log_in(path="/admin/day-sheet/")
    expect(page.get_by_role("button", name="Print")).to_be_visible()

    pdf = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 3


def test_a_visit_of_another_day_is_asked_about_in_a_dialog(log_in):
    visit = visit_now(24 * 60)
    page = log_in()
    page.goto(f"{page.url.partition('?')[0]}?day={timezone.localdate(visit.starts_at)}")

    press(page, visit, "Check in")
    dialog = page.get_by_role("dialog", name="Check in")
    expect(dialog.get_by_text("Check in today all the same?")).to_be_visible()
    dialog.get_by_role("button", name="Back").click()
    assert status_of(visit) == Status.BOOKED
    press(page, visit, "Check in")
    dialog.get_by_role("button", name="Check in all the same").click()

    expect(card(page, visit).get_by_text("Checked in")).to_be_visible()
    assert status_of(visit) == Status.CHECKED_IN
