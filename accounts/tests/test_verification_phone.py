"""Codes by text message, made and sent by a real worker."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import PhoneCode
from accounts.services import verification
from accounts.tests.factories import UserFactory
from accounts.tests.test_verification_email import everything_stored, pass_time
from clinic.management.retention.purging import purge
from clinic.sms import locmem
from clinic.tests.jobs import make_due, run_due_jobs
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patient():
    return PatientFactory(with_account=True)


def sent_code(patient) -> str:
    """Ask for a code, and read it in the message."""
    verification.send_phone_code(patient.user)
    run_due_jobs()
    message = locmem.outbox[-1]
    assert message.to == str(patient.phone)
    [code] = re.findall(r"your code is (\d{6})\.", message.text)
    return code


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def fault(patient, code: str) -> str:
    """What the service says of the code; empty where it is right."""
    try:
        verification.verify_phone(patient.user, code)
    except ValidationError as error:
        return error.message_dict["code"][0]
    return ""


def is_verified(patient) -> bool:
    patient.refresh_from_db()
    return patient.phone_verified_at is not None


def test_the_code_verifies_once(patient):
    code = sent_code(patient)

    assert fault(patient, code) == ""

    assert is_verified(patient)
    assert patient.email_verified_at is None
    assert "no code" in fault(patient, code)


def test_the_code_is_in_the_message_alone(patient, caplog):
    code = sent_code(patient)

    assert not re.search(rf"(?<![\d.]){code}(?!\d)", everything_stored())
    assert code not in caplog.text
    [job] = ProcrastinateJob.objects.filter(task_name="accounts.send_phone_code")
    assert job.args == {"user_id": str(patient.user.pk)}


def test_a_new_code_kills_the_old_one_at_once(patient):
    old = sent_code(patient)
    verification.send_phone_code(patient.user)

    assert "no code" in fault(patient, old)
    run_due_jobs()
    if sent_now() != old:  # One in a million.
        assert fault(patient, old) == "This code is not right."
    assert fault(patient, sent_now()) == ""


def sent_now() -> str:
    return re.findall(r"\d{6}", locmem.outbox[-1].text)[0]


@pytest.mark.parametrize(("minutes", "works"), [(9.9, True), (10.1, False)])
def test_a_code_lasts_ten_minutes(patient, minutes, works):
    code = sent_code(patient)

    pass_time(PhoneCode, timedelta(minutes=minutes))

    assert (fault(patient, code) == "") is works


def test_the_fifth_try_may_be_right(patient):
    code = sent_code(patient)

    for _ in range(4):
        assert fault(patient, other(code)) == "This code is not right."

    assert fault(patient, code) == ""


def test_the_sixth_try_is_none(patient):
    code = sent_code(patient)
    for _ in range(5):
        fault(patient, other(code))

    assert "too many tries" in fault(patient, code)
    assert not is_verified(patient)


def test_tries_at_once_are_all_counted(patient):
    code = sent_code(patient)

    def guess(_) -> str:
        try:
            return fault(patient, other(code))
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(24)))

    assert answers.count("This code is not right.") == 5
    assert PhoneCode.objects.get().tries == 5
    assert "too many tries" in fault(patient, code)


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "\uff11\uff12\uff13\uff14\uff15\uff16", "abcdef", "\x00", "\ud800"],
)
def test_what_is_no_code_is_refused(patient, code):
    sent_code(patient)

    assert fault(patient, code)
    assert not is_verified(patient)


def test_the_code_of_another_number_is_refused(patient):
    code = sent_code(patient)
    type(patient).objects.filter(pk=patient.pk).update(phone="+4930901820")

    assert "another number" in fault(patient, code)
    assert not is_verified(patient)


def test_somebody_elses_code_is_refused(patient):
    stranger = PatientFactory(with_account=True)
    sent_code(stranger)

    assert "no code" in fault(patient, sent_now())


@pytest.mark.parametrize("case", ["verified", "staff", "no_sender"])
def test_no_code_is_sent_without_need(patient, case, settings):
    user = patient.user
    if case == "verified":
        type(patient).objects.update(phone_verified_at=timezone.now())
        user = type(user).objects.get(pk=user.pk)
    elif case == "staff":
        user = UserFactory()
    else:
        settings.SMS_BACKEND = ""

    with pytest.raises(ValidationError) as caught:
        verification.send_phone_code(user)

    assert caught.value.code == "wrong_state"
    assert not ProcrastinateJob.objects.exists()


def test_a_gateway_that_is_down_gets_a_new_code_later(patient, settings):
    settings.SMS_BACKEND = "clinic.sms.http.Backend"
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/"  # The discard port: nobody listens.
    verification.send_phone_code(patient.user)
    run_due_jobs()
    job = ProcrastinateJob.objects.get(task_name="accounts.send_phone_code")
    assert (job.status, job.attempts) == ("todo", 1)
    first = PhoneCode.objects.get().digest

    settings.SMS_BACKEND = "clinic.sms.locmem.Backend"
    make_due(job)
    run_due_jobs()

    assert PhoneCode.objects.get().digest != first
    assert fault(patient, sent_now()) == ""


def test_a_new_code_is_no_second_try_of_the_old_one(patient, gateway):
    """A gateway that has the first one must not drop it."""
    gateway.status = 504
    verification.send_phone_code(patient.user)
    run_due_jobs()
    gateway.status = 202
    make_due(ProcrastinateJob.objects.get(task_name="accounts.send_phone_code"))
    run_due_jobs()

    first, second = (headers["Idempotency-Key"] for _, headers, _ in gateway.requests)
    assert first != second


def test_dead_codes_are_forgotten(patient):
    sent_code(patient)
    list(purge())
    assert PhoneCode.objects.exists()

    pass_time(PhoneCode, timedelta(days=31))
    list(purge())
    assert not PhoneCode.objects.exists()
