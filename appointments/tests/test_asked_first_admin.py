"""What speaks against a time is asked about before the console books it or moves a visit to it:
by the form as in the calendar, nothing is saved and nobody told before somebody says yes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import faults, opened, said, signed_in
from appointments.models import Appointment, AppointmentChange, SlotOffer
from appointments.scheduling.availability import WARNINGS
from appointments.tests.absences import monday, working_doctor
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.test_booking_admin import ADD, booking, page
from appointments.tests.test_calendar_changes_admin import book, clock, move
from appointments.tests.test_waitlist_admin import entry
from clinic.models import Notification
from doctors.models import Absence, Closure, Doctor
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def outside(doctor: Doctor) -> None:
    doctor.working_hours.filter(weekday=0).delete()


def absent(doctor: Doctor) -> None:
    Absence.objects.create(doctor=doctor, starts_at=next_monday(8), ends_at=next_monday(10))


def closed(doctor: Doctor) -> None:
    Closure.objects.create(starts_on=monday(), ends_on=monday())


def held(doctor: Doctor) -> None:
    SlotOffer.objects.create(
        entry=entry(doctor=doctor),
        doctor=doctor,
        starts_at=next_monday(9),
        ends_at=next_monday(10),
        expires_at=timezone.now() + timedelta(hours=1),
    )


def elsewhere(doctor: Doctor) -> Appointment:
    return AppointmentFactory(doctor=doctor, starts_at=next_monday(14))


class FormAdds:
    def __init__(self, desk, doctor):
        self.desk, self.typed, self.address = desk, booking(doctor, PatientFactory()), ADD

    def send(self, word: str = "", clock: str = ""):
        typed = self.typed | {"all_the_same": word} | ({"starts_at_1": clock} if clock else {})
        answer = self.desk.post(self.address, typed)
        if answer.status_code == 302:
            return "", [], said(answer)
        assert "Nothing is saved yet" in answer.content.decode()
        return answer.context["asked"].word, faults(answer)["starts_at"], []


class FormMoves(FormAdds):
    def __init__(self, desk, doctor):
        visit = elsewhere(doctor)
        self.desk, self.address = desk, page(visit)
        self.typed = booking(doctor, visit.patient) | opened(desk, page(visit))


class CalendarBooks:
    def __init__(self, desk, doctor):
        self.act = lambda **asked: book(desk, doctor, patient, **asked)
        patient = PatientFactory()

    def send(self, word: str = "", clock: str = ""):
        day = f"{next_monday(9):%Y-%m-%d}"
        asked = {"local_start": f"{day}T{clock}" if clock else clock_of_nine()}
        answer = self.act(**asked, all_the_same=word).json()
        if answer["done"]:
            return "", [], [*answer["warnings"], answer["message"]]
        return answer["all_the_same"], answer["warnings"], []


class CalendarMoves(CalendarBooks):
    def __init__(self, desk, doctor):
        visit = elsewhere(doctor)
        self.act = lambda **asked: move(desk, visit, **asked)


def clock_of_nine() -> str:
    return clock(next_monday(9))


@pytest.mark.parametrize("door", [FormAdds, FormMoves, CalendarBooks, CalendarMoves])
@pytest.mark.parametrize(
    ("given", "code"),
    [
        (outside, "outside_working_hours"),
        (absent, "doctor_absent"),
        (closed, "clinic_closed"),
        (held, "held_for_waitlist"),
    ],
)
def test_it_is_asked_before_anything_is_done(desk, door, given, code):
    doctor = working_doctor()
    given(doctor)
    way = door(desk, doctor)

    word, warnings, _ = way.send()

    assert WARNINGS[code] in warnings
    if given is not held:
        assert way.send(word, "23:10")[1], "The yes was said of another time."
    assert not Appointment.objects.filter(starts_at=next_monday(9)).exists()
    assert not AppointmentChange.objects.exists()
    assert not Notification.objects.exists()

    _, asked, told = way.send(word)

    assert (asked, len(told)) == ([], 1), "Done, and not said once more."
    assert Appointment.objects.filter(starts_at=next_monday(9)).exists()
    assert Notification.objects.count() == 1


def test_a_move_is_undone_without_a_question(desk):
    doctor = working_doctor()
    visit = AppointmentFactory(doctor=doctor, starts_at=next_monday(9))
    absent(doctor)

    moved = move(desk, visit, local_start=clock(next_monday(13))).json()

    assert moved["done"]
    assert move(desk, visit, **moved["undo"]).json()["done"]
    visit.refresh_from_db()
    assert visit.starts_at == next_monday(9)


def test_a_visit_that_stays_where_it_is_asks_nothing(desk):
    doctor = working_doctor()
    visit = AppointmentFactory(doctor=doctor)
    absent(doctor)
    typed = booking(doctor, visit.patient) | opened(desk, page(visit))

    assert desk.post(page(visit), typed | {"overbook_reason": "Ada"}).status_code == 302

    visit.refresh_from_db()
    assert visit.overbook_reason == "Ada"


def test_where_no_hours_are_kept_it_is_said_once_it_is_booked(desk):
    answer = book(desk, DoctorFactory(), PatientFactory()).json()

    assert (answer["done"], answer["warnings"]) == (True, [WARNINGS["outside_working_hours"]])
