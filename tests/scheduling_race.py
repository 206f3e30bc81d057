"""Two want what only one can have: the rounds of such duels, and what became of them.

Each scenario prepares people and times of its own for every round, lets its two attempts go at
once, each in a thread and on a connection of its own, and then looks at what is left: that there
is one winner where there can be but one, and that the mails owed are those of what happened.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import absences, waitlist
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import HALF_HOUR, codes, doctor_working, patient_online, visit
from clinic.errors import NotAllowed
from clinic.models import Notification
from doctors.models import Absence, Doctor
from doctors.services import records
from tests.race import PATH

NINE = next_monday(9)  # In UTC: late enough to be within the hours in every zone of the tests.
LATER = NINE + HALF_HOUR
JITTER = 0.004  # Seconds by which one may start before the other.
MAIL_OF = {  # The mail that each success owes.
    "booked": "appointment_booked",
    "accepted": "appointment_booked",
    "moved": "appointment_moved",
    "moved too": "appointment_moved",
    "cancelled": "appointment_cancelled",
    "restored": "appointment_restored",
}
Attempt = Callable[[], object]


@dataclass
class Round:
    """What is tried at once, by the name of its success, and what must hold afterwards."""

    attempts: list[tuple[str, Attempt]]
    check: Callable[[Counter[str]], None]


@dataclass
class Tally:
    """How the rounds of a scenario went: what each ended with, and what was left undone."""

    rounds: int = 0
    endings: Counter[tuple[str, ...]] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def run(prepare: Callable[[], Round], rounds: int) -> Tally:
    tally = Tally()
    chance = random.Random(4)  # nosec B311
    for number in range(rounds):
        duel = prepare()
        known = set(Notification.objects.values_list("pk", flat=True))
        answers = together(duel.attempts, chance)
        owed = Notification.objects.exclude(pk__in=known)
        mails = Counter(event.split(":")[0] for event in owed.values_list("event", flat=True))
        tally.rounds += 1
        tally.endings[tuple(sorted(answers.elements()))] += 1
        tally.mails += mails
        try:
            check_mails(answers, mails, owed)
            duel.check(answers)
        except AssertionError as error:
            tally.faults.append(f"round {number}: {dict(answers)} {dict(mails)} {error}")
    return tally


def check_mails(answers: Counter[str], mails: Counter[str], owed) -> None:
    """Every success is told once, what failed isn't, and each mail has its job."""
    told = Counter({MAIL_OF[one]: 0 for one in answers if one in MAIL_OF})
    for answer, count in answers.items():
        if answer in MAIL_OF:
            told[MAIL_OF[answer]] += count
    about_visits = Counter({k: v for k, v in mails.items() if k.startswith("appointment_")})
    assert about_visits == told, "the mails owed are not those of what happened"
    for pk in owed.values_list("pk", flat=True):
        jobs = ProcrastinateJob.objects.filter(args__notification_id=str(pk))
        assert jobs.count() == 1, "a mail without a job"


def together(attempts: list[tuple[str, Attempt]], chance: random.Random) -> Counter[str]:
    """Let all go at once, and count how they ended: by name, or by the code of the refusal."""
    answers: Counter[str] = Counter()
    lock, barrier = threading.Lock(), threading.Barrier(len(attempts), timeout=60)

    def go(name: str, attempt: Attempt, delay: float) -> None:
        barrier.wait()
        time.sleep(delay)
        answer = answer_of(name, attempt)
        connection.close()
        with lock:
            answers[answer] += 1

    threads = [
        threading.Thread(target=go, args=(*one, chance.uniform(0, JITTER)), daemon=True)
        for one in attempts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def answer_of(name: str, attempt: Attempt) -> str:
    try:
        answer = attempt()
    except ValidationError as error:
        return next(code for found in codes(error).values() for code in found)
    except NotAllowed:
        return "not allowed"
    except Exception as error:  # What must never happen is to be counted, too.
        return f"ERROR {type(error).__name__}"
    return answer if isinstance(answer, str) else name


def count(**where) -> int:
    return Appointment.objects.holding_time().filter(**where).count()


def one_of(answers: Counter[str], *endings: set[str] | tuple[str, ...]) -> None:
    found = tuple(sorted(answers.elements()))
    assert found in {tuple(sorted(ending)) for ending in endings}, f"ended with {found}"


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
        assert appointment.history.count() == 2 + answers["moved"]

    return Round(
        [
            ("moved", lambda: services.reschedule(appointment, by, LATER, doctor=other)),
            ("cancelled", lambda: services.cancel(seen, by)),
        ],
        check,
    )


def absence_against_booking() -> Round:
    """A visit that was booked is listed with the absence; one that was not is refused."""
    wanted, desk, affected = doctor(), UserFactory(), []
    absence = Absence(doctor=wanted, starts_at=NINE, ends_at=NINE + timedelta(days=1))

    def be_away() -> None:
        affected.extend(absences.add_absence(absence, by=desk))

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"absent", "booked"}, {"absent", "no_free_slot"})
        assert [one.doctor for one in affected] == [wanted] * answers["booked"]
        assert count(doctor=wanted) == answers["booked"]

    return Round([("absent", be_away), ("booked", book(wanted))], check)


def deactivation_against_booking() -> Round:
    wanted, admin = doctor(), UserFactory(role=Role.ADMIN)
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
    waitlist.join(entry, by=patient.user)
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
    wanted, desk = doctor(), UserFactory()
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
    by = offer.entry.patient.user

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
        waitlist.join(entry, by=patient.user)

    def check(answers: Counter[str]) -> None:
        one_of(answers, ("looked", "looked"))
        offers = SlotOffer.objects.filter(doctor__in=both, state="open")
        assert offers.count() == offers.values("entry").distinct().count() == 3

    def look(at: Doctor) -> Attempt:
        return lambda: waitlist.offer_free_times(at.pk) and None

    return Round([("looked", look(one)) for one in both], check)


def restored_against_booking() -> Round:
    """A visit was cancelled by mistake; its time is booked again while that is taken back."""
    wanted, admin = doctor(), UserFactory(role=Role.ADMIN)
    cancelled = services.cancel(booked(wanted), by=admin)

    def check(answers: Counter[str]) -> None:
        one_of(answers, {"restored", "doctor_double_booked"}, {"booked", "doctor_double_booked"})
        assert count(doctor=wanted) == 1

    return Round(
        [
            ("restored", lambda: services.correct(cancelled, "booked", by=admin)),
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


class Api:
    """The same over a running server, each attempt with a token and a connection of its own."""

    def __init__(self, port: int):
        self.port = port

    def attempt(self, user, path: str, **body) -> Attempt:
        headers = {
            "Authorization": f"Bearer {begin_by_api(user).access_token}",
            "Content-Type": "application/json",
        }
        text = json.dumps(body, default=str) if body else None

        def send() -> str | None:
            server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            server.request("POST", path, text, headers)
            response = server.getresponse()
            answer = json.loads(response.read())
            server.close()
            if response.status >= 500:
                return f"ERROR {response.status}"
            return None if response.status < 300 else refusal(answer)

        return send

    def last_free_time(self) -> Round:
        wanted = doctor()
        wish = {"doctor_id": wanted.pk, "starts_at": NINE.isoformat(), "duration_minutes": 30}

        def check(answers: Counter[str]) -> None:
            one_of(answers, {"booked", "doctor_double_booked"})
            assert count(doctor=wanted) == 1

        people = [patient_online().user for _ in range(2)]
        return Round([("booked", self.attempt(user, PATH, **wish)) for user in people], check)

    def move_against_cancel(self) -> Round:
        appointment, other = booked(doctor()), doctor()
        path, by = f"{PATH}/{appointment.pk}", appointment.patient.user
        wish = {"starts_at": LATER.isoformat(), "doctor_id": other.pk}

        def check(answers: Counter[str]) -> None:
            one_of(answers, {"cancelled", "moved"}, {"cancelled", "wrong_state"})
            assert count(patient=appointment.patient) == 0

        return Round(
            [
                ("moved", self.attempt(by, f"{path}/reschedule", **wish)),
                ("cancelled", self.attempt(by, f"{path}/cancel")),
            ],
            check,
        )

    def absence_against_booking(self) -> Round:
        wanted, desk = doctor(), UserFactory()
        away = {"starts_at": NINE.isoformat(), "ends_at": (NINE + timedelta(days=1)).isoformat()}
        wish = {"doctor_id": wanted.pk, "starts_at": NINE.isoformat(), "duration_minutes": 30}

        def check(answers: Counter[str]) -> None:
            one_of(answers, {"absent", "booked"}, {"absent", "422 starts_at"})
            assert count(doctor=wanted) == answers["booked"]

        return Round(
            [
                ("absent", self.attempt(desk, f"/api/v1/doctors/{wanted.pk}/time-off", **away)),
                ("booked", self.attempt(patient_online().user, PATH, **wish)),
            ],
            check,
        )

    def offer_accepted_twice(self) -> Round:
        """The second finds no offer any more, or one that is over."""
        wanted = doctor()
        offer = offer_of(wanted)
        by, path = offer.entry.patient.user, f"/api/v1/waitlist/{offer.entry.pk}/accept"

        def check(answers: Counter[str]) -> None:
            one_of(answers, {"accepted", "wrong_state"}, {"accepted", "not_found"})
            assert count(doctor=wanted) == 1

        return Round([("accepted", self.attempt(by, path)) for _ in range(2)], check)

    def swap(self) -> Round:
        wanted = doctor()
        one, other = booked(wanted), booked(wanted, starts_at=LATER)
        duel = swap(one, other)
        duel.attempts = [
            (
                name,
                self.attempt(
                    who.patient.user,
                    f"{PATH}/{who.pk}/reschedule",
                    starts_at=to.starts_at.isoformat(),
                ),
            )
            for name, who, to in (("moved", one, other), ("moved too", other, one))
        ]
        return duel

    def scenarios(self) -> dict[str, Callable[[], Round]]:
        return {
            "two patients, the last free time": self.last_free_time,
            "move against cancel": self.move_against_cancel,
            "absence against booking": self.absence_against_booking,
            "offer accepted twice": self.offer_accepted_twice,
            "two moves that swap their times": self.swap,
        }


def refusal(answer: dict) -> str:
    if answer["code"] == "validation_error":
        return "422 " + " ".join(answer["errors"])
    return answer["code"]
