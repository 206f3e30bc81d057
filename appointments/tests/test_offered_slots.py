"""What is offered can be booked, and nothing else: through the service and over the API."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.scheduling import availability
from appointments.scheduling.availability import Limits
from appointments.tests.scheduling import (
    book_online,
    codes,
    doctor_working,
    offered,
    patient_online,
    visit,
)
from doctors.models import Absence, Closure, Doctor, ExtraHours
from patients.tests.factories import PatientFactory

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [pytest.mark.django_db, pytest.mark.walk]

PATH = "/api/v1/appointments"
NOW = datetime(2027, 5, 3, 6, tzinfo=UTC)  # A Monday, 8 o'clock in Berlin.
TODAY, DAYS = date(2027, 5, 3), 4


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Berlin's clock, so many days from today."""
    return datetime(2027, 5, 3, hour - 2, minute, tzinfo=UTC) + timedelta(days=day)


def busy_doctor(**fields) -> Doctor:
    """With everything that can be in a calendar, in odd places."""
    doctor = doctor_working("00:00-01:00", "08:00-11:50", "13:05-16:00", "22:30-00:00", **fields)
    ExtraHours.objects.create(doctor=doctor, starts_at=at(0, 15), ends_at=at(0, 18, 10))
    ExtraHours.objects.create(doctor=doctor, starts_at=at(1, 23), ends_at=at(2, 9))
    Absence.objects.create(doctor=doctor, starts_at=at(0, 9, 10), ends_at=at(0, 10))
    for starts_at in (at(0, 13, 30), at(1, 8)):
        services.book(visit(doctor, PatientFactory(), starts_at), by=UserFactory())
    entry = WaitlistEntry.objects.create(
        patient=PatientFactory(), doctor=doctor, from_date=TODAY, to_date=TODAY
    )
    SlotOffer.objects.create(
        entry=entry,
        doctor=doctor,
        starts_at=at(1, 10),
        ends_at=at(1, 10, 30),
        expires_at=at(0, 12),
    )
    Closure.objects.create(starts_on=date(2027, 5, 6), ends_on=date(2027, 5, 6))
    return doctor


@pytest.mark.parametrize("length", [15, 30, 50, 180])
def test_every_time_offered_is_booked_and_none_is_left(length):
    doctor = busy_doctor(default_duration_minutes=length)
    slots = offered(doctor, TODAY, DAYS)

    for slot in slots:
        book_online(slot, patient_online())

    assert len(slots) >= 3
    assert Appointment.objects.filter(doctor=doctor).count() == 2 + len(slots)
    assert offered(doctor, TODAY, DAYS) == []


@pytest.mark.parametrize("interval", [5, 20, 45])
def test_what_is_left_is_booked_until_none_is(interval):
    """Where starts are closer than a visit is long, each booking takes others away."""
    doctor = busy_doctor(default_duration_minutes=30, slot_interval_minutes=interval)
    booked = 0

    while slots := offered(doctor, TODAY, DAYS):
        book_online(slots[len(slots) // 2], patient_online())
        booked += 1

    assert booked > 20


def test_exactly_what_is_offered_can_be_booked():
    """Every fifth minute of two nights and a day, each tried on the same calendar."""
    doctor, patient = busy_doctor(slot_interval_minutes=25), patient_online()
    free = {slot.starts_at for slot in offered(doctor, TODAY, DAYS)}
    tried = [at(0, 21) + number * timedelta(minutes=5) for number in range(12 * 36)]
    answers: dict[datetime, str] = {}
    for starts_at in tried:
        try:
            with transaction.atomic():
                services.book(visit(doctor, patient, starts_at), by=patient.user)
                answers[starts_at] = "booked"
                transaction.set_rollback(True)
        except ValidationError as error:
            (answers[starts_at],) = codes(error)["starts_at"]

    assert {start for start, answer in answers.items() if answer == "booked"} == free & set(tried)
    assert len(free & set(tried)) > 20
    assert set(answers.values()) == {"booked", "no_free_slot", "doctor_double_booked"}


def test_a_time_that_only_an_overbooked_visit_holds_is_taken():
    doctor, patient = doctor_working("09:00-10:00"), patient_online()
    first = services.book(visit(doctor, PatientFactory(), at(0, 9)), by=UserFactory())
    second = visit(doctor, PatientFactory(), at(0, 9))
    second.overbook_reason = "Emergency"
    services.book(second, by=UserFactory())
    services.cancel(first, by=UserFactory())

    with pytest.raises(ValidationError) as refused:
        services.book(visit(doctor, patient, at(0, 9)), by=patient.user)

    assert codes(refused.value) == {"starts_at": ["doctor_double_booked"]}
    assert [slot.starts_at for slot in offered(doctor, TODAY)] == [at(0, 9, 30)]
    assert [slot.starts_at for slot in refused.value.alternatives][:1] == [at(0, 9, 30)]


def test_the_api_books_what_it_offers(api):
    doctor = busy_doctor(specialization="Cardiology")
    doctor_working("09:00-10:00", specialization="Cardiology")
    doctor_working("09:00-10:00", specialization="Dermatology")
    anonymous = api()

    one = anonymous.get(f"/api/v1/doctors/{doctor.pk}/slots", {"date": "2027-05-04", "days": 2})
    every = anonymous.get("/api/v1/slots", {"specialization": "cardiology", "date": "2027-05-04"})

    assert one.status_code == every.status_code == 200
    assert len(every.json()) > 2
    wishes = [{**slot, "doctor_id": str(doctor.pk)} for slot in one.json()[::4]] + every.json()[-2:]
    for slot in wishes:
        wish = {name: slot[name] for name in ("doctor_id", "starts_at")}
        response = api(patient_online().user).post(PATH, {**wish, "duration_minutes": 30}, "json")
        assert (response.status_code, response.json()["ends_at"]) == (201, slot["ends_at"])
        again = api(patient_online().user).post(PATH, {**wish, "duration_minutes": 30}, "json")
        assert (again.status_code, again.json()["code"]) == (409, "doctor_double_booked")


@pytest.mark.parametrize(
    ("starts_at", "minutes"),
    [
        (at(1, 8, 40), 30),  # Between two free times.
        (at(1, 12), 30),  # Outside the hours.
        (at(1, 11, 30), 30),  # Ends after them.
        (at(0, 9), 30),  # Into an absence.
        (at(1, 10), 30),  # Held for somebody else.
        (at(3, 9), 30),  # The clinic is closed.
        (at(0, 8, 30), 30),  # Too soon.
        (at(400, 8), 30),  # Beyond the horizon.
    ],
    ids=str,
)
def test_the_api_refuses_what_it_does_not_offer(api, starts_at, minutes, settings):
    settings.VISITS_AHEAD_PER_DAY = settings.VISITS_AHEAD_PER_DOCTOR = 0
    settings.VISITS_AHEAD = 0
    doctor, patient = busy_doctor(), patient_online()
    wish = {"doctor_id": str(doctor.pk), "duration_minutes": minutes}

    response = api(patient.user).post(PATH, {**wish, "starts_at": starts_at.isoformat()}, "json")

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["starts_at"]
    assert not Appointment.objects.filter(patient=patient).exists()
    for slot in response.json()["alternatives"]:
        wish = {name: slot[name] for name in ("doctor_id", "starts_at")}
        booked = api(patient.user).post(PATH, {**wish, "duration_minutes": minutes}, "json")
        assert booked.status_code == 201


def test_free_times_of_days_that_are_over_are_none():
    doctor = doctor_working("09:00-10:00")

    assert offered(doctor, TODAY - timedelta(days=7), days=7) == []
    assert len(offered(doctor, TODAY - timedelta(days=7), days=8)) == 2


def test_what_the_doctor_of_another_calendar_has_does_not_matter():
    one, other = doctor_working("09:00-10:00"), doctor_working("09:00-10:00")
    inactive = doctor_working("09:00-10:00", is_active=False)
    book_online(offered(one, TODAY)[0], patient_online())

    everybody = Doctor.objects.order_by("pk")
    found = availability.free(everybody, TODAY, 1, Limits.of(None))

    assert [(slot.doctor_id, slot.starts_at) for slot in found] == [
        (other.pk, at(0, 9)),
        (one.pk, at(0, 9, 30)),
        (other.pk, at(0, 9, 30)),
    ]
    assert inactive.pk not in {slot.doctor_id for slot in found}
