"""Two want what only one can have: the rounds of such duels, and what became of them.

Each scenario prepares people and times of its own for every round, lets its two attempts go at
once, each in a thread and on a connection of its own, and then looks at what is left: that there
is one winner where there can be but one, and that the mails owed are those of what happened.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from appointments.tests.scheduling import codes
from clinic.errors import NotAllowed
from clinic.models import Notification

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
    lock, barrier = threading.Lock(), threading.Barrier(len(attempts), timeout=300)

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
