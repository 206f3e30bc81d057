"""Merging at once with other merges, bookings and changes: nothing is lost, nothing is torn."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import book
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import CareAssignment, MergeRecord, Patient, RelatedPerson
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned, or the ValidationError that it was refused with."""
    together = Barrier(len(calls))

    def run(call):
        together.wait()
        try:
            return call()
        except ValidationError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def refused(outcomes: list[Any]) -> list[ValidationError]:
    return [outcome for outcome in outcomes if isinstance(outcome, ValidationError)]


def test_of_two_merges_crosswise_one_is_refused():
    desk = UserFactory()
    for _ in range(ROUNDS):
        one, other = PatientFactory.create_batch(2)

        outcomes = at_once(
            lambda one=one, other=other: services.merge(one, other, by=desk),
            lambda one=one, other=other: services.merge(other, one, by=desk),
        )

        assert len(refused(outcomes)) == 1
        assert Patient.objects.filter(pk__in=[one.pk, other.pk]).standing().count() == 1
    assert MergeRecord.objects.count() == ROUNDS


def test_two_merges_into_one_both_hold():
    desk = UserFactory()
    for _ in range(ROUNDS):
        survivor = PatientFactory()
        others = PatientFactory.create_batch(2, medical_history="Asthma")

        outcomes = at_once(
            *(lambda one=one, to=survivor: services.merge(to, one, by=desk) for one in others)
        )

        assert not refused(outcomes)
        assert survivor.merged.count() == 2


def test_a_booking_at_the_time_of_a_merge_ends_with_the_survivor_or_is_refused():
    desk, doctor = UserFactory(), DoctorFactory()
    seen = set()
    for number in range(ROUNDS * 2):
        survivor, other = PatientFactory.create_batch(2)
        starts_at = next_monday(8 + number % 8, minute=30 * (number // 8))
        visit = AppointmentFactory.build(doctor=doctor, patient=other, starts_at=starts_at)

        booked, merged = at_once(
            lambda visit=visit: book(visit, by=desk),
            lambda survivor=survivor, other=other: services.merge(survivor, other, by=desk),
        )

        assert isinstance(merged, MergeRecord)
        seen.add(type(booked))
        left = Appointment.objects.filter(pk=visit.pk).values_list("patient", flat=True)
        assert list(left) == ([] if refused([booked]) else [survivor.pk])
        assert not CareAssignment.objects.filter(patient=other).exists()
    assert seen <= {Appointment, ValidationError}


def test_a_change_at_the_time_of_a_merge_does_not_bring_the_record_back():
    desk = UserFactory()
    for _ in range(ROUNDS):
        survivor, other = PatientFactory.create_batch(2)
        stale = Patient.objects.get(pk=other.pk)
        stale.city = "Bremen"

        _, merged = at_once(
            lambda stale=stale: services.change(stale, by=desk),
            lambda survivor=survivor, other=other: services.merge(survivor, other, by=desk),
        )

        assert isinstance(merged, MergeRecord)
        assert Patient.objects.get(pk=other.pk).merged_into == survivor


def test_of_two_undoings_one_is_refused():
    desk = UserFactory()
    for _ in range(ROUNDS):
        record = services.merge(*PatientFactory.create_batch(2), by=desk)

        outcomes = at_once(*(lambda record=record: services.undo(record, by=desk),) * 2)

        assert len(refused(outcomes)) == 1
        assert Patient.objects.get(pk=record.merged_id).merged_into is None


def test_a_relation_made_at_the_time_of_a_merge_ends_with_the_survivor_or_is_refused():
    """In either direction; and of two who become one, nobody is related to oneself."""
    desk = UserFactory()
    for number in range(ROUNDS):
        survivor, other, child = PatientFactory.create_batch(3)
        pair = {"patient": child, "related_patient": other}
        if number % 3 == 1:
            pair = {"patient": other, "related_patient": child}
        elif number % 3 == 2:
            pair = {"patient": other, "related_patient": survivor}
        relation = RelatedPerson(**pair, relationship="other")

        related, merged = at_once(
            lambda relation=relation: services.relate(relation, by=desk),
            lambda survivor=survivor, other=other: services.merge(survivor, other, by=desk),
        )

        assert len(refused([related, merged])) < 2
        rows = RelatedPerson.objects.filter(pk=relation.pk).values_list(
            "patient", "related_patient"
        )
        if refused([related]):
            assert not rows
        elif refused([merged]):
            assert set(rows[0]) == {survivor.pk, other.pk}
        else:
            assert set(rows[0]) == {survivor.pk, child.pk}
