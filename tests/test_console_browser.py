"""A front desk's work in a real browser: find a patient, see the photo, book, be refused."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import Patient
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload
from tests.browser import needs_browser

pytestmark = [*needs_browser, pytest.mark.django_db(transaction=True)]

HOSTILE = "<script>document.title='owned'</script>"


@pytest.fixture
def patient() -> Patient:
    patient = PatientFactory(first_name="Grace", last_name="Hopper")
    services.replace_document(patient, clean_photo(upload(jpeg(640, 400))), by=UserFactory())
    patient.refresh_from_db()
    return patient


@pytest.fixture
def doctor() -> Doctor:
    return DoctorFactory(first_name="Maria", last_name="Keller")


def log_in(open_page, **options) -> Page:
    return open_page("/admin/", user=UserFactory(role=Role.RECEPTIONIST), **options)


def choose(page: Page, field: str, text: str, choice: str) -> None:
    page.locator(f"#id_{field} + .select2").click()
    page.locator(".select2-search__field").fill(text)
    page.get_by_role("option", name=re.compile(choice)).click()


def fill_in_time(page: Page, hour: int) -> None:
    starts_at = timezone.localtime(next_monday(hour))
    page.get_by_label("Day").fill(f"{starts_at:%Y-%m-%d}")
    page.get_by_label("Time").fill(f"{starts_at:%H:%M}")


def test_find_a_patient_see_the_photo_and_book(open_page, patient, doctor):
    taken = AppointmentFactory(doctor=doctor)
    page = log_in(open_page)
    page.get_by_role("searchbox", name="Find a patient").fill("hoper")
    page.keyboard.press("Enter")

    photo = page.get_by_alt_text("ID photo of Grace Hopper")
    expect(photo).to_be_visible()
    expect(photo).to_have_js_property("naturalWidth", 480)

    page.get_by_role("link", name="Book a visit").click()
    expect(page.locator("#id_patient + .select2")).to_contain_text("Grace Hopper")
    choose(page, "doctor", "kell", "Maria Keller")
    fill_in_time(page, 9)
    page.get_by_label("Reason for the visit").fill("Cough")
    page.get_by_role("button", name="Save", exact=True).click()

    row = page.locator(".field-starts_at")
    expect(row.get_by_text("This doctor is already booked then.")).to_be_visible()
    expect(page.get_by_label("Reason for the visit")).to_have_value("Cough")
    assert Appointment.objects.get() == taken

    fill_in_time(page, 10)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is booked for")).to_be_visible()
    booked = Appointment.objects.exclude(pk=taken.pk).get()
    assert (booked.patient, booked.doctor, booked.reason) == (patient, doctor, "Cough")
    assert booked.starts_at == next_monday(10)


def test_a_visit_goes_from_step_to_step_on_the_first_page(open_page):
    visit = AppointmentFactory.past(starts_at=timezone.now())
    page = log_in(open_page)
    row = page.locator(f"#v-{visit.pk}")
    row.hover()

    for button, word in (("Check in", "Checked in"), ("Start", "In consultation")):
        row.get_by_role("button", name=button).click()
        expect(row.get_by_text(word, exact=True)).to_be_visible()
    row.get_by_role("button", name="Finish").click()

    expect(row.get_by_text("Fulfilled")).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == Appointment.Status.FULFILLED


def test_a_step_from_the_list_and_a_cancellation_with_a_reason(open_page):
    visit = AppointmentFactory.past(starts_at=timezone.now())
    page = log_in(open_page)
    page.get_by_role("link", name="Appointments", exact=True).click()
    row = page.get_by_role("row", name=visit.patient.record_number)
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Checked in", exact=True)).to_be_visible()

    row.get_by_role("link").first.click()
    page.get_by_role("link", name="Cancel visit").click()
    page.get_by_label("In words").fill("Feels better")
    page.get_by_role("button", name="Cancel visit").click()

    expect(page.get_by_role("cell", name="Feels better")).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == Appointment.Status.CANCELLED


def test_hostile_names_are_inert(open_page):
    doctor = DoctorFactory(last_name=HOSTILE)
    patient = PatientFactory(first_name=HOSTILE, last_name="Bobby")
    AppointmentFactory.past(
        starts_at=timezone.now(), patient=patient, doctor=doctor, reason=HOSTILE
    )
    page = log_in(open_page)
    for url in ("/admin/", "/admin/appointments/appointment/", "/admin/patients/patient/"):
        page.goto(url)
        expect(page.get_by_text(HOSTILE).filter(visible=True).first).to_be_visible()
        assert page.title() != "owned"
    page.goto("/admin/appointments/appointment/add/")
    choose(page, "patient", "bobby", "Bobby")
    expect(page.locator("#id_patient + .select2")).to_contain_text(HOSTILE)
    assert page.title() != "owned"


def test_a_patient_is_registered_in_the_middle_of_a_booking(open_page):
    page = log_in(open_page)
    page.goto("/admin/appointments/appointment/add/")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Add another patient").click()
    popup = opened.value
    popup.get_by_label("Last name").fill("Meitner")
    popup.get_by_label("E-mail").fill("lise@mail.example")
    popup.get_by_label("Phone").first.fill("030 901820")
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("#id_patient + .select2")).to_contain_text("Meitner")
    assert Patient.objects.get().email == "lise@mail.example"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_console_follows_the_systems_colours(open_page, scheme):
    page = log_in(open_page, color_scheme=scheme)

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    red = int(re.findall(r"\d+", ground)[0])
    assert (red > 200) == (scheme == "light")
