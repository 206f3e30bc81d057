"""Places in group sessions are fought over: whoever is faster, none is given twice."""

import http.client
import json
import os
import random
from collections import Counter
from datetime import timedelta

import pytest

from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, GroupSession
from appointments.services import sessions
from appointments.tests.factories import AppointmentFactory, GroupSessionFactory, next_monday
from appointments.tests.scheduling import visit
from appointments.transitions import Status
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests import duel
from tests.duel import Attempt, Round

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.walk]

ROUNDS = int(os.environ.get("RACE_ROUNDS", "4"))
CLIENTS = 20
NINE, NOON = next_monday(9), next_monday(12)


def places(session: GroupSession) -> list[int]:
    held = Appointment.objects.holding_time().filter(session=session)
    return sorted(seat or 0 for seat in held.values_list("seat", flat=True))


def with_people(capacity: int, count: int) -> tuple[GroupSession, list[Appointment]]:
    session, by = GroupSessionFactory.create(capacity=capacity), UserFactory.create()
    people = PatientFactory.create_batch(count)
    return session, [sessions.add_participant(session, one, by) for one in people]


def join(session: GroupSession, patient: Patient | None = None) -> Attempt:
    by, whom = UserFactory.create(), patient or PatientFactory.create()
    return lambda: sessions.add_participant(session, whom, by)


def last_place() -> Round:
    session, _ = with_people(capacity=5, count=4)

    def check(answers: Counter[str]) -> None:
        assert answers == {"booked": 1, "session_full": CLIENTS - 1}
        assert places(session) == [1, 2, 3, 4, 5]

    return Round([("booked", join(session)) for _ in range(CLIENTS)], check)


def capacity_against_cancel() -> Round:
    """There are never fewer places than take part, and each of these has one of its own."""
    session, (first, *_) = with_people(capacity=3, count=3)
    by = UserFactory.create()

    def check(answers: Counter[str]) -> None:
        assert answers in ({"cancelled": 1, "changed": 1}, {"cancelled": 1, "in_use": 1})
        now = GroupSession.objects.get(pk=session.pk)
        assert now.capacity == (2 if answers["changed"] else 3)
        assert len(places(session)) == 2
        assert max(places(session)) <= now.capacity

    return Round(
        [
            ("changed", lambda: sessions.change_session(session, by, capacity=2)),
            ("cancelled", lambda: services.cancel(first, by)),
        ],
        check,
    )


def restored_against_joining() -> Round:
    session, (first, *_) = with_people(capacity=3, count=3)
    by = UserFactory.create()
    services.cancel(first, by)

    def check(answers: Counter[str]) -> None:
        assert answers in ({"restored": 1, "session_full": 1}, {"booked": 1, "session_full": 1})
        assert places(session) == [1, 2, 3]

    restore = ("restored", lambda: services.correct(first, Status.BOOKED, by))
    return Round([restore, ("booked", join(session))], check)


def session_against_visit() -> Round:
    taken = AppointmentFactory.create(starts_at=NOON)
    by, doctor = UserFactory.create(), taken.doctor
    wish = GroupSession(
        doctor=doctor, starts_at=NINE, ends_at=NINE + timedelta(hours=1), capacity=2
    )
    other = visit(doctor, PatientFactory.create(), NINE + timedelta(minutes=30))

    def check(answers: Counter[str]) -> None:
        assert answers in (
            {"opened": 1, "doctor_double_booked": 1},
            {"booked": 1, "doctor_double_booked": 1},
        )

    return Round(
        [
            ("opened", lambda: sessions.open_session(wish, by)),
            ("booked", lambda: services.book(other, by)),
        ],
        check,
    )


DUELS = {
    one.__name__: one
    for one in (
        last_place,
        capacity_against_cancel,
        restored_against_joining,
        session_against_visit,
    )
}


@pytest.mark.parametrize("scenario", DUELS)
def test_a_place_is_given_once(scenario):
    tally = duel.run(DUELS[scenario], ROUNDS)

    assert tally.faults == []
    assert tally.rounds == ROUNDS


def test_who_joins_while_it_moves_is_where_it_is():
    chance, by = random.Random(4), UserFactory()  # nosec B311
    for _ in range(ROUNDS):
        session, _ = with_people(capacity=3, count=2)

        def move(session: GroupSession = session) -> str:
            sessions.move_session(session, by, NOON)
            return "moved"

        answers = duel.together([("moved", move), ("booked", join(session))], chance)

        assert answers == {"moved": 1, "booked": 1}
        held = Appointment.objects.holding_time().filter(session=session)
        assert set(held.values_list("starts_at", flat=True)) == {NOON}
        assert len(places(session)) == 3


def test_twenty_want_the_last_place_of_a_running_server(served):
    session, _ = with_people(capacity=5, count=4)
    token = begin_by_api(UserFactory()).access_token
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def attempt(patient: Patient) -> Attempt:
        def send() -> str:
            server = http.client.HTTPConnection("127.0.0.1", served, timeout=60)
            body = json.dumps({"patient_id": str(patient.pk)})
            path = f"/api/v1/group-sessions/{session.pk}/participants"
            server.request("POST", path, body, headers)
            response = server.getresponse()
            told = json.loads(response.read())
            server.close()
            return f"{response.status} {told.get('code', '')}".strip()

        return send

    people = PatientFactory.create_batch(CLIENTS)
    answers = duel.together([("", attempt(one)) for one in people], random.Random(4))  # nosec B311

    assert answers == {"201": 1, "409 session_full": CLIENTS - 1}
    assert places(session) == [1, 2, 3, 4, 5]
