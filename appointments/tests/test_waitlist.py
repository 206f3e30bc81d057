"""Who is offered what becomes free, and for how long."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.tests.scheduling import (
    HALF_HOUR,
    book_online,
    codes,
    doctor_working,
    offered,
    patient_online,
    visit,
)
from appointments.tests.waiting import NOW, TODAY, TOMORROW, fill, offers, wait
from clinic.errors import NotAllowed
from clinic.models import Notification
from doctors.models import Doctor, ExtraHours

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def doctor() -> Doctor:
    """Works from nine to ten: two visits a day."""
    return doctor_working("09:00-10:00")


@pytest.fixture
def desk():
    return UserFactory()


def test_a_freed_time_goes_to_the_one_who_has_waited_longest(doctor, desk, clock):
    booked = fill(doctor)
    first = wait(doctor)
    clock.shift(60)
    second = wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    assert offers() == []

    services.cancel(booked[1], by=desk)
    job = ProcrastinateJob.objects.filter(task_name="appointments.offer_free_times").last()
    assert job.args == {"doctor_id": str(doctor.pk)}
    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(first, "Tue 09:30", "open")]
    services.cancel(booked[0], by=desk)
    waitlist.offer_free_times(doctor.pk)
    assert offers() == [(first, "Tue 09:30", "open"), (second, "Tue 09:00", "open")]


def test_each_offer_is_told_once(doctor):
    entry = wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    waitlist.offer_free_times(doctor.pk)
    waitlist.move_on()

    offer = SlotOffer.objects.get()
    told = Notification.objects.get(event__startswith="waitlist_offer")
    assert (told.recipient, told.subject_id) == (entry.patient.email, offer.pk)
    assert offer.expires_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("window", "offer"),
    [
        ({}, "Tue 09:00"),
        ({"to_date": TOMORROW + timedelta(days=5)}, "Tue 09:00"),
        ({"from_date": date(2027, 5, 6), "to_date": date(2027, 5, 7)}, "Thu 09:00"),
        ({"earliest": time(9)}, "Tue 09:00"),
        ({"earliest": time(9, 1)}, "Tue 09:30"),
        ({"earliest": time(9, 30), "latest": time(9, 30)}, "Tue 09:30"),
        ({"earliest": time(9, 31)}, None),
        ({"latest": time(9)}, "Tue 09:00"),
        ({"latest": time(8, 59)}, None),
        ({"duration_minutes": 60}, "Tue 09:00"),
        ({"duration_minutes": 75}, None),
    ],
    ids=str,
)
def test_what_is_offered_fits_the_days_times_and_length(doctor, window, offer):
    entry = wait(doctor, **window)

    waitlist.offer_free_times(doctor.pk)

    assert offers() == ([(entry, offer, "open")] if offer else [])


def test_without_a_length_an_offer_is_as_long_as_a_visit_to_its_doctor_usually_is(clock):
    doctors = [
        doctor_working("09:00-12:00", specialization="Cardiology", default_duration_minutes=minutes)
        for minutes in (20, 45)
    ]
    wishes = [{}, {"duration_minutes": 30}]
    for doctor in doctors:
        for wish in (*wishes, *({"doctor": doctor, **wish} for wish in wishes)):
            wait(**{"specialization": "" if "doctor" in wish else "Cardiology", **wish})
            clock.shift(1)
        waitlist.offer_free_times(doctor.pk)

    lengths = [
        [
            (offer.ends_at - offer.starts_at).total_seconds() / 60
            for offer in SlotOffer.objects.filter(doctor=doctor).order_by("entry__created_at")
        ]
        for doctor in doctors
    ]
    assert lengths == [[20, 30, 20, 30], [45, 30, 45, 30]]
    booked = waitlist.accept(SlotOffer.objects.filter(doctor=doctors[1]).earliest("starts_at"))
    assert booked.duration_minutes == 45


def test_a_window_that_lies_in_the_past_in_part_is_what_is_left_of_it(doctor, clock):
    entry = wait(doctor, from_date=TODAY)
    clock.move_to(datetime(2027, 5, 3, 7, 15, tzinfo=UTC))  # 9:15: too late for 9:30, by notice.

    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(entry, "Tue 09:00", "open")]


def test_times_beyond_the_horizon_are_not_offered(doctor, settings):
    settings.BOOKING_HORIZON = timedelta(days=2)
    late = wait(doctor, from_date=TODAY + timedelta(days=3), to_date=TODAY + timedelta(days=9))
    entry = wait(doctor, from_date=TODAY + timedelta(days=2), to_date=TODAY + timedelta(days=9))

    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(entry, "Wed 09:00", "open")]
    assert late.offers.count() == 0


def test_a_specialization_is_any_of_its_doctors_however_it_is_written():
    busy = doctor_working("09:00-09:30", specialization="Cardiology")
    free = doctor_working("11:00-11:30", specialization="cardiology")
    doctor_working("10:00-10:30", specialization="Dermatology")
    fill(busy)
    entry = wait(specialization="CARDIOLOGY")
    jobs = ProcrastinateJob.objects.filter(task_name="appointments.offer_free_times")
    assert {job.args["doctor_id"] for job in jobs} == {str(busy.pk), str(free.pk)}

    waitlist.move_on()

    assert offers() == [(entry, "Tue 11:00", "open")]


def test_nobody_has_two_open_offers():
    doctors = [doctor_working("09:00-12:00") for _ in range(2)]
    entry = wait(specialization="General practice")

    for doctor in doctors * 2:
        waitlist.offer_free_times(doctor.pk)
    waitlist.move_on()

    assert offers() == [(entry, "Tue 09:00", "open")]


def test_a_held_time_is_kept_from_others_and_free_for_its_patient(doctor):
    entry = wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    (held, free) = (NOW + timedelta(days=1, hours=1, minutes=m) for m in (0, 30))
    own = offered(doctor, TOMORROW, patient_id=entry.patient_id)

    assert [slot.starts_at for slot in own] == [held, free]
    assert [slot.starts_at for slot in offered(doctor, TOMORROW)] == [free]
    other = patient_online()
    with pytest.raises(ValidationError) as refused:
        services.book(visit(doctor, other, held), by=other.user)
    assert codes(refused.value) == {"starts_at": ["no_free_slot"]}
    assert free in [slot.starts_at for slot in refused.value.alternatives]
    assert held not in [slot.starts_at for slot in refused.value.alternatives]
    book_online(own[0], entry.patient)
    assert offers() == [(entry, "Tue 09:00", "withdrawn")]


def test_two_entries_of_one_patient_are_offered_two_times(doctor, settings):
    settings.VISITS_AHEAD_PER_DAY = 0
    patient = patient_online()
    one = wait(doctor, patient=patient)
    other = wait(patient=patient, specialization=doctor.specialization)

    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(one, "Tue 09:00", "open"), (other, "Tue 09:30", "open")]
    for offer in SlotOffer.objects.all():
        waitlist.accept(offer)
    assert Appointment.objects.filter(patient=patient).count() == 2


def test_a_patient_waits_once_for_one_thing(doctor):
    entry = wait(doctor)

    with pytest.raises(ValidationError) as refused:
        wait(doctor, patient=entry.patient)

    assert codes(refused.value) == {"__all__": ["already_waiting"]}


def test_times_in_which_the_patient_has_a_visit_are_not_offered(doctor, settings):
    settings.VISITS_AHEAD_PER_DAY = 0
    elsewhere = doctor_working("09:00-09:30")
    patient = patient_online()
    book_online(offered(elsewhere, TOMORROW)[0], patient)
    entry = wait(doctor, patient=patient)

    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(entry, "Tue 09:30", "open")]


def test_extra_hours_are_offered(desk):
    doctor = doctor_working()
    entry = wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    assert offers() == []

    starts_at = NOW + timedelta(days=1, hours=5)
    ExtraHours.objects.create(doctor=doctor, starts_at=starts_at, ends_at=starts_at + HALF_HOUR)
    waitlist.move_on()

    assert offers() == [(entry, "Tue 13:00", "open")]


def test_who_may_wait(doctor, desk):
    patient, stranger = patient_online(), patient_online()
    unverified = patient_online(email_verified_at=None)
    fields = {"doctor": doctor, "from_date": TODAY, "to_date": TODAY}
    for own, by in [
        (patient, stranger.user),
        (unverified, unverified.user),
        (patient, UserFactory(role=Role.DOCTOR)),
    ]:
        with pytest.raises(NotAllowed):
            waitlist.join(WaitlistEntry(patient=own, **fields), by=by)
    assert not WaitlistEntry.objects.exists()

    entry = waitlist.join(WaitlistEntry(patient=unverified, **fields), by=desk)

    with pytest.raises(NotAllowed):
        waitlist.leave(entry, by=stranger.user)
    assert waitlist.leave(entry, by=desk).state == "left"
