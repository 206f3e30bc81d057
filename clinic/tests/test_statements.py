"""Statements that are kept, and rows that are written together."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from clinic.statements import (
    Statement,
    insert_once,
    insert_together,
    stand_in_key,
    stand_in_time,
)
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment, Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_statement_runs_with_other_values_each_time(settings, is_prepared):
    settings.DATABASE_PREPARED = is_prepared
    one, other = DoctorFactory(with_account=True), DoctorFactory()
    key, since = stand_in_key(), stand_in_time()
    doctors = Doctor.objects.filter(pk=key, created_at__gt=since).select_related("user")
    kept = Statement(doctors, key=key, since=since)

    for _ in range(3):
        for doctor in (one, other):
            before, after = (doctor.created_at + timedelta(hours=hours) for hours in (-1, 1))
            (found,) = kept.records(key=doctor.pk, since=before)
            assert (found, found.user, str(found)) == (doctor, doctor.user, str(doctor))
            assert found._loaded == Doctor.objects.get(pk=doctor.pk)._loaded
            assert kept.records(key=doctor.pk, since=after) == []


@pytest.mark.parametrize(
    "doctors",
    [
        lambda: Doctor.objects.filter(created_at__gt=timezone.now()),
        lambda: Doctor.objects.filter(pk=stand_in_key()),
        lambda: Patient.objects.filter(date_of_birth=timezone.localdate()),
    ],
)
def test_no_day_instant_or_key_can_stay_in_a_statement(doctors):
    with pytest.raises(AssertionError, match="would stay"):
        Statement(doctors())


def test_values_come_as_their_fields_have_them():
    patient = PatientFactory(medical_history="Asthma\nGout")
    key = stand_in_key()
    kept = Statement(Patient.objects.filter(pk=key).values_list("medical_history"), key=key)

    assert kept.rows(key=patient.pk) == [("Asthma\nGout",)]


def owed(event: str) -> Notification:
    return Notification(event=event, recipient="ada@mail.example", subject_id=stand_in_key())


def test_rows_are_written_together_or_not_at_all():
    doctor, patient = DoctorFactory(), PatientFactory()
    care = CareAssignment(doctor=doctor, patient=patient)
    insert_together(owed("a"), care, once=(care,))
    again = CareAssignment(doctor=doctor, patient=patient)
    insert_together(again, owed("b"), once=(again,))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_together(owed("c"), owed("a"))

    assert sorted(Notification.objects.values_list("event", flat=True)) == ["a", "b"]
    assert CareAssignment.objects.count() == 1
    assert [event.pgh_label for event in CareAssignment.pgh_event_model.objects.all()] == ["insert"]


def test_a_row_that_is_there_already_is_not_written_again():
    assert insert_once(owed("a"))
    assert not insert_once(owed("a"))
    assert Notification.objects.count() == 1


def test_what_a_row_is_written_with_is_what_the_model_would_write():
    user = User(email="Ada@Mail.Example", first_name="Ada", password="x")
    insert_together(user)
    stored, other = User.objects.get(pk=user.pk), UserFactory()

    assert (stored.email, stored.role) == ("ada@mail.example", Role.PATIENT)
    assert stored.date_joined == user.date_joined
    assert not user._state.adding
    assert set(stored._loaded) == set(User.objects.get(pk=other.pk)._loaded)
