"""Log lines say which request or job it was, and name nobody."""

import json
import logging

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.services import passwords, verification
from accounts.tests.factories import UserFactory
from clinic.encryption import opened_argument
from clinic.logs import JsonFormatter, TextFormatter
from patients.tests.factories import PatientFactory
from tests import people_in_logs


def line_of(message: str, *args, formatter=JsonFormatter, error=None) -> str:
    record = logging.LogRecord("clinic", logging.ERROR, "", 1, message, args, error)
    return formatter().format(record)


@pytest.mark.parametrize("formatter", [JsonFormatter, TextFormatter])
def test_addresses_and_numbers_are_struck_out(formatter):
    line = line_of(
        "%s was refused, call %s", "ada@mail.example", "+4915112345678", formatter=formatter
    )

    assert "(address) was refused, call (number)" in line


@pytest.mark.django_db
def test_so_are_the_values_of_rows_that_the_database_refuses():
    patient = PatientFactory()
    try:
        with transaction.atomic():
            PatientFactory(email=patient.email)
    except IntegrityError as error:
        told = (type(error), error, error.__traceback__)
        line = line_of("failed", error=told)

    assert "Key (email)=(...) already exists." in line
    assert patient.email not in line
    assert json.loads(line)["level"] == "ERROR"


def test_what_is_no_person_stays():
    line = line_of("GET /api/v1/patients 2026-11-30T10:00:00+0100 took 12 ms, 3 statements")

    assert "2026-11-30T10:00:00+0100 took 12 ms" in line


def test_the_suite_would_find_one():
    logging.getLogger("clinic").warning("Lovelace1 was here")

    assert "Lovelace1" in people_in_logs.told()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("ask", [passwords.owe_reset, verification.resend_email_link])
def test_arguments_of_jobs_name_nobody(ask):
    """Whoever reads the worker's log, or its table, learns of no address that was asked for."""
    user = UserFactory()

    ask(user.email)

    (job,) = ProcrastinateJob.objects.all()
    assert user.email not in json.dumps(job.args)
    assert opened_argument(job.args["email"]) == user.email
