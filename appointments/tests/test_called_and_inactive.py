"""Visits of those who are called by another name, and of those whose record was out of use."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments import services, tasks
from appointments.admin.warned import INACTIVE_SENTENCE, word_for
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from clinic.mail import compose
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory
from patients.models import Note
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


@pytest.fixture
def inactive():
    return PatientFactory(first_name="Ada", last_name="Zorn", is_active=False)


def form_of(visit: Appointment, **more) -> dict:
    local = timezone.localtime(visit.starts_at)
    return {
        "patient": str(visit.patient_id),
        "doctor": str(visit.doctor_id),
        "starts_at_0": f"{local:%Y-%m-%d}",
        "starts_at_1": f"{local:%H:%M}",
        "duration_minutes": visit.duration_minutes,
        "reason": "",
        "overbook_reason": "",
        **more,
    }


def test_the_board_and_the_sheet_say_what_somebody_is_called(desk):
    patient = PatientFactory(first_name="Alexandra", last_name="Keller", preferred_name="Alex")
    AppointmentFactory.today(patient=patient)
    board = desk.get("/admin/").content.decode()
    assert "Alex Keller</span></span>" in board
    sheet = desk.get("/admin/day-sheet/").content.decode()
    assert "<b>Alex Keller</b><br>Alexandra Keller<br>" in sheet


def test_a_booking_for_an_inactive_record_asks_first(desk, inactive):
    visit = AppointmentFactory.build(patient=inactive, doctor=DoctorFactory())
    add = "/admin/appointments/appointment/add/"
    asked = desk.post(add, form_of(visit)).content.decode()
    assert INACTIVE_SENTENCE.replace("'", "&#x27;") in asked
    assert not Appointment.objects.exists()

    answer = desk.post(add, form_of(visit, all_the_same=word_for(visit)))
    assert answer.status_code == 302
    inactive.refresh_from_db()
    assert inactive.is_active


def test_the_calendar_asks_it_too(desk, inactive):
    start = timezone.localtime(next_monday(9))
    wish = {
        "doctor": str(DoctorFactory().pk),
        "patient": str(inactive.pk),
        "local_start": f"{start:%Y-%m-%dT%H:%M}",
        "duration_minutes": 30,
    }
    asked = desk.post("/admin/calendar/book/", wish).json()
    assert INACTIVE_SENTENCE in asked["warnings"]
    done = desk.post("/admin/calendar/book/", wish | {"all_the_same": asked["all_the_same"]})
    assert done.json()["done"]
    inactive.refresh_from_db()
    assert inactive.is_active


@time_machine.travel(datetime(2027, 3, 2, 10, tzinfo=ZoneInfo("Europe/Berlin")), tick=False)
def test_at_the_desk_it_is_asked_too(inactive):
    desk = signed_in(Role.RECEPTIONIST)
    doctor_working("08:00-12:00")
    author = UserFactory()
    Note.objects.create(patient=inactive, text="Wheelchair.", author=author, on_board=True)
    asked = desk.post("/admin/walk-in/", {"who": "zorn"}).content.decode()
    assert "Book all the same?" in asked
    assert "Wheelchair." in asked
    assert not Appointment.objects.exists()
    sent = {"who": "zorn", "all_the_same": str(inactive.pk)}
    assert desk.post("/admin/walk-in/", sent).status_code == 302
    inactive.refresh_from_db()
    assert inactive.is_active


def test_mails_greet_by_it_and_go_out_whatever_the_use(inactive):
    inactive.preferred_name = "Addie"
    inactive.save()
    visit = AppointmentFactory(patient=inactive)
    services.cancel(visit, by=None)
    owed = Notification.objects.get()
    mail = compose(owed, "appointments/email/cancelled", tasks.about_cancellation(owed))
    assert "Dear Addie Zorn," in mail.body
