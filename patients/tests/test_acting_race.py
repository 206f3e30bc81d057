"""Who acts for whom changes at the time of a booking, of a merge and of other relations."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import book
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from clinic.errors import NotAllowed
from doctors.models import Doctor
from patients import services
from patients.models import MergeRecord, RelatedPerson
from patients.tests.factories import PatientFactory
from patients.tests.relations import child_of, guardian
from patients.tests.test_locks import beside, until_waiting

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


def at_once(*calls) -> list:
    """What each call returned, or the refusal that it met."""
    together = Barrier(len(calls))

    def run(call):
        together.wait()
        try:
            return call()
        except (ValidationError, NotAllowed) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_relation_that_is_withdrawn_while_its_holder_books_ends_the_booking():
    mother, doctor = guardian(), doctor_working("09:00-17:00")
    child = child_of(mother)
    relation = child.related_persons.get()
    visit = AppointmentFactory.build(doctor=doctor, patient=child, starts_at=next_monday(9))
    refused = []

    def book_it() -> None:
        try:
            book(visit, by=mother.user)
        except NotAllowed as error:
            refused.append(error)

    with beside() as start, transaction.atomic():
        list(Doctor.objects.select_for_update().filter(pk=doctor.pk))
        start(book_it)
        until_waiting(1)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(withdrawn, relation, mother.user).result(timeout=30)

    assert len(refused) == 1
    assert not Appointment.objects.exists()


def withdrawn(relation: RelatedPerson, by) -> None:
    services.withdraw(relation, by=by)
    connections.close_all()


def test_no_two_relations_close_a_circle_together():
    """Of four, two act for each other in pairs; the two that would make it a ring come at once."""
    desk = UserFactory()

    def relate(patient, acting):
        relation = RelatedPerson(
            patient=patient, related_patient=acting, relationship="caregiver", may_act=True
        )
        return services.relate(relation, by=desk)

    for _ in range(ROUNDS):
        one, two, three, four = PatientFactory.create_batch(4)
        relate(two, one)
        relate(four, three)

        outcomes = at_once(lambda a=three, b=two: relate(a, b), lambda a=one, b=four: relate(a, b))

        assert sorted(isinstance(one, RelatedPerson) for one in outcomes) == [False, True]


def test_a_new_relation_at_the_time_of_a_merge_ends_with_the_survivor_or_is_refused():
    desk = UserFactory()
    for _ in range(ROUNDS):
        mother, survivor, other = PatientFactory.create_batch(3)
        relation = RelatedPerson(
            patient=other, related_patient=mother, relationship="parent", may_act=True
        )

        related, merged = at_once(
            lambda relation=relation: services.relate(relation, by=desk),
            lambda survivor=survivor, other=other: services.merge(survivor, other, by=desk),
        )

        assert isinstance(merged, MergeRecord), merged
        left = RelatedPerson.objects.filter(related_patient=mother).values_list(
            "patient", flat=True
        )
        is_made = isinstance(related, RelatedPerson)
        assert list(left) == ([survivor.pk] if is_made else [])
