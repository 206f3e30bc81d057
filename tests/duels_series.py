"""What is fought over by a series: its dates with single visits and other series, and its visits
with changes of one of them."""

from collections import Counter
from datetime import timedelta

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentSeries
from appointments.services.series import NEAREST, book_series
from appointments.services.series_changes import cancel_series, reschedule_series
from appointments.tests.scheduling import visit
from patients.tests.factories import PatientFactory
from tests.duel import Attempt, Round
from tests.duels import NINE, count, doctor, one_of

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
RULE = "FREQ=WEEKLY;COUNT=6"


def repeating(by_doctor, on_conflict="refuse", starts_at=NINE, patient=None) -> Attempt:
    desk = UserFactory.create()
    first = visit(by_doctor, patient or PatientFactory.create(), starts_at)
    return lambda: book_series(first, RULE, desk, on_conflict)


def booking(by_doctor, starts_at, patient=None) -> Attempt:
    desk = UserFactory.create()
    wish = visit(by_doctor, patient or PatientFactory.create(), starts_at)
    return lambda: services.book(wish, desk)


def whole_or_not(busy, answers: Counter[str]) -> None:
    """All visits of each series that was booked, and none of those that were refused."""
    booked = AppointmentSeries.objects.filter(doctor=busy)
    assert booked.count() == answers["repeated"] + answers["repeated too"]
    assert all(one.appointments.count() == 6 for one in booked)


def series_against_visits() -> Round:
    """Single visits on three of its dates, the last one first."""
    busy = doctor()
    attempts = [
        ("repeated", repeating(busy)),
        *(("booked", booking(busy, NINE + weeks * WEEK)) for weeks in (5, 3, 0)),
    ]

    def check(answers: Counter[str]) -> None:
        alone = {"repeated": 1, "doctor_double_booked": 3}
        assert answers in (alone, {"booked": 3, "doctor_double_booked": 1})
        whole_or_not(busy, answers)

    return Round(attempts, check)


def replaced_against_visits() -> Round:
    """Whatever is taken first, the series finds other times."""
    busy = doctor()
    attempts = [
        ("repeated", repeating(busy, NEAREST)),
        *(("booked", booking(busy, NINE + weeks * WEEK)) for weeks in (4, 2)),
    ]

    def check(answers: Counter[str]) -> None:
        assert answers["repeated"] == 1
        assert answers["booked"] + answers["doctor_double_booked"] == 2
        whole_or_not(busy, answers)
        assert count(doctor=busy) == 6 + answers["booked"]

    return Round(attempts, check)


def two_series_of_one_patient() -> Round:
    """With two doctors, whose dates overlap."""
    one, other, patient = doctor(), doctor(), PatientFactory.create()
    later = NINE + timedelta(minutes=15)
    attempts = [
        ("repeated", repeating(one, patient=patient)),
        ("repeated too", repeating(other, starts_at=later, patient=patient)),
    ]

    def check(answers: Counter[str]) -> None:
        refused = "patient_double_booked"
        one_of(answers, {"repeated", refused}, {"repeated too", refused})
        assert count(patient=patient) == 6

    return Round(attempts, check)


def a_move_of_all_against_one() -> Round:
    """One visit is moved on its own, or it goes with the others."""
    busy, desk = doctor(), UserFactory.create()
    series = book_series(visit(busy, PatientFactory.create(), NINE), RULE, desk)
    third = series.appointments.order_by("starts_at")[2]
    alone, together = third.starts_at + 3 * HOUR, third.starts_at + HOUR
    attempts: list[tuple[str, Attempt]] = [
        ("all moved", lambda: reschedule_series(series, desk, NINE, NINE + HOUR)),
        ("moved", lambda: services.reschedule(third, desk, alone)),
    ]

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"all moved", "moved"})
        third.refresh_from_db()
        assert third.starts_at in (alone, together)
        others = Appointment.objects.filter(series=series).exclude(pk=third.pk)
        starts = sorted(others.values_list("starts_at", flat=True))
        assert starts == [NINE + HOUR + n * WEEK for n in (0, 1, 3, 4, 5)]

    return Round(attempts, check)


def a_cancellation_against_a_move() -> Round:
    """Of the same series: whoever is second finds nothing left, or what was moved."""
    busy, desk = doctor(), UserFactory.create()
    series = book_series(visit(busy, PatientFactory.create(), NINE), RULE, desk)
    attempts: list[tuple[str, Attempt]] = [
        ("all cancelled", lambda: cancel_series(series, desk)),
        ("all moved", lambda: reschedule_series(series, desk, NINE, NINE + HOUR)),
    ]

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"all cancelled", "all moved"}, {"all cancelled", "wrong_state"})
        assert count(series=series) == 0

    return Round(attempts, check)


SERIES = {
    "a series against visits": series_against_visits,
    "a series with replacements against visits": replaced_against_visits,
    "two series of one patient": two_series_of_one_patient,
    "a move of all against a move of one": a_move_of_all_against_one,
    "a cancellation of all against a move of all": a_cancellation_against_a_move,
}
