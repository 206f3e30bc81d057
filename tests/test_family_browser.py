"""A mother on her phone: registers her child, books, reads the mail at her address, cancels."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import Appointment
from appointments.tests.pages import working_doctor
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import mailbox, part, smtp  # noqa: F401
from patients.models import Patient
from patients.tests.relations import birthday, guardian
from tests.browser import PHONE, needs_browser

pytestmark = [pytest.mark.django_db(transaction=True), *needs_browser]


def work_off() -> None:
    """The jobs that are due, in a thread of their own: this one has the browser's event loop."""

    def run() -> None:
        run_due_jobs()
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def is_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_mother_books_for_her_child_on_a_phone(open_page, mailbox):  # noqa: F811
    working_doctor(last_name="Bhaer")
    mother = guardian(first_name="Marmee", last_name="March", email="marmee@mail.example")
    page = open_page("/me/people/", user=mother.user, **PHONE)
    page.get_by_role("link", name="Register a child or somebody you care for").click()
    page.get_by_label("First name(s)").fill("Amy")
    expect(page.get_by_label("Last name")).to_have_value("March")
    born = birthday(6)
    page.get_by_label("Day").fill(str(born.day))
    page.get_by_label("Month").select_option(str(born.month))
    page.get_by_label("Year").fill(str(born.year))
    page.get_by_label("Parent").check()
    page.get_by_label(re.compile("I have read")).check()
    assert not is_wide(page)
    page.get_by_role("button", name="Register", exact=True).click()

    expect(page.get_by_text("You can book visits for Amy now.")).to_be_visible()
    whose = page.get_by_role("form", name="Whose visit is it?")
    expect(whose.get_by_role("button", name="Amy March")).to_have_attribute("aria-pressed", "true")
    assert not is_wide(page)
    page.get_by_role("main").get_by_role("link", name="Book an appointment").last.click()
    page.locator("summary", has_text="1 doctor").or_(page.get_by_text("Bhaer")).last.wait_for()
    page.get_by_role("link", name=re.compile("Bhaer")).click()
    later = timezone.localdate() + timedelta(days=7)  # It can still be cancelled here.
    page.goto(f"{page.url}&date={later}")
    page.locator("a.time").last.click()
    expect(page.get_by_role("main")).to_contain_text("Amy March")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("The visit of Amy March is booked.")).to_be_visible()

    visit = Appointment.objects.get()
    assert visit.patient == Patient.objects.get(first_name="Amy")
    work_off()
    [mail] = [
        mail for to, mail in mailbox.mails if to == [mother.email] and "Amy" in mail.as_string()
    ][-1:]
    link = re.search(r"/me/visits/[0-9a-f-]+/", part(mail, "plain"))[0]
    whose.get_by_role("button", name="Mine").click()
    expect(page.get_by_role("heading", name="Hello, Marmee.")).to_be_visible()
    page.goto(link)
    expect(whose.get_by_role("button", name="Amy March")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name=re.compile("^Cancel")).click()
    page.get_by_role("button", name="Cancel the visit").click()
    expect(page.get_by_text("The visit of Amy March is cancelled.")).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    work_off()
    assert {row.recipient for row in Notification.objects.filter(subject_id=visit.pk)} == {
        mother.email
    }
