"""What patients are told of their visits, over a real SMTP server and a real worker."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import advance, book, cancel, correct, reschedule
from appointments.tests.calendars import read
from appointments.tests.factories import AppointmentFactory
from appointments.transitions import CancelReason, Status
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)

# A Monday in January: 10:00 in Berlin is 9:00 in UTC.
YEAR = timezone.now().year + 1
STARTS_AT = datetime(YEAR, 1, 15, 9, tzinfo=UTC)
NAMED = f"{STARTS_AT:%A}, 15 January {YEAR}"


@pytest.fixture
def clerk():
    return UserFactory(role=Role.ADMIN)


@pytest.fixture(autouse=True)
def clinic(settings):
    settings.CLINIC_URL = "https://clinic.example:8443"
    settings.CLINIC_PHONE, settings.CLINIC_ADDRESS = "+49 30 123456", "Uferweg 1; Berlin, Mitte"


def visit(by, **fields) -> Appointment:
    fields.setdefault("doctor", DoctorFactory(last_name="Keller"))
    fields.setdefault("patient", PatientFactory(with_account=True, email="ada@mail.example"))
    fields.setdefault("reason", "A secret cough")
    return book(AppointmentFactory.build(starts_at=STARTS_AT, **fields), by=by)


def calendar_of(mail):
    """The mail's calendar as it is read, and its part."""
    [attached] = list(mail.iter_attachments())
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("charset") == "utf-8"
    assert attached.get_filename() == "invite.ics"
    method, [event] = read(attached.get_payload(decode=True))
    assert attached.get_param("method") == method
    return method, event


def told(mailbox):
    """The only mail since the last time."""
    run_due_jobs()
    [(recipients, mail)] = mailbox.mails
    mailbox.mails.clear()
    assert "cough" not in mail.as_string()
    return recipients, mail


def test_a_booking_is_confirmed_with_an_invitation(mailbox, clerk):
    patient = PatientFactory(
        with_account=True, first_name='Seán "x"; <b>', last_name="O'Brien, Zoë" * 4
    )
    appointment = visit(clerk, patient=patient)

    recipients, mail = told(mailbox)

    assert recipients == [patient.email]
    assert mail["Subject"] == f"Your appointment on 15 January {YEAR}, 10:00 at Riverside Clinic"
    for kind in ("plain", "html"):
        text = " ".join(part(mail, kind).replace("<br>", " ").replace("</strong>", "").split())
        assert NAMED in text
        assert "10:00 to 10:30, Europe/Berlin time (CET)" in text
        assert "Dr Maria Keller" in text
        assert f"https://clinic.example:8443/me/visits/{appointment.pk}/" in text
        assert "+49 30 123456" in text
    assert "&lt;b&gt;" in part(mail, "html")
    method, event = calendar_of(mail)
    assert method == "REQUEST"
    assert event.uid == f"{appointment.pk}@clinic.example"
    assert (event.sequence, event.status) == (0, "CONFIRMED")
    assert (event.starts_at, event.ends_at) == (STARTS_AT, STARTS_AT + timedelta(minutes=30))
    assert event.starts_at.utcoffset() == timedelta()
    assert event.location == "Riverside Clinic, Uferweg 1; Berlin, Mitte"


def test_the_invitation_names_clinic_and_patient(mailbox, clerk):
    visit(clerk, patient=PatientFactory(first_name='Seán "x"; y', email="sean@mail.example"))

    _, mail = told(mailbox)

    [attached] = mail.iter_attachments()
    lines = attached.get_payload(decode=True).decode().replace("\r\n ", "").splitlines()
    assert 'ORGANIZER;CN="Riverside Clinic":mailto:reception@clinic.example' in lines
    [attendee] = [line for line in lines if line.startswith("ATTENDEE")]
    assert "CN=\"Seán ^'x^'; y Lovelace" in attendee  # RFC 6868.
    assert "PARTSTAT=ACCEPTED" in attendee
    assert "RSVP=FALSE" in attendee
    assert attendee.endswith(":mailto:sean@mail.example")


def test_who_has_no_account_is_not_sent_to_a_page(mailbox, clerk):
    visit(clerk, patient=PatientFactory())

    _, mail = told(mailbox)

    assert "/me/" not in mail.as_string()
    for kind in ("plain", "html"):
        assert "To move or cancel it, call us on" in part(mail, kind)


def test_a_move_tells_the_old_time_and_the_new_one(mailbox, clerk):
    appointment = visit(clerk)
    _, first = told(mailbox)
    other = DoctorFactory(last_name="Weber")

    reschedule(appointment, clerk, STARTS_AT + timedelta(days=1, hours=1), doctor=other)

    _, mail = told(mailbox)
    assert mail["Subject"].startswith(f"New time for your appointment: 16 January {YEAR}, 11:00")
    for kind in ("plain", "html"):
        now, _, before = part(mail, kind).partition("Before, it was on")
        assert "a new time and is with another doctor" in now
        assert "Dr Maria Weber" in now
        assert "16 January" in now
        assert "Dr Maria Keller" in before
        assert f"{NAMED}, 10:00, Europe/Berlin time (CET)" in before
    method, event = calendar_of(mail)
    assert (method, event.sequence, event.status) == ("REQUEST", 1, "CONFIRMED")
    assert event.uid == calendar_of(first)[1].uid
    assert event.starts_at == STARTS_AT + timedelta(days=1, hours=1)


def test_a_change_of_the_doctor_alone_says_so(mailbox, clerk):
    appointment = visit(clerk)
    told(mailbox)

    reschedule(appointment, clerk, STARTS_AT, doctor=DoctorFactory())

    _, mail = told(mailbox)
    assert mail["Subject"].startswith("Your appointment has changed")
    assert "your appointment has another doctor, at the same time" in part(mail, "plain")


def test_two_moves_before_the_worker_runs_are_told_in_one_mail(mailbox, clerk):
    """From the time that the patient knows to the one that holds."""
    appointment = visit(clerk)
    told(mailbox)
    moved = reschedule(appointment, clerk, STARTS_AT + timedelta(days=1))
    reschedule(moved, clerk, STARTS_AT + timedelta(days=2))

    _, mail = told(mailbox)

    assert "17 January" in mail["Subject"]
    assert NAMED in part(mail, "plain").partition("Before, it was on")[2]
    assert "16 January" not in part(mail, "plain")
    statuses = Notification.objects.filter(event__startswith="appointment_moved")
    assert sorted(statuses.values_list("subject_version", "status")) == [
        (1, "outdated"),
        (2, "sent"),
    ]


def test_a_cancellation_takes_it_out_of_the_calendar(mailbox, clerk):
    appointment = visit(clerk)
    _, first = told(mailbox)

    cancel(appointment, clerk, "A secret cough", CancelReason.PATIENT)

    _, mail = told(mailbox)
    assert mail["Subject"].startswith("Cancelled: your appointment on 15 January")
    assert "sorry" not in part(mail, "plain")
    assert "https://clinic.example:8443/me/book/" in part(mail, "plain")
    method, event = calendar_of(mail)
    assert (method, event.sequence, event.status) == ("CANCEL", 1, "CANCELLED")
    assert event.uid == calendar_of(first)[1].uid


def test_the_clinic_is_sorry_where_it_cancels(mailbox, clerk):
    appointment = visit(clerk)
    told(mailbox)

    cancel(appointment, clerk, reason_code=CancelReason.ABSENCE)

    assert "we are sorry: we have to cancel" in part(told(mailbox)[1], "plain")


def test_a_cancellation_by_mistake_is_taken_back(mailbox, clerk):
    appointment = visit(clerk)
    told(mailbox)
    cancelled = cancel(appointment, clerk)
    told(mailbox)

    correct(cancelled, Status.BOOKED, clerk)

    _, mail = told(mailbox)
    assert mail["Subject"].startswith("Not cancelled: your appointment on 15 January")
    assert "That was a mistake" in part(mail, "html")
    method, event = calendar_of(mail)
    assert (method, event.sequence, event.status) == ("REQUEST", 2, "CONFIRMED")


def test_a_booking_that_is_cancelled_before_the_worker_runs_is_not_confirmed(mailbox, clerk):
    cancel(visit(clerk), clerk)

    _, mail = told(mailbox)

    assert mail["Subject"].startswith("Cancelled:")
    statuses = dict(Notification.objects.values_list("event", "status"))
    assert {event.partition(":")[0]: status for event, status in statuses.items()} == {
        "appointment_booked": "outdated",
        "appointment_cancelled": "sent",
    }


def test_a_patient_who_has_come_is_told_nothing_more(mailbox, clerk):
    advance(visit(clerk), Status.CHECKED_IN, clerk, early=True)

    run_due_jobs()

    assert mailbox.mails == []
    assert Notification.objects.get().status == "outdated"


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_is_told_apart(mailbox, clerk, hour):
    """2:30 on the last Sunday of October, first in summer time, then in winter time."""
    last = max(day for day in range(25, 32) if datetime(YEAR, 10, day, tzinfo=UTC).weekday() == 6)
    starts_at = datetime(YEAR, 10, last, hour, 30, tzinfo=UTC)
    people = {"doctor": DoctorFactory(), "patient": PatientFactory()}
    book(AppointmentFactory.build(**people, starts_at=starts_at), by=clerk)

    _, mail = told(mailbox)

    zone = ("CEST", "CET")[hour]
    assert "02:30 to" in part(mail, "plain")
    assert f"Europe/Berlin time ({zone})" in part(mail, "plain")
