"""What becomes of an offer, and of who waits: accepted, declined, run out, given up."""

from datetime import time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer
from appointments.services import waitlist
from appointments.tests.scheduling import (
    book_online,
    codes,
    doctor_working,
    offered,
    visit,
)
from appointments.tests.waiting import NOW, TODAY, TOMORROW, fill, offers, wait
from clinic.models import Notification
from doctors.models import Absence, Doctor
from patients.tests.factories import PatientFactory

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


def test_who_books_another_time_that_fits_waits_no_more(doctor):
    entry, other = (
        wait(doctor),
        wait(doctor, from_date=TODAY + timedelta(days=8), to_date=TODAY + timedelta(days=9)),
    )

    first, second = offered(doctor, TOMORROW)[-2:]
    book_online(first, entry.patient)
    book_online(second, other.patient)

    entry.refresh_from_db()
    other.refresh_from_db()
    assert (entry.state, other.state) == ("booked", "waiting")
