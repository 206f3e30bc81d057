"""Reminders: once, in time, and never of what has changed since."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.jobs import remind
from appointments.models import Appointment
from appointments.services import cancel, correct, reschedule
from appointments.services.reminders import booked_between, owe_reminders
from appointments.tests.factories import AppointmentFactory
from appointments.transitions import Status
from clinic.models import Notification
from clinic.sms import Refused, locmem
from clinic.tests.jobs import make_due, run_due_jobs
from clinic.tests.mailbox import part
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


class Refusing:
    """A gateway that never takes a message."""

    def send(self, message):
        raise Refused


@pytest.fixture(autouse=True)
def reminders(settings):
    settings.REMINDERS = [24 * HOUR]


def booked(starts_in: timedelta = 20 * HOUR, booked_ago: timedelta = 48 * HOUR, **fields):
    now = timezone.now()
    fields.setdefault("patient", PatientFactory(with_account=True))
    return AppointmentFactory(
        starts_at=now + starts_in,
        booked_at=now - booked_ago,
        reason="A secret cough",
        **fields,
    )


def owed() -> list[tuple[str, str]]:
    return sorted(Notification.objects.values_list("recipient", "channel"))


def test_a_reminder_arrives_by_mail(mailbox):
    visit = booked()

    remind(0)
    run_due_jobs()

    [(recipients, mail)] = mailbox.mails
    assert recipients == [visit.patient.email]
    assert mail["Subject"].startswith("Reminder: your appointment on ")
    assert "cough" not in mail.as_string()
    for kind in ("plain", "html"):
        assert str(visit.doctor) in part(mail, kind)
        assert f"{timezone.localtime(visit.starts_at):%H:%M} to" in part(mail, kind)
        assert "Europe/Berlin time (" in part(mail, kind)
        assert f"/me/visits/{visit.pk}/" in part(mail, kind)
    assert Notification.objects.get().status == "sent"
    assert locmem.outbox == []


def test_a_verified_number_gets_a_text_message_too(mailbox, settings):
    settings.CLINIC_PHONE = "+49 30 123456"
    visit = booked(patient=PatientFactory(phone_verified_at=timezone.now()))

    owe_reminders()
    run_due_jobs()
    owe_reminders()
    run_due_jobs()

    assert len(mailbox.mails) == 1
    [message] = locmem.outbox
    assert message.to == str(visit.patient.phone)
    assert message.text.startswith("Riverside Clinic: your appointment is on ")
    assert f"{timezone.localtime(visit.starts_at):%H:%M}, Europe/Berlin time (" in message.text
    assert message.text.endswith("To move or cancel it: +49 30 123456")
    assert "cough" not in message.text
    assert set(Notification.objects.values_list("channel", "status")) == {
        ("email", "sent"),
        ("sms", "sent"),
    }


def test_without_a_gateway_there_is_mail_alone(settings):
    settings.SMS_BACKEND = ""
    visit = booked(patient=PatientFactory(phone_verified_at=timezone.now()))

    owe_reminders()

    assert owed() == [(visit.patient.email, "email")]


def test_nobody_is_reminded_twice():
    booked()
    admin = UserFactory(role=Role.ADMIN)

    assert owe_reminders() == 1
    assert owe_reminders() == 0
    visit = Appointment.objects.get()
    correct(cancel(visit, admin), Status.BOOKED, admin)
    assert owe_reminders() == 0
    visit.patient.email = "new@mail.example"
    visit.patient.save()
    assert owe_reminders() == 0
    assert Notification.objects.filter(event__startswith="appointment_reminder").count() == 1


@pytest.mark.parametrize(
    ("starts_in", "booked_ago", "is_due"),
    [
        (timedelta(hours=24), timedelta(days=3), True),
        (timedelta(hours=24, minutes=5), timedelta(days=3), False),
        (timedelta(minutes=1), timedelta(days=3), True),  # The worker was down for a day.
        (timedelta(minutes=-1), timedelta(days=3), False),
        (timedelta(hours=20), timedelta(hours=4), True),  # Booked just before its time.
        (timedelta(hours=20), timedelta(hours=3, minutes=59), False),  # Or after it.
    ],
)
def test_when_a_reminder_is_due(starts_in, booked_ago, is_due):
    with time_machine.travel(timezone.now(), tick=False):
        booked(starts_in, booked_ago)

        assert owe_reminders() == is_due


@pytest.mark.parametrize("status", [one for one in Status if one != Status.BOOKED])
def test_only_of_what_is_booked(status):
    booked(status=status)

    assert owe_reminders() == 0


def test_what_was_moved_is_reminded_of_at_its_new_time(mailbox):
    visit = booked()
    owe_reminders()
    admin = UserFactory(role=Role.ADMIN)
    starts_at = (timezone.now() + timedelta(days=4)).replace(minute=0, second=0, microsecond=0)
    reschedule(visit, admin, starts_at)
    run_due_jobs()

    [(_, mail)] = mailbox.mails
    assert "your appointment has" in part(mail, "plain")
    assert Notification.objects.get(event__startswith="appointment_rem").status == "outdated"
    with time_machine.travel(starts_at - 23 * HOUR):
        assert owe_reminders() == 1


def test_a_reminder_of_what_is_cancelled_meanwhile_is_not_sent(mailbox):
    visit = booked()
    owe_reminders()
    cancel(visit, UserFactory(role=Role.ADMIN))

    run_due_jobs()

    assert [mail["Subject"].partition(":")[0] for _, mail in mailbox.mails] == ["Cancelled"]
    assert Notification.objects.get(event__startswith="appointment_rem").status == "outdated"


def test_a_reminder_that_is_late_for_the_visit_is_not_sent(mailbox):
    visit = booked(starts_in=timedelta(minutes=30))
    owe_reminders()

    with time_machine.travel(visit.starts_at + timedelta(seconds=1)):
        run_due_jobs()

    assert mailbox.mails == []
    assert Notification.objects.get().status == "outdated"


def test_of_several_reminders_that_were_missed_the_last_is_enough(settings):
    settings.REMINDERS = [48 * HOUR, 3 * HOUR, 24 * HOUR]
    booked(2 * HOUR, 72 * HOUR)
    booked(12 * HOUR, 72 * HOUR)
    booked(40 * HOUR, 72 * HOUR)
    booked(50 * HOUR, 72 * HOUR)

    assert owe_reminders() == 3
    events = Notification.objects.values_list("event", flat=True)
    assert sorted(int(event.split(":")[1]) for event in events) == [180, 1440, 2880]


def test_no_reminders_at_all(settings):
    settings.REMINDERS = []
    booked()

    assert owe_reminders() == 0


def test_the_number_of_queries_does_not_grow():
    doctor, counts = DoctorFactory(), []
    for number in (1, 8):
        for place in range(number):
            starts_in = (place + number) * HOUR
            booked(
                starts_in, patient=PatientFactory(phone_verified_at=timezone.now()), doctor=doctor
            )
        with CaptureQueriesContext(connection) as queries:
            assert owe_reminders() == 2 * number
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert ProcrastinateJob.objects.filter(task_name__contains="reminder").count() == 18


def test_a_text_message_that_the_gateway_refuses_is_given_up(settings, mailbox):
    settings.SMS_BACKEND = "appointments.tests.test_reminders.Refusing"
    booked(patient=PatientFactory(phone_verified_at=timezone.now()))
    owe_reminders()

    run_due_jobs()

    assert set(Notification.objects.values_list("channel", "status")) == {
        ("email", "sent"),
        ("sms", "failed"),
    }


def test_a_text_message_that_is_tried_again_has_the_key_of_the_first_try(gateway, mailbox):
    """The gateway took it, and its answer got lost: it can tell that this is the same again."""
    booked(patient=PatientFactory(phone_verified_at=timezone.now()))
    booked(patient=PatientFactory(phone_verified_at=timezone.now()))
    owe_reminders()
    gateway.status = 504
    run_due_jobs()
    gateway.status = 202
    for job in ProcrastinateJob.objects.filter(status="todo"):
        make_due(job)
    run_due_jobs()

    texts = Notification.objects.filter(channel="sms")
    assert [text.status for text in texts] == ["sent", "sent"]
    keys = [headers["Idempotency-Key"] for _, headers, _ in gateway.requests]
    assert sorted(keys) == sorted(2 * [str(text.pk) for text in texts])


def test_the_window_is_found_by_its_index():
    """Of very many visits only those of the window are read."""
    AppointmentFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        now = timezone.now()
        plan = booked_between(now, now + 24 * HOUR).order_by("starts_at", "pk").explain()
        cursor.execute("RESET enable_seqscan; RESET enable_sort")

    assert "appointment_by_start" in plan
