"""Statistics, against a slow and obvious count."""

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from statistics import quantiles

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.admin.statistics.counting import Period, compute
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from appointments.tests.scheduling import doctor_working
from appointments.transitions import ARRIVED, HOLDING, Status
from clinic.models import Notification
from doctors.models import Absence, Closure
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
# In Europe/Berlin one day of 25 hours (26 October 2025) and one of 23 (29 March 2026).
AUTUMN, SPRING = (
    Period(date(2025, 10, 20), date(2025, 11, 2)),
    Period(date(2026, 3, 23), date(2026, 4, 5)),
)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


def scatter(period: Period, doctors, patients, rng: random.Random, count: int = 60) -> None:
    """Visits all over the period and around it, many of them near to midnights."""
    for number in range(count):
        day = rng.choice(period.days) + timedelta(days=rng.choice([-1, 0, 0, 0, 1]))
        zone = timezone.get_default_timezone()
        clock = rng.choice([time(0), time(0, 15), time(2, 30), time(9), time(22, 30), time(23, 45)])
        starts_at = datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
        AppointmentFactory(
            doctor=rng.choice(doctors),
            patient=rng.choice(patients),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=rng.choice([15, 60, 180])),
            booked_at=starts_at - timedelta(minutes=rng.randint(1, 100_000)),
            status=rng.choice(Status.values),
            overbook_reason=f"Test {number}",
        )


def minutes_within(starts_at, ends_at, period: Period) -> int:
    """Minute by minute, each by the day that the clinic's clocks show."""
    count = int((ends_at - starts_at) / MINUTE)
    days = (timezone.localdate(starts_at + number * MINUTE) for number in range(count))
    return sum(period.first <= day <= period.last for day in days)


def slow_count(period: Period) -> dict:
    rows = [one for one in Appointment.objects.all() if one.status != Status.ENTERED_IN_ERROR]
    inside = [
        one for one in rows if period.first <= timezone.localdate(one.starts_at) <= period.last
    ]
    by_day = {day: Counter() for day in period.days}
    for one in inside:
        by_day[timezone.localdate(one.starts_at)][one.status] += 1
    booked = Counter()
    for one in rows:
        if one.status in HOLDING:
            booked[one.doctor_id] += minutes_within(one.starts_at, one.ends_at, period)
    lead = [one.starts_at - one.booked_at for one in inside if one.status != Status.CANCELLED]
    return {"by_day": by_day, "booked": booked, "lead": lead}


@pytest.mark.parametrize("period", [AUTUMN, SPRING])
@pytest.mark.parametrize("seed", range(3))
def test_visits_are_counted_as_one_would_count_them(admin, period, seed):
    rng = random.Random(seed)
    doctors = [doctor_working("00:00-00:00") for _ in range(3)]
    scatter(period, doctors, [PatientFactory() for _ in range(3)], rng)

    found, counted = compute(period, admin), slow_count(period)

    assert found.by_day == counted["by_day"]
    assert found.total.by_status == sum(counted["by_day"].values(), Counter())
    for doctor, tally in found.doctors:
        assert tally.booked == counted["booked"][doctor.pk] * MINUTE
    expected = quantiles([lead.total_seconds() for lead in counted["lead"]], method="inclusive")
    assert [part.total_seconds() for part in found.total.lead] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 10, 26), 25), (date(2026, 3, 29), 23), (date(2026, 3, 30), 24)]
)
def test_a_day_is_as_long_as_the_clinics_clocks_make_it(admin, day, hours):
    doctor_working("00:00-00:00")

    assert compute(Period(day, day), admin).total.open == timedelta(hours=hours)


def test_absences_and_closures_are_not_open_and_overlap_once(admin):
    doctor = doctor_working("09:00-12:00", "13:00-17:00")
    monday, tuesday, friday = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)
    eleven = datetime(2026, 3, 2, 10, tzinfo=UTC)  # 11:00 in Berlin.
    Absence.objects.create(doctor=doctor, starts_at=eleven, ends_at=eleven + 3 * 60 * MINUTE)
    Absence.objects.create(doctor=doctor, starts_at=eleven, ends_at=eleven + 60 * MINUTE)
    Closure.objects.create(starts_on=tuesday, ends_on=tuesday, reason="Works outing")
    nine = datetime(2026, 3, 4, 8, tzinfo=UTC)
    AppointmentFactory.past(doctor=doctor, starts_at=nine, ends_at=nine + 90 * MINUTE)

    (_, tally), = compute(Period(monday, friday), admin).doctors  # fmt: skip

    assert tally.open == timedelta(hours=7 * 4 - 2)
    assert tally.utilisation == pytest.approx(1.5 / 26)


def test_rates_are_of_those_of_whom_it_is_known(admin):
    doctor, day = DoctorFactory(), date(2026, 3, 2)
    statuses = [*ARRIVED, Status.NOSHOW, Status.CANCELLED, Status.BOOKED, Status.ENTERED_IN_ERROR]
    for hour, status in enumerate(statuses, 8):
        starts_at = datetime(2026, 3, 2, hour, tzinfo=UTC)
        AppointmentFactory.past(doctor=doctor, starts_at=starts_at, status=status)

    total = compute(Period(day, day), admin).total

    assert total.visits == 6
    assert total.no_shows == pytest.approx(1 / 4)
    assert total.cancellations == pytest.approx(1 / 6)


def test_an_empty_clinic_divides_by_nothing(admin):
    total = compute(AUTUMN, admin).total

    rates = [total.utilisation, total.no_shows, total.cancellations, total.lead]
    assert (total.visits, rates) == (0, [None] * 4)


def test_weeks_go_from_monday_to_sunday_by_the_clinics_clocks(admin):
    period = Period(date(2026, 3, 25), date(2026, 4, 7))
    assert period.weeks == [
        Period(date(2026, 3, 25), date(2026, 3, 29)),
        Period(date(2026, 3, 30), date(2026, 4, 5)),
        Period(date(2026, 4, 6), date(2026, 4, 7)),
    ]
    for text in ("2026-03-29T21:59", "2026-03-29T22:00", "2026-04-05T21:59", "2026-04-07T22:00"):
        created_at = datetime.fromisoformat(f"{text}+00:00")
        Patient.objects.filter(pk=PatientFactory().pk).update(created_at=created_at)
        Notification.objects.create(
            event=text,
            recipient="a@mail.example",
            subject_id=admin.pk,
            status="failed",
            created_at=created_at,
        )

    found = compute(period, admin)

    assert found.new_patients == [1, 2, 0]
    assert found.mails == [Counter(failed=1), Counter(failed=2), Counter()]


def test_doctors_get_their_own_figures():
    doctor, other = DoctorFactory(with_account=True), DoctorFactory()
    for one, count in ((doctor, 1), (other, 2)):
        for hour in range(count):
            starts_at = datetime(2026, 3, 2, 9 + hour, tzinfo=UTC)
            AppointmentFactory.past(doctor=one, starts_at=starts_at)

    found = compute(Period(date(2026, 3, 2), date(2026, 3, 2)), doctor.user)

    assert [one for one, _ in found.doctors] == [doctor]
    assert found.total.visits == 1
    assert found.mails is None


def test_queries_dont_grow(admin):
    counts = set()
    for _ in range(2):
        rng = random.Random(1)
        doctors = [doctor_working("09:00-17:00") for _ in range(4)]
        scatter(SPRING, doctors, [PatientFactory()], rng, 10)
        with CaptureQueriesContext(connection) as queries:
            compute(SPRING, admin)
        counts.add(len(queries))

    assert counts == {11}
