"""Who is offered what becomes free, for how long, and what becomes of it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone
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
from clinic.errors import NotAllowed
from clinic.models import Notification
from doctors.models import Absence, Doctor, ExtraHours
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 5, 3, 6, tzinfo=UTC)  # A Monday, 8 o'clock in Berlin.
TODAY = date(2027, 5, 3)
TOMORROW = date(2027, 5, 4)


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


def wait(doctor: Doctor | None = None, **fields) -> WaitlistEntry:
    """A patient joins, who waits for tomorrow unless another day is given."""
    patient = fields.pop("patient", None) or patient_online()
    fields = {"from_date": TOMORROW, "to_date": TOMORROW, **fields}
    entry = WaitlistEntry(patient=patient, doctor=doctor, **fields)
    return waitlist.join(entry, by=entry.patient.user)


def offers(**where) -> list[tuple[WaitlistEntry, str, str]]:
    """(entry, local time, state) of the offers, in the order in which they were made."""
    rows = SlotOffer.objects.filter(**where).order_by("offered_at", "pk").select_related("entry")
    return [(row.entry, f"{timezone.localtime(row.starts_at):%a %H:%M}", row.state) for row in rows]


def fill(doctor: Doctor, day: date = TOMORROW) -> list[Appointment]:
    return [book_online(slot, patient_online()) for slot in offered(doctor, day)]


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


@pytest.mark.parametrize("door", ["job", "clock"])
def test_an_offer_that_runs_out_goes_to_the_next(doctor, clock, door):
    fill(doctor)
    first = wait(doctor, earliest=time(9, 30))
    clock.shift(1)
    second = wait(doctor, earliest=time(9, 30))
    services.cancel(Appointment.objects.order_by("starts_at").last(), by=UserFactory())
    waitlist.offer_free_times(doctor.pk)
    clock.shift(2 * 3600 - 1)
    waitlist.move_on()
    assert offers() == [(first, "Tue 09:30", "open")]

    clock.shift(1)
    # Whichever comes first: the minute's job, or that of a time that has just become free.
    waitlist.move_on() if door == "clock" else waitlist.offer_free_times(doctor.pk)

    assert offers() == [(first, "Tue 09:30", "expired"), (second, "Tue 09:30", "open")]
    with pytest.raises(ValidationError) as refused:
        waitlist.accept(SlotOffer.objects.get(entry=first))
    assert codes(refused.value) == {"": ["wrong_state"]}
    assert SlotOffer.objects.get(entry=first).state == "expired"
    clock.shift(3 * 3600)
    waitlist.move_on()
    assert [state for _, _, state in offers()] == ["expired", "expired"]  # Not offered again.


def test_an_offer_can_be_accepted_to_its_last_moment_and_not_beyond(doctor, clock):
    wait(doctor, from_date=TODAY)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()
    assert offer.expires_at == offer.starts_at - timedelta(minutes=30)  # Patients' notice.

    clock.move_to(offer.expires_at - timedelta(microseconds=1))
    appointment = waitlist.accept(offer)

    assert appointment.starts_at == offer.starts_at


def test_an_offer_is_over_at_the_instant_it_names(doctor, clock):
    wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()

    clock.move_to(offer.expires_at)
    with pytest.raises(ValidationError) as refused:
        waitlist.accept(offer)

    assert codes(refused.value) == {"": ["wrong_state"]}
    assert not Appointment.objects.exists()


def test_what_was_declined_goes_to_the_next_and_does_not_come_back(doctor):
    first = wait(doctor, latest=time(9))
    waitlist.offer_free_times(doctor.pk)
    waitlist.decline(SlotOffer.objects.get())
    waitlist.offer_free_times(doctor.pk)
    assert offers() == [(first, "Tue 09:00", "declined")]

    second = wait(doctor, latest=time(9))
    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(first, "Tue 09:00", "declined"), (second, "Tue 09:00", "open")]
    with pytest.raises(ValidationError) as refused:
        waitlist.decline(SlotOffer.objects.get(entry=first))
    assert codes(refused.value) == {"": ["wrong_state"]}


def test_an_accepted_offer_books_once_and_tells_the_patient(doctor):
    entry = wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()

    appointment = waitlist.accept(offer)
    with pytest.raises(ValidationError) as refused:
        waitlist.accept(offer)

    assert codes(refused.value) == {"": ["wrong_state"]}
    assert Appointment.objects.get() == appointment
    assert (appointment.patient, appointment.created_by) == (entry.patient, entry.patient.user)
    assert appointment.history.get().by == entry.patient.user
    offer.refresh_from_db()
    entry.refresh_from_db()
    assert (offer.state, offer.appointment, entry.state) == ("accepted", appointment, "booked")
    assert Notification.objects.filter(event__startswith="appointment_booked").count() == 1
    waitlist.move_on()
    assert SlotOffer.objects.count() == 1


def test_staff_who_book_a_held_time_withdraw_the_offer(doctor, desk):
    entry = wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()

    services.book(visit(doctor, PatientFactory(), offer.starts_at), by=desk)

    assert offers() == [(entry, "Tue 09:00", "withdrawn")]
    with pytest.raises(ValidationError):
        waitlist.accept(offer)
    assert Appointment.objects.count() == 1
    waitlist.move_on()
    assert offers()[1:] == [(entry, "Tue 09:30", "open")]


def test_a_visit_that_is_restored_withdraws_the_offer_of_its_time(doctor, desk):
    booked = fill(doctor)[0]
    entry = wait(doctor)
    services.cancel(booked, by=desk)
    waitlist.offer_free_times(doctor.pk)
    assert offers() == [(entry, "Tue 09:00", "open")]

    services.correct(booked, "booked", by=UserFactory(role=Role.ADMIN))

    assert offers() == [(entry, "Tue 09:00", "withdrawn")]


def test_an_offer_is_not_accepted_once_the_doctor_is_away(doctor):
    wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()
    Absence.objects.create(doctor=doctor, starts_at=NOW, ends_at=NOW + timedelta(days=9))

    with pytest.raises(ValidationError) as refused:
        waitlist.accept(offer)

    assert codes(refused.value) == {"starts_at": ["no_free_slot"]}
    offer.refresh_from_db()
    assert (offer.state, offer.entry.state) == ("withdrawn", "waiting")
    assert not Appointment.objects.exists()


def test_an_offer_is_not_accepted_over_an_overbooked_visit(doctor, desk):
    """The constraint lets overbooked visits share their time, whoever comes later."""
    wait(doctor)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()
    overbooked = visit(doctor, PatientFactory(), offer.starts_at)
    overbooked.overbook_reason = "Emergency"
    services.book(overbooked, by=desk)
    SlotOffer.objects.update(state="open")  # As if it had been made just then.

    with pytest.raises(ValidationError) as refused:
        waitlist.accept(offer)

    assert codes(refused.value) == {"starts_at": ["doctor_double_booked"]}


def test_who_leaves_gives_back_what_was_held_for_them(doctor):
    first, second = wait(doctor, latest=time(9)), wait(doctor, latest=time(9))
    waitlist.offer_free_times(doctor.pk)

    waitlist.leave(first, by=first.patient.user)
    waitlist.offer_free_times(doctor.pk)

    assert offers() == [(first, "Tue 09:00", "withdrawn"), (second, "Tue 09:00", "open")]
    with pytest.raises(ValidationError) as refused:
        waitlist.leave(first, by=first.patient.user)
    assert codes(refused.value) == {"": ["wrong_state"]}


def test_who_waits_for_days_that_are_over_is_taken_off(doctor, clock):
    entry = wait(doctor)
    clock.shift(timedelta(days=1, hours=15, minutes=59))
    waitlist.move_on()
    entry.refresh_from_db()
    assert entry.state == "waiting"

    clock.shift(60)
    waitlist.move_on()

    entry.refresh_from_db()
    assert entry.state == "expired"


def test_two_entries_of_one_patient_are_offered_two_times(doctor):
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


def test_times_in_which_the_patient_has_a_visit_are_not_offered(doctor):
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


def test_who_books_the_offered_time_in_another_way_waits_no_more(doctor):
    entry = wait(doctor)
    (offer,) = waitlist.offer_free_times(doctor.pk)

    services.book(visit(doctor, entry.patient, offer.starts_at), by=entry.patient.user)

    entry.refresh_from_db()
    assert entry.state == "booked"


def test_a_cancelled_visit_of_an_inactive_doctor_stays_cancelled(doctor, desk):
    (booked, *_) = fill(doctor)
    services.cancel(booked, by=desk)
    Doctor.objects.update(is_active=False)

    with pytest.raises(ValidationError) as refused:
        services.correct(booked, Appointment.Status.BOOKED, by=desk)

    assert codes(refused.value) == {"doctor": ["doctor_inactive"]}
