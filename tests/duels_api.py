"""The same over a running server, each attempt with a token and a connection of its own."""

import http.client
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.tests.scheduling import patient_online
from tests.duel import Attempt, Round
from tests.duels import LATER, NINE, booked, count, doctor, offer_of, one_of, swap
from tests.race import PATH


class Api:
    """Scenarios for the server on this port."""

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
        wanted, desk = doctor(), UserFactory.create()
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
