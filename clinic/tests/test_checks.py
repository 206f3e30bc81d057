"""Check constraints are asked about at once, and told one by one."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.tests.factories import AppointmentFactory
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.models.constraints import DIED_BEFORE_BIRTH, NOT_DECEASED
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

ITSELF = "A record can't be merged into itself."


def asked(record) -> int:
    """How often the database is asked about checks."""
    with CaptureQueriesContext(connection) as queries:
        record.validate_constraints()
    told = [query["sql"] for query in queries if "_check" in query["sql"]]
    return sum("EXISTS" not in sql for sql in told)  # That is whether something is unique.


@pytest.mark.parametrize("factory", [AppointmentFactory, DoctorFactory, PatientFactory])
def test_what_holds_is_asked_about_once(factory):
    assert asked(factory()) == 1


def itself() -> Patient:
    """A patient who died before birth, is alive, and is merged into this same record."""
    born, died = date(2000, 1, 2), date(2000, 1, 1)
    patient = PatientFactory.build(date_of_birth=born, deceased_on=died)
    patient.merged_into_id = patient.pk
    return patient


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        (set(), {ITSELF, NOT_DECEASED, DIED_BEFORE_BIRTH}),
        ({"date_of_birth"}, {ITSELF, NOT_DECEASED}),
        ({"deceased_on"}, {ITSELF}),
        ({"deceased_on", "merged_into"}, set()),
    ],
)
def test_each_that_is_violated_is_told_unless_a_field_of_it_is_left_out(left_out, told):
    messages: set[str] = set()
    try:
        itself().validate_constraints(left_out)
    except ValidationError as refused:
        messages = set(refused.messages)

    assert messages == told
