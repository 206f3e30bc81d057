"""From the registration to the verified address, over a real mail server and a real worker."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import OneTimeToken
from accounts.services import verification
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)
LINK = re.compile(r"http://127\.0\.0\.1:8000/verify-email/\?token=([\w-]{43})\s")


@pytest.fixture
def patient():
    return PatientFactory(with_account=True)


def sent_token(mailbox, patient) -> str:
    """Send what is owed, and read the token in the last mail."""
    run_due_jobs()
    recipients, mail = mailbox.mails[-1]
    assert recipients == [patient.email]
    [token] = LINK.findall(mail.get_body(["plain"]).get_content())
    assert f"token={token}" in mail.get_body(["html"]).get_content()
    return token


def refused(token: str) -> bool:
    try:
        verification.verify_email(token)
    except ValidationError as error:
        return [fault.code for fault in error.error_dict["token"]] == ["token_invalid"]
    return False


def pass_time(model, time: timedelta) -> None:
    """Make what was sent so much older."""
    model.objects.update(created_at=F("created_at") - time, expires_at=F("expires_at") - time)


def everything_stored() -> str:
    """The text of every row of every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_the_link_verifies_once(mailbox, patient):
    verification.owe_email_link(patient.user)
    assert not OneTimeToken.objects.exists()
    token = sent_token(mailbox, patient)

    assert verification.verify_email(token) == patient.user

    patient.refresh_from_db()
    assert timezone.now() - patient.email_verified_at < timedelta(minutes=1)
    assert patient.phone_verified_at is None
    assert refused(token)


def test_the_token_is_in_the_mail_alone(mailbox, patient, caplog):
    verification.owe_email_link(patient.user)
    token = sent_token(mailbox, patient)

    assert token not in everything_stored()
    assert token not in caplog.text
    [job] = ProcrastinateJob.objects.filter(task_name="accounts.send_email_link")
    assert set(job.args) == {"notification_id"}


def test_a_newer_link_kills_the_older_one(mailbox, patient):
    verification.owe_email_link(patient.user)
    older = sent_token(mailbox, patient)
    verification.owe_email_link(patient.user)
    newer = sent_token(mailbox, patient)

    assert refused(older)
    assert not refused(newer)


def test_a_mail_that_is_not_sent_leaves_the_older_link_alive(mailbox, patient):
    verification.owe_email_link(patient.user)
    older = sent_token(mailbox, patient)
    mailbox.refusal = "450 Try again later"
    verification.owe_email_link(patient.user)
    run_due_jobs()

    assert OneTimeToken.objects.count() == 1
    assert not refused(older)


@pytest.mark.parametrize(("hours", "works"), [(23.9, True), (24.1, False)])
def test_a_link_lasts_a_day(mailbox, patient, hours, works):
    verification.owe_email_link(patient.user)
    token = sent_token(mailbox, patient)

    pass_time(OneTimeToken, timedelta(hours=hours))

    assert refused(token) is not works


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "é" * 200, "A" * 43])
def test_what_is_no_token_is_refused(token):
    assert refused(token)


def test_the_link_of_another_address_or_a_closed_account_is_refused(mailbox, patient):
    verification.owe_email_link(patient.user)
    token = sent_token(mailbox, patient)
    patient.user.is_active = False
    patient.user.save()
    assert refused(token)

    patient.user.is_active, patient.user.email = True, "other@mail.example"
    patient.user.save()
    assert refused(token)
    patient.refresh_from_db()
    assert patient.email_verified_at is None


def test_of_many_at_once_one_verifies(mailbox, patient):
    verification.owe_email_link(patient.user)
    token = sent_token(mailbox, patient)

    def verify(_) -> bool:
        try:
            return refused(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(verify, range(8)))

    assert answers.count(False) == 1


def test_a_new_link_goes_only_to_addresses_that_wait_for_it(mailbox, patient):
    verified = PatientFactory(with_account=True, email_verified_at=timezone.now())
    closed = PatientFactory(with_account=True)
    closed.user.is_active = False
    closed.user.save()
    without = PatientFactory()
    staff = UserFactory()

    for known in (verified, closed, without, staff):
        verification.resend_email_link(known.email)
    verification.resend_email_link("nobody@mail.example")
    verification.resend_email_link(patient.email.upper())

    assert sent_token(mailbox, patient)
    assert len(mailbox.mails) == 1
    assert Notification.objects.count() == 1


def test_a_mailbox_is_left_in_peace(mailbox, patient):
    for _ in range(8):
        verification.resend_email_link(patient.email)
        run_due_jobs()

    assert len(mailbox.mails) == 5
    ago = timezone.now() - timedelta(minutes=61)
    Notification.objects.update(created_at=ago)
    verification.resend_email_link(patient.email)
    run_due_jobs()
    assert len(mailbox.mails) == 6
