"""From the registration page to the mailbox, over a real SMTP server and a real worker."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.models import Notification
from clinic.tests.jobs import make_due, run_due_jobs
from clinic.tests.mailbox import part
from patients.models import Patient
from patients.services.registration import follow_up
from patients.tasks import send_registration_confirmation
from patients.tests.factories import PatientFactory
from patients.tests.registration import URL, filled_in

pytestmark = pytest.mark.django_db(transaction=True)


SUBJECT = "You are registered with Riverside Clinic"


def confirmation() -> Notification:
    """The one of the two mails that are owed which confirms the registration."""
    return Notification.objects.get(event__startswith="patient_registered:")


def confirmations(mailbox) -> list:
    return [(to, mail) for to, mail in mailbox.mails if mail["Subject"] == SUBJECT]


def job() -> ProcrastinateJob:
    return ProcrastinateJob.objects.get(task_name=send_registration_confirmation.name)


def test_the_confirmation_arrives(client, mailbox):
    client.post(URL, filled_in(first_name="Seán <b>", last_name="O'Brien"))
    owed = confirmation()
    assert (owed.status, owed.attempts, job().status) == ("owed", 0, "todo")

    run_due_jobs()

    [(recipients, mail)] = confirmations(mailbox)
    patient = Patient.objects.get()
    assert recipients == [patient.email] == [mail["To"]]
    assert mail["From"] == "Riverside Clinic <reception@clinic.example>"
    assert mail["Message-ID"] == f"<{owed.pk}@clinic.example>"
    assert "Dear Seán <b> O'Brien," in part(mail, "plain")
    assert "Dear Seán &lt;b&gt; O&#x27;Brien," in part(mail, "html")
    for kind in ("plain", "html"):
        assert patient.record_number in part(mail, kind)
        assert str(patient.pk) not in part(mail, kind)
    sent = confirmation()
    assert (sent.status, sent.attempts, sent.last_error) == ("sent", 1, "")
    assert sent.sent_at is not None
    assert job().status == "succeeded"


BOOK = "http://127.0.0.1:8000/me/book/"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("with_account", [True, False])
def test_the_confirmation_says_how_to_get_an_appointment(mailbox, language, with_account):
    """Who has an account can book on the site; nobody else is sent there."""
    patient = PatientFactory(with_account=with_account, language=language)
    with transaction.atomic():
        follow_up(patient)

    run_due_jobs()

    [(_, mail)] = mailbox.mails
    first = {
        "en": "confirm this e-mail address",
        "de": "bestätigen Sie zuerst diese E-Mail-Adresse",
    }
    call = {"en": "call or write to us.", "de": "rufen Sie uns an oder schreiben Sie uns."}
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert call[language] in text
        assert (first[language] in text, BOOK in text) == (with_account, with_account)


def test_a_server_that_is_down_is_tried_again(client, smtp):
    client.post(URL, filled_in())

    run_due_jobs()

    owed = confirmation()
    assert (owed.status, owed.attempts, owed.sent_at) == ("owed", 1, None)
    assert "ConnectionRefusedError" in owed.last_error
    waiting = job()
    assert (waiting.status, waiting.attempts) == ("todo", 1)
    assert timedelta() < waiting.scheduled_at - timezone.now() <= timedelta(seconds=10)

    smtp.start()
    make_due(waiting)
    run_due_jobs()

    sent = confirmation()
    assert (sent.status, sent.attempts, sent.last_error) == ("sent", 2, "")
    assert len(confirmations(smtp.handler)) == 1
    assert job().status == "succeeded"


def test_a_server_that_stays_down_is_given_up(client, smtp, settings):
    settings.MAIL_RETRY_HOURS = 1
    client.post(URL, filled_in())

    for _ in range(12):
        make_due(job())
        run_due_jobs()

    failed = confirmation()
    assert (failed.status, failed.attempts) == ("failed", 9)
    assert failed.failed_at is not None
    assert job().status == "failed"


def test_a_refused_recipient_is_given_up_once_the_server_takes_others(client, mailbox, caplog):
    """Until then it may be the server that refuses everybody."""
    mailbox.refusal = "550 No such user here"
    client.post(URL, filled_in())
    run_due_jobs()
    make_due(job())
    run_due_jobs()
    owed = confirmation()
    assert (owed.status, owed.attempts) == ("owed", 2)

    Notification.objects.create(
        event="password_changed:1",
        recipient="other@mail.example",
        subject_id=owed.subject_id,
        status="sent",
        sent_at=timezone.now(),
    )
    make_due(job())
    run_due_jobs()

    failed = confirmation()
    assert (failed.status, failed.attempts) == ("failed", 3)
    assert "No such user here" in failed.last_error
    assert job().status == "failed"
    ours = [line for line in caplog.records if line.name != "mail.log"]  # Not the mail server.
    assert not any(failed.recipient in caplog.handler.format(line) for line in ours)
    assert not mailbox.mails
    assert Patient.objects.exists()


def test_a_recipient_refused_for_now_is_tried_again(client, mailbox):
    mailbox.refusal = "450 Try again later"
    client.post(URL, filled_in())
    run_due_jobs()
    assert (confirmation().status, job().status) == ("owed", "todo")

    mailbox.refusal = ""
    make_due(job())
    run_due_jobs()

    assert confirmation().status == "sent"
    assert len(confirmations(mailbox)) == 1


def test_delivering_twice_sends_once(client, mailbox):
    client.post(URL, filled_in())
    send_registration_confirmation.defer(notification_id=str(confirmation().pk))

    run_due_jobs()

    assert len(confirmations(mailbox)) == 1
    assert confirmation().attempts == 1
    statuses = ProcrastinateJob.objects.filter(task_name=send_registration_confirmation.name)
    assert [each.status for each in statuses] == ["succeeded", "succeeded"]


def test_the_mail_of_a_patient_who_is_gone_is_given_up(client, mailbox):
    client.post(URL, filled_in())
    patient = Patient.objects.get()
    patient.document.delete()
    patient.delete()

    run_due_jobs()

    assert (confirmation().status, job().status) == ("failed", "failed")
    assert not confirmations(mailbox)
