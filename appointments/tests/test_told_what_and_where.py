"""The type and the place of a visit in mails, texts, calendars and the copy of one's data."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from icalendar import Event

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.invites import add_place, feed
from appointments.models import Appointment
from appointments.services import book, cancel, correct, feeds, reschedule
from appointments.services.export import everything_on
from appointments.services.reminders import owe_reminders
from appointments.tests.calendars import read
from appointments.tests.factories import AppointmentFactory
from appointments.tests.offering import mill_lane, ultrasound
from appointments.transitions import Status
from clinic.sms import locmem
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from doctors.models import Location
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

WHERE = "Mill Lane House, 12 Mill Lane; left, 10115 Berlin, second floor"
SPOT = (52.520008, 13.404954)


def visit(**fields) -> Appointment:
    """An ultrasound at the house in the lane, as staff book it."""
    fields.setdefault("doctor", DoctorFactory(last_name="Keller"))
    fields.setdefault("patient", PatientFactory(with_account=True))
    starts_at = fields.setdefault("starts_at", timezone.now() + timedelta(days=9))
    appointment = AppointmentFactory.build(
        ends_at=starts_at + timedelta(minutes=40),
        service=ultrasound(),
        location=mill_lane(),
        price_amount=Decimal(45),
        price_currency="EUR",
        **fields,
    )
    return book(appointment, by=UserFactory(role=Role.ADMIN))


def told(mailbox) -> tuple[str, str, str]:
    """The subject and both texts of the only mail since the last time, without line breaks."""
    run_due_jobs()
    [(_, mail)] = mailbox.mails
    mailbox.mails.clear()
    return mail, *(" ".join(part(mail, kind).split()) for kind in ("plain", "html"))


def event_in(mail):
    [attached] = list(mail.iter_attachments())
    _, [event] = read(attached.get_payload(decode=True))
    return event


@pytest.mark.django_db(transaction=True)
def test_every_mail_names_type_and_place(mailbox, settings):
    settings.CLINIC_ADDRESS = "Uferweg 1"
    booked, by = visit(), UserFactory(role=Role.ADMIN)

    mail, *texts = told(mailbox)

    for text in texts:
        assert "Ultrasound, with Dr Maria Keller" in text
        assert WHERE in text
        assert "a litre of water" in text
        assert "Price: 45.00 EUR" in text
    event = event_in(mail)
    assert event.summary == "Riverside Clinic: Ultrasound with Dr Maria Keller"
    assert (event.location, event.geo) == (WHERE, SPOT)

    other = Location.objects.create(name="Harbour")
    Appointment.objects.update(location=other)
    booked.refresh_from_db()
    moved = reschedule(booked, by, booked.starts_at + timedelta(hours=1))
    mail, *texts = told(mailbox)
    for text in texts:
        now, _, before = text.partition("Please note the place: before, it was at ")
        assert "Ultrasound, with Dr Maria Keller" in now
        assert "Harbour, Uferweg 1" in now
        assert before.removeprefix("<s>").startswith(WHERE)
    assert (event_in(mail).location, event_in(mail).geo) == ("Harbour, Uferweg 1", None)

    cancelled = cancel(moved, by)
    mail, *texts = told(mailbox)
    assert all("Ultrasound, with Dr Maria Keller" in text for text in texts)
    assert event_in(mail).summary.startswith("Cancelled: Riverside Clinic: Ultrasound with")

    correct(cancelled, Status.BOOKED, by)
    assert all("Ultrasound, with Dr Maria Keller" in text for text in told(mailbox)[1:])


@pytest.mark.django_db(transaction=True)
def test_reminders_name_type_and_place(mailbox, settings):
    settings.REMINDERS = [timedelta(hours=24)]
    patient = PatientFactory(with_account=True, phone_verified_at=timezone.now())
    now = timezone.now()
    AppointmentFactory(
        patient=patient,
        service=ultrasound(),
        location=mill_lane(),
        starts_at=now + timedelta(hours=20),
        booked_at=now - timedelta(days=2),
    )
    owe_reminders()

    _, *texts = told(mailbox)

    assert all("Ultrasound, with Dr" in text and WHERE in text for text in texts)
    assert all("a litre of water" in text for text in texts)
    [message] = locmem.outbox
    assert f"Ultrasound. {WHERE}." in message.text


@pytest.mark.django_db
def test_a_doctors_calendar_names_type_and_place():
    doctor = DoctorFactory()
    plain = AppointmentFactory(doctor=doctor)
    typed = visit(doctor=doctor, starts_at=datetime(timezone.now().year + 1, 1, 15, 9, tzinfo=UTC))
    before = feeds.feed_of(doctor)

    content = before.content(list(before.visits))

    assert feed(doctor, list(before.visits)) == content
    events = {event.uid.partition("@")[0]: event for event in read(content)[1]}
    own, other = events[str(typed.pk)], events[str(plain.pk)]
    assert own.summary == f"{typed.patient.record_number} A. L., Ultrasound"
    assert (own.location, own.geo) == (WHERE, SPOT)
    assert other.summary == f"{plain.patient.record_number} A. L."
    assert other.geo is None
    typed.location.address = "Elsewhere"
    typed.location.save()
    assert feeds.feed_of(doctor).tag != before.tag


@pytest.mark.django_db
def test_the_copy_of_ones_data_names_them():
    booked = visit()

    [exported] = everything_on(booked.patient, booked.patient.user)["appointments"]

    assert exported["service"] == "Ultrasound"
    assert exported["location"] == WHERE
    assert (exported["price"], exported["resources"]) == ("45.00 EUR", [])


def test_a_spot_near_the_equator_is_written_without_an_exponent():
    event = Event()
    add_place(event, Location(name="A", latitude=Decimal("0.00005"), longitude=Decimal("-0.00001")))
    assert b"GEO:0.000050;-0.000010\r\n" in event.to_ical()
