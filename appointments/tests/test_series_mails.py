"""What patients are told of a series: one mail for all visits, with one calendar file."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.services.series_changes import cancel_series, reschedule_series
from appointments.tests.series import booked_series, visits_of, wish
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from patients.models import RelatedPerson
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def told(mailbox):
    """The only mail since the last time: its subject, plain text and calendar."""
    run_due_jobs()
    [(_recipients, mail)] = mailbox.mails
    mailbox.mails.clear()
    [attached] = list(mail.iter_attachments())
    text = " ".join(part(mail, "plain").split())
    assert "<li>" in part(mail, "html")
    return mail["Subject"], text, attached.get_payload(decode=True).decode()


def test_each_change_of_a_series_is_one_mail(mailbox):
    desk = UserFactory()
    series = booked_series(wish(patient=PatientFactory(with_account=True)))
    subject, text, calendar = told(mailbox)
    assert subject.startswith("Your appointments from ")
    assert text.count("10:00 to 10:30, Europe/Berlin") == 4
    assert "/me/" in text
    assert "RRULE:FREQ=WEEKLY" in calendar

    visits = visits_of(series)
    reschedule_series(series, desk, visits[1], visits[1].starts_at + DAY)
    subject, text, calendar = told(mailbox)
    assert subject.startswith("New times for your appointments")
    assert calendar.count("RECURRENCE-ID") == 3
    assert f"{visits[1].starts_at + DAY:%A, %-d %B %Y}" in text

    services.reschedule(visits_of(series)[1], desk, visits[1].starts_at + 2 * DAY)
    run_due_jobs()
    [(_recipients, mail)] = mailbox.mails
    mailbox.mails.clear()
    before = f"{visits[1].starts_at + DAY:%A, %-d %B %Y}"
    assert f"Before, it was on {before}" in " ".join(part(mail, "plain").split())

    cancel_series(series, desk, reason_code="prov")
    subject, text, calendar = told(mailbox)
    assert subject.startswith("Cancelled: your appointments")
    assert "we have to cancel these appointments" in text
    assert "These still take place:" in text  # The one that was moved on its own.
    assert calendar.count("RECURRENCE-ID") == 1
    assert Notification.objects.filter(status="sent").count() == 4


def test_it_is_told_in_each_ones_language_and_says_whose_visits_they_are(mailbox):
    child = PatientFactory(email="", phone="", first_name="Ada", last_name="Lovelace")
    RelatedPerson.objects.create(
        patient=child,
        name="Annabella Byron",
        email="mother@mail.example",
        language="de",
        relationship="parent",
        gets_messages=True,
        confirmed_at=timezone.now(),
    )
    series = booked_series(wish(patient=child))
    subject, text, calendar = told(mailbox)
    assert subject.startswith("Termine von Ada Lovelace ab dem")
    assert "die Termine von Ada Lovelace sind gebucht." in text
    assert "Ada Lovelace" in calendar.replace("\r\n ", "")

    # Outdated before it was sent: what came after it says all.
    reschedule_series(
        series, UserFactory(), visits_of(series)[0], visits_of(series)[0].starts_at + DAY
    )
    cancel_series(series, UserFactory())
    subject, text, calendar = told(mailbox)
    assert subject.startswith("Abgesagt: Termine von Ada Lovelace")
    assert "METHOD:CANCEL" in calendar
