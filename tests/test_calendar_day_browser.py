"""The doctors' day side by side in a real browser: a visit is dragged to another doctor, a refused
move snaps back, and free time is dragged over to book with the doctor whose it is."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.scheduling.slots import instant
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from doctors.models import Absence, Doctor, ServiceDoctor
from doctors.tests.factories import HealthcareServiceFactory
from patients.tests.factories import PatientFactory
from tests.browser import needs_browser
from tests.test_calendar_browser import SLOT, WATCH, WIDE, drag, event_of, find_patient, stands

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

HALF_HOUR = timedelta(minutes=30)


def monday() -> date:
    return timezone.localdate(next_monday(9))


def at(hour: int, minute: int = 0) -> datetime:
    return instant(monday(), time(hour, minute), timezone.get_default_timezone())


@pytest.fixture
def doctors() -> list[Doctor]:
    """In the order of their columns."""
    return [
        doctor_working("09:00-12:00", "13:00-17:00", first_name=first, last_name=last)
        for first, last in (("Ada", "Abel"), ("Maria", "Keller"), ("Yang", "Young"))
    ]


@pytest.fixture
def day(open_page, doctors):
    """`day()`: that Monday, drawn, before the front desk."""

    def show(**options) -> Page:
        path, user = f"/admin/calendar/?view=day&date={monday()}", UserFactory()
        page = open_page(path, user=user, script=WATCH, **(WIDE | options))
        if options.get("java_script_enabled", True):
            expect(page.locator("#calendar")).to_have_attribute("aria-busy", "false")
            expect(page.locator(".ec-body .ec-day")).to_have_count(len(doctors))
        return page

    return show


def point(page: Page, column: int, starts_at: datetime) -> tuple[float, float]:
    """Where this time is drawn in a doctor's column."""
    local = timezone.localtime(starts_at)
    box = page.locator(".ec-body .ec-day").nth(column).bounding_box()
    quarters = (local.hour * 60 + local.minute) / 15
    return box["x"] + box["width"] / 2, box["y"] + quarters * SLOT


def drag_visit(page: Page, visit: Appointment, columns: tuple[int, int], to: datetime) -> None:
    """Take the visit near its upper edge to another doctor's column and time."""
    (x, y), (to_x, to_y) = point(page, columns[0], visit.starts_at), point(page, columns[1], to)
    drag(page, (x, y + 4), (to_x, to_y + 4))


def test_a_visit_is_dragged_to_another_doctor_and_back(day, doctors):
    """In a browser whose zone isn't the clinic's."""
    visit = AppointmentFactory(doctor=doctors[0], starts_at=at(10))
    Absence.objects.create(doctor=doctors[2], starts_at=at(13), ends_at=at(17))
    page = day(timezone_id="America/Los_Angeles")

    drag_visit(page, visit, (0, 2), at(14, 30))

    said = page.get_by_role("status")
    expect(said.get_by_text("The doctor is absent then.")).to_be_visible()
    said.get_by_role("button", name="Move all the same").click()
    expect(
        said.get_by_text(re.compile(r"Moved to Dr Yang Young: .* 14:30 - 15:00"))
    ).to_be_visible()
    visit.refresh_from_db()
    assert (visit.doctor, visit.starts_at) == (doctors[2], at(14, 30))

    said.get_by_role("button", name="Undo").click()

    expect(said.get_by_text(re.compile(r"Moved to Dr Ada Abel: .* 10:00 - 10:30"))).to_be_visible()
    expect(event_of(page, visit).get_by_role("link", name="Dr Ada Abel")).to_be_visible()
    visit.refresh_from_db()
    assert (visit.doctor, visit.starts_at, visit.duration) == (doctors[0], at(10), HALF_HOUR)


def test_a_refused_move_to_another_doctor_offers_times_of_that_doctor(day, doctors):
    visit = AppointmentFactory(doctor=doctors[0], starts_at=at(10))
    AppointmentFactory(doctor=doctors[1], starts_at=at(10))
    page = day()
    before = event_of(page, visit).bounding_box()

    drag_visit(page, visit, (0, 1), at(10))

    said = page.get_by_role("status")
    expect(said.get_by_text("This doctor is already booked then.")).to_be_visible()
    expect(event_of(page, visit)).to_have_count(1)
    stands(event_of(page, visit), before)
    visit.refresh_from_db()
    assert (visit.doctor, visit.starts_at, visit.sequence) == (doctors[0], at(10), 0)

    said.get_by_role("group", name="Free times").get_by_role("button").first.click()

    expect(said.get_by_text("Moved to Dr Maria Keller:")).to_be_visible()
    visit.refresh_from_db()
    assert visit.doctor == doctors[1]
    assert abs(visit.starts_at - at(10)) == HALF_HOUR


def test_free_time_is_dragged_over_to_book_with_the_doctor_whose_it_is(day, doctors):
    patient = PatientFactory(first_name="Grace", last_name="Hopper")
    page = day()

    drag(page, point(page, 1, at(13)), point(page, 1, at(13, 44)))

    dialog = page.get_by_role("dialog", name="Book a visit to Dr Maria Keller")
    expect(dialog.get_by_label("Start")).to_have_value(f"{monday()}T13:00")
    find_patient(page, "hopper", "Grace Hopper")
    dialog.get_by_role("button", name="Book").click()

    expect(page.get_by_role("status").get_by_text("Booked: Grace Hopper")).to_be_visible()
    booked = Appointment.objects.get()
    assert (booked.patient, booked.doctor) == (patient, doctors[1])
    assert (booked.starts_at, booked.ends_at) == (at(13), at(13, 45))
    expect(event_of(page, booked).get_by_role("link", name="Dr Maria Keller")).to_be_visible()


def test_without_scripts_the_day_is_a_table(day, doctors):
    visit = AppointmentFactory(doctor=doctors[1], starts_at=at(10))
    page = day(java_script_enabled=False)

    row = page.get_by_role("row", name=visit.patient.record_number)
    expect(row.get_by_role("rowheader", name="Dr Maria Keller")).to_be_visible()
    page.get_by_label("Doctor", exact=True).select_option(
        label=f"{doctors[0]} · {doctors[0].specialization}"
    )
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("cell", name="No visits")).to_have_count(1)
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.get_by_role("cell", name="No visits")).to_have_count(7)
    page.get_by_role("link", name="Day", exact=True).click()
    row.get_by_role("link", name="10:00 - 10:30").click()
    expect(page.get_by_role("heading", name="Move")).to_be_visible()


def test_a_visit_type_brings_its_length_and_keeps_its_buffer_free(day, doctors):
    """Of the types, the doctor's own; a visit that is dragged into the buffer snaps back."""
    service = HealthcareServiceFactory(name="Echo", duration_minutes=40, buffer_after_minutes=20)
    ServiceDoctor.objects.create(service=service, doctor=doctors[1], duration_minutes=50)
    other = AppointmentFactory(doctor=doctors[0], starts_at=at(10))
    PatientFactory(first_name="Grace", last_name="Hopper")
    page = day()
    page.mouse.click(*point(page, 0, at(11, 3)))
    expect(page.get_by_label("Visit type")).to_be_hidden()
    page.keyboard.press("Escape")

    drag(page, point(page, 1, at(13)), point(page, 1, at(13, 44)))
    dialog = page.get_by_role("dialog", name="Book a visit to Dr Maria Keller")
    dialog.get_by_label("Visit type").select_option(label="Echo, 50 min + 20 after")
    expect(dialog.get_by_label("Length in minutes")).to_have_value("50")
    find_patient(page, "hopper", "Grace Hopper")
    dialog.get_by_role("button", name="Book").click()

    expect(page.get_by_role("status").get_by_text("13:00 - 13:50")).to_be_visible()
    visit = Appointment.objects.get(service=service)
    assert (visit.doctor, visit.buffer_after_minutes) == (doctors[1], 20)
    edge = "getComputedStyle(document.querySelector('.is-kept-after'), '::after').height"
    expect(event_of(page, visit)).to_have_class(re.compile("is-kept-after"))
    assert page.evaluate(edge) == "24px"  # 20 minutes of 1.2 pixels each.

    before = event_of(page, other).bounding_box()
    drag_visit(page, other, (0, 1), at(14))
    said = page.get_by_role("status")
    expect(said.get_by_text("This doctor is already booked then.")).to_be_visible()
    stands(event_of(page, other), before)


def test_the_form_offers_what_the_chosen_doctor_does(open_page, doctors):
    one, two = HealthcareServiceFactory(name="Echo"), HealthcareServiceFactory(name="Scan")
    ServiceDoctor.objects.create(service=one, doctor=doctors[0], duration_minutes=50)
    ServiceDoctor.objects.create(service=two, doctor=doctors[1])
    path = f"/admin/appointments/appointment/add/?doctor={doctors[0].pk}"
    page = open_page(path, user=UserFactory(), script=WATCH)
    types = page.get_by_label("Visit type")
    expect(types.locator("option")).to_have_text(["Plain visit", "Echo, 50 min"])

    types.select_option(label="Echo, 50 min")
    expect(page.get_by_label("Length")).to_have_value("50")
    page.locator(".field-doctor .select2-selection").click()
    page.locator(".select2-search__field").fill("Keller")
    page.get_by_role("option", name=re.compile("Maria Keller")).click()

    expect(types.locator("option")).to_have_text(["Plain visit", "Scan, 30 min"])
    expect(types).to_have_value("")
    expect(page.get_by_label("Length")).to_have_value("")
