"""Who may book what, how early and how late, and what is offered where a time can't be had."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.scheduling import availability
from appointments.tests.scheduling import (
    HALF_HOUR,
    book_online,
    codes,
    doctor_working,
    offered,
    patient_online,
    visit,
)
from clinic.errors import NotAllowed
from doctors.models import Absence, Doctor
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 5, 3, 6, tzinfo=UTC)  # A Monday, 8 o'clock in Berlin.
TODAY = date(2027, 5, 3)
MOMENT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.BOOKING_NOTICE = timedelta(minutes=30)
    settings.BOOKING_HORIZON = timedelta(days=10)
    settings.CANCELLATION_NOTICE = timedelta(hours=2)
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def doctor() -> Doctor:
    return doctor_working("00:00-00:00")


@pytest.fixture
def patient():
    return patient_online()


@pytest.fixture
def desk():
    return UserFactory()


def refusal(wish: Appointment, by) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        services.book(wish, by=by)
    return refused.value


def test_the_earliest_time_is_later_than_the_notice(doctor, patient, clock):
    wanted = NOW + timedelta(minutes=30)
    assert codes(refusal(visit(doctor, patient, wanted), patient.user)) == {
        "starts_at": ["no_free_slot"]
    }
    assert offered(doctor, TODAY)[0].starts_at == wanted + HALF_HOUR

    clock.shift(-MOMENT)

    assert offered(doctor, TODAY)[0].starts_at == wanted
    assert services.book(visit(doctor, patient, wanted), by=patient.user).pk


def test_the_latest_day_is_the_last_of_the_horizon(doctor, patient):
    end_of_day = datetime(2027, 5, 13, 22, tzinfo=UTC)

    assert services.book(visit(doctor, patient, end_of_day - HALF_HOUR), by=patient.user).pk
    assert codes(refusal(visit(doctor, patient, end_of_day), patient.user)) == {
        "starts_at": ["no_free_slot"]
    }
    assert offered(doctor, TODAY, days=31)[-1].ends_at == end_of_day - HALF_HOUR


def test_the_horizon_moves_at_midnight_of_the_clinic(doctor, clock):
    clock.move_to(datetime(2027, 5, 3, 21, 59, tzinfo=UTC))
    before = offered(doctor, TODAY, days=31)[-1].ends_at
    clock.shift(60)

    assert offered(doctor, TODAY, days=31)[-1].ends_at == before + timedelta(days=1)


@pytest.mark.parametrize("start", [timedelta(seconds=1), timedelta(minutes=7), timedelta(days=999)])
@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMIN])
def test_staff_book_every_time_to_come(doctor, start, role):
    assert services.book(visit(doctor, PatientFactory(), NOW + start), by=UserFactory(role=role)).pk


def test_nobody_books_this_instant(doctor, patient, desk):
    for by in (desk, patient.user):
        assert codes(refusal(visit(doctor, patient, NOW), by)) == {"starts_at": [None]}


@pytest.mark.parametrize("step", ["cancel", "reschedule"])
def test_patients_change_a_visit_up_to_the_notice(doctor, patient, desk, clock, step, settings):
    settings.VISITS_AHEAD_PER_DAY = 0

    def change(appointment: Appointment, by):
        if step == "cancel":
            return services.cancel(appointment, by)
        return services.reschedule(appointment, by, appointment.starts_at + 9 * HALF_HOUR)

    late = services.book(visit(doctor, patient, NOW + timedelta(hours=3)), by=patient.user)
    just = services.book(visit(doctor, patient, NOW + timedelta(hours=4)), by=patient.user)
    clock.move_to(late.starts_at - timedelta(hours=2) + MOMENT)
    with pytest.raises(NotAllowed):
        change(late, patient.user)
    assert change(late, desk).sequence == 1

    clock.move_to(just.starts_at - timedelta(hours=2))

    assert change(just, patient.user).sequence == 1


def test_who_may_not_book_at_all(doctor, patient):
    stranger, unverified = patient_online(), patient_online(email_verified_at=None)
    own = doctor_working("00:00-00:00", with_account=True)
    wanted = NOW + timedelta(hours=1)
    for who, by, whose in [
        (patient, stranger.user, doctor),
        (unverified, unverified.user, doctor),
        (patient, own.user, doctor),
    ]:
        with pytest.raises(NotAllowed):
            services.book(visit(whose, who, wanted), by=by)
    assert not Appointment.objects.exists()

    assert services.book(visit(own, patient, wanted), by=own.user).pk


def test_a_doctor_does_not_move_a_visit_into_a_colleagues_calendar(doctor, patient):
    own = doctor_working("00:00-00:00", with_account=True)
    appointment = services.book(visit(own, patient, NOW + timedelta(hours=1)), by=own.user)

    with pytest.raises(NotAllowed):
        services.reschedule(appointment, own.user, appointment.starts_at, doctor=doctor)

    appointment.refresh_from_db()
    assert appointment.doctor == own


def test_the_api_says_who_may_not_book(api, doctor, patient):
    stranger, unverified = patient_online(), patient_online(email_verified_at=None)
    wish = {
        "doctor_id": str(doctor.pk),
        "starts_at": "2027-05-04T09:00:00Z",
        "duration_minutes": 30,
    }

    answers = [
        api(by.user).post("/api/v1/appointments", {**wish, **whose}, "json").status_code
        for by, whose in [
            (stranger, {"patient_id": str(patient.pk)}),
            (unverified, {}),
            (patient, {}),
        ]
    ]

    assert answers == [404, 403, 201]


def test_the_nearest_free_times_are_named_and_can_be_booked(settings):
    settings.VISITS_AHEAD_PER_DAY = settings.VISITS_AHEAD_PER_DOCTOR = 0
    settings.VISITS_AHEAD = 0
    doctor, patient = doctor_working("09:00-12:00"), patient_online()
    elsewhere = visit(doctor_working("00:00-00:00"), patient, NOW + timedelta(hours=2))
    services.book(elsewhere, by=patient.user)
    holder = WaitlistEntry.objects.create(
        patient=PatientFactory(), doctor=doctor, from_date=TODAY, to_date=TODAY
    )
    held = NOW + timedelta(hours=2, minutes=30)
    SlotOffer.objects.create(
        entry=holder, doctor=doctor, starts_at=held, ends_at=held + HALF_HOUR, expires_at=held
    )
    wanted = NOW + timedelta(hours=1)  # 9 o'clock.
    services.book(visit(doctor, PatientFactory(), wanted), by=UserFactory())

    error = refusal(visit(doctor, patient, wanted), patient.user)

    assert codes(error) == {"starts_at": ["doctor_double_booked"]}
    found = [slot.starts_at - wanted for slot in error.alternatives]
    day = timedelta(days=1)
    assert found == [HALF_HOUR, 4 * HALF_HOUR, 5 * HALF_HOUR, day, day + HALF_HOUR]
    for slot in error.alternatives:
        book_online(slot, patient)


def test_times_before_the_wanted_one_are_near_it_too():
    doctor, patient = doctor_working("09:00-17:00"), patient_online()
    wanted = NOW + timedelta(days=2, hours=5)
    services.book(visit(doctor, PatientFactory(), wanted), by=UserFactory())

    found = refusal(visit(doctor, patient, wanted), patient.user).alternatives

    distances = [(slot.starts_at - wanted) / HALF_HOUR for slot in found]
    assert distances == [-1, 1, -2, 2, -3]


@pytest.mark.parametrize("hours", [1, 6.5, 25, 62, 208.5, 213.5])
@pytest.mark.parametrize("week", [range(7), [0, 3], [4, 6]])
def test_no_free_time_of_the_weeks_around_is_nearer_than_those_named(desk, week, hours):
    doctor = doctor_working("09:00-10:00", "16:30-19:00", weekdays=week)
    wanted = NOW + timedelta(hours=hours)
    services.book(visit(doctor, PatientFactory(), wanted), by=desk)

    named = refusal(visit(doctor, PatientFactory(), wanted), desk).alternatives

    every = offered(doctor, TODAY, 28, by=desk)
    every.sort(key=lambda slot: abs(slot.starts_at - wanted))
    assert named == every[:5]


def test_a_visit_that_moves_leaves_its_own_time_among_the_free_ones(desk):
    doctor, patient = doctor_working("09:00-10:30"), patient_online()
    nine = NOW + timedelta(days=1, hours=1)
    appointment = services.book(visit(doctor, patient, nine), by=patient.user)
    services.book(visit(doctor, PatientFactory(), nine + HALF_HOUR), by=desk)

    with pytest.raises(ValidationError) as refused:
        services.reschedule(appointment, patient.user, nine + HALF_HOUR)

    near = [slot.starts_at for slot in refused.value.alternatives]
    assert near[:2] == [nine, nine + 2 * HALF_HOUR]


def test_where_nothing_is_free_for_weeks_nothing_is_named(doctor, patient):
    Absence.objects.create(doctor=doctor, starts_at=NOW, ends_at=NOW + timedelta(days=99))

    error = refusal(visit(doctor, patient, NOW + timedelta(days=1)), patient.user)

    assert error.alternatives == []


def test_what_is_refused_for_another_reason_names_no_times(patient):
    inactive = doctor_working("00:00-00:00", is_active=False)

    error = refusal(visit(inactive, patient, NOW + timedelta(days=1)), patient.user)

    assert codes(error) == {"doctor": ["doctor_inactive"]}
    assert error.alternatives is None


def test_staff_are_told_what_speaks_against_a_time(desk):
    doctor = doctor_working("09:00-12:00", "12:00-13:00")
    Absence.objects.create(
        doctor=doctor, starts_at=NOW + timedelta(hours=2), ends_at=NOW + timedelta(hours=3)
    )

    def warnings(hours: float) -> list[str]:
        return availability.warnings_for(
            visit(doctor, PatientFactory(), NOW + timedelta(hours=hours))
        )

    assert warnings(1.5) == []
    assert warnings(3.75) == []  # Over the seam of two spans.
    assert warnings(0.75) == warnings(4.75) == ["outside_working_hours"]
    assert warnings(1.75) == warnings(2.75) == ["doctor_absent"]
    assert warnings(3) == []
