"""What is fought over through the services: one time, one visit, one offer."""

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import absences, waitlist
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import HALF_HOUR, doctor_working, patient_online, visit
from appointments.transitions import Status
from doctors.models import Absence, Doctor
from doctors.services import records
from patients.models import Patient
from tests.duel import Attempt, Round

NINE = next_monday(9)
LATER = NINE + HALF_HOUR


def count(**where) -> int:
    return Appointment.objects.holding_time().filter(**where).count()


def one_of(answers: Counter[str], *endings: set[str] | tuple[str, ...]) -> None:
    found = tuple(sorted(answers.elements()))
    assert found in {tuple(sorted(ending)) for ending in endings}, f"ended with {found}"


def account_of(patient: Patient) -> User:
    assert patient.user is not None
    return patient.user


def doctor() -> Doctor:
    return doctor_working("00:00-00:00")


def booked(by_doctor: Doctor, patient=None, starts_at=NINE) -> Appointment:
    wish = visit(by_doctor, patient or patient_online(), starts_at)
    return services.book(wish, by=wish.patient.user)


def book(wanted: Doctor, starts_at=NINE) -> Attempt:
    wish = visit(wanted, patient_online(), starts_at)
    return lambda: services.book(wish, by=wish.patient.user)


def last_free_time() -> Round:
    wanted = doctor()

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"booked", "doctor_double_booked"})
        assert count(doctor=wanted) == 1

    return Round([("booked", book(wanted)), ("booked", book(wanted))], check)


def move_against_cancel() -> Round:
    """Whichever comes first, the visit doesn't take place and no time is kept for it."""
    appointment, other = booked(doctor()), doctor()
    by, seen = appointment.patient.user, Appointment.objects.get(pk=appointment.pk)

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"cancelled", "moved"}, {"cancelled", "wrong_state"})
        assert count(patient=appointment.patient) == 0
        assert seen.history.count() == 2 + answers["moved"]

    return Round(
        [
            ("moved", lambda: services.reschedule(appointment, by, LATER, doctor=other)),
            ("cancelled", lambda: services.cancel(seen, by)),
        ],
        check,
    )


def absence_against_booking() -> Round:
    """A visit that was booked is listed with the absence; one that was not is refused."""
    wanted, desk, affected = doctor(), UserFactory.create(), []
    absence = Absence(doctor=wanted, starts_at=NINE, ends_at=NINE + timedelta(days=1))

    def be_away() -> None:
        affected.extend(absences.add_absence(absence, by=desk))

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"absent", "booked"}, {"absent", "no_free_slot"})
        assert [one.doctor for one in affected] == [wanted] * answers["booked"]
        assert count(doctor=wanted) == answers["booked"]

    return Round([("absent", be_away), ("booked", book(wanted))], check)


def deactivation_against_booking() -> Round:
    wanted, admin = doctor(), UserFactory.create(role=Role.ADMIN)
    affected: list[Appointment] = []

    def deactivate() -> None:
        leaving = Doctor.objects.get(pk=wanted.pk)
        leaving.is_active = False
        records.change(leaving, by=admin)
        affected.extend(absences.ahead_of(leaving))

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"deactivated", "booked"}, {"deactivated", "doctor_inactive"})
        assert [one.doctor_id for one in affected] == [wanted.pk] * answers["booked"]

    return Round([("deactivated", deactivate), ("booked", book(wanted))], check)


def offer_of(wanted: Doctor, patient=None) -> SlotOffer:
    """The doctor's first free time, held for somebody."""
    day = timezone.localdate(NINE)
    patient = patient or patient_online()
    entry = WaitlistEntry(patient=patient, doctor=wanted, from_date=day, to_date=day)
    waitlist.join(entry, by=account_of(patient))
    (offer,) = waitlist.offer_free_times(wanted.pk)
    return offer


def again(offer: SlotOffer) -> SlotOffer:
    return SlotOffer.objects.select_related("entry__patient__user", "doctor").get(pk=offer.pk)


def offer_accepted_twice() -> Round:
    wanted = doctor()
    offer = offer_of(wanted)

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"accepted", "wrong_state"})
        assert count(doctor=wanted) == 1
        assert again(offer).state == "accepted"

    return Round([("accepted", lambda: waitlist.accept(again(offer)))] * 2, check)


def offer_against_the_desk() -> Round:
    """The one who comes too late keeps the place on the waitlist."""
    wanted, desk = doctor(), UserFactory.create()
    offer = offer_of(wanted)
    wish = visit(wanted, patient_online(), offer.starts_at)

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"accepted", "doctor_double_booked"}, {"booked", "wrong_state"})
        assert count(doctor=wanted) == 1
        states = (again(offer).state, again(offer).entry.state)
        assert states == (
            ("accepted", "booked") if answers["accepted"] else ("withdrawn", "waiting")
        )

    return Round(
        [
            ("accepted", lambda: waitlist.accept(again(offer))),
            ("booked", lambda: services.book(wish, by=desk)),
        ],
        check,
    )


def offer_against_leaving() -> Round:
    wanted = doctor()
    offer = offer_of(wanted)
    by = account_of(offer.entry.patient)

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"accepted", "wrong_state"}, {"left", "wrong_state"})
        assert count(doctor=wanted) == answers["accepted"]
        left = again(offer)
        assert (left.state, left.entry.state) in {("accepted", "booked"), ("withdrawn", "left")}

    return Round(
        [
            ("accepted", lambda: waitlist.accept(again(offer))),
            ("left", lambda: waitlist.leave(again(offer).entry, by=by)),
        ],
        check,
    )


def swap(one: Appointment, other: Appointment) -> Round:
    """Neither time is free while the other doesn't go: both are told, and nobody loses theirs."""

    def move(who: Appointment, to: Appointment) -> Attempt:
        by, wanted = who.patient.user, to.doctor
        return lambda: services.reschedule(who, by, to.starts_at, doctor=wanted)

    def check(answers: Counter[str]) -> None:
        one_of(answers, ("doctor_double_booked", "doctor_double_booked"))
        for before in (one, other):
            after = Appointment.objects.get(pk=before.pk)
            assert (after.doctor_id, after.starts_at) == (before.doctor_id, before.starts_at)

    return Round([("moved", move(one, other)), ("moved too", move(other, one))], check)


def swap_of_times() -> Round:
    wanted = doctor()
    return swap(booked(wanted), booked(wanted, starts_at=LATER))


def swap_of_doctors() -> Round:
    return swap(booked(doctor()), booked(doctor()))


def two_jobs_for_one_entry() -> Round:
    """Both doctors have a time for the same patient; nobody else who waits is forgotten."""
    specialization = f"Field {doctor().license_number}"
    both = [doctor_working("09:00-17:00", specialization=specialization) for _ in range(2)]
    day = timezone.localdate(NINE)
    for whom in ({"specialization": specialization}, {"doctor": both[0]}, {"doctor": both[1]}):
        patient = patient_online()
        entry = WaitlistEntry(patient=patient, from_date=day, to_date=day, **whom)
        waitlist.join(entry, by=account_of(patient))

    def check(answers: Counter[str]) -> None:
        one_of(answers, ("looked", "looked"))
        offers = SlotOffer.objects.filter(doctor__in=both, state="open")
        assert offers.count() == offers.values("entry").distinct().count() == 3

    def look(at: Doctor) -> Attempt:
        return lambda: waitlist.offer_free_times(at.pk) and None

    return Round([("looked", look(one)) for one in both], check)


def restored_against_booking() -> Round:
    """A visit was cancelled by mistake; its time is booked again while that is taken back."""
    wanted, admin = doctor(), UserFactory.create(role=Role.ADMIN)
    cancelled = services.cancel(booked(wanted), by=admin)

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"restored", "doctor_double_booked"}, {"booked", "doctor_double_booked"})
        assert count(doctor=wanted) == 1

    return Round(
        [
            ("restored", lambda: services.correct(cancelled, Status.BOOKED, by=admin)),
            ("booked", book(wanted)),
        ],
        check,
    )


SERVICE = {
    "two patients, the last free time": last_free_time,
    "move against cancel": move_against_cancel,
    "absence against booking": absence_against_booking,
    "deactivation against booking": deactivation_against_booking,
    "offer accepted twice": offer_accepted_twice,
    "offer against the desk": offer_against_the_desk,
    "offer against leaving the waitlist": offer_against_leaving,
    "two moves that swap their times": swap_of_times,
    "two moves that swap their doctors": swap_of_doctors,
    "waitlist jobs of two doctors, one patient": two_jobs_for_one_entry,
    "restored against a new booking": restored_against_booking,
}
