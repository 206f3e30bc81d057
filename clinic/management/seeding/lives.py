"""What becomes of a visit: the steps of its life, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from appointments.transitions import HOLDING, CancelReason, Status
from clinic.encryption import encrypt_text
from clinic.management.seeding.medicine import (
    CANCELLED_BECAUSE,
    ENTERED_IN_ERROR_BECAUSE,
    MOVED_BECAUSE,
)
from clinic.management.seeding.offered import Offered
from clinic.management.seeding.people import People
from clinic.management.seeding.plan import uuid7
from clinic.management.seeding.taken import MINUTE, Visit
from clinic.management.seeding.together import Together

APPOINTMENT_FIELDS = (
    "id", "doctor", "patient", "starts_at", "ends_at", "status", "reason",
    "booked_at", "sequence", "created_at", "created_by", "updated_at",
    "local_start", "time_zone", "service", "location", "buffer_after_minutes",
    "price_amount", "price_currency", "series", "session", "seat",
)  # fmt: skip
ROOM_FIELDS = (
    "id", "resource", "appointment", "session", "busy_from", "busy_until", "is_held",
)  # fmt: skip
CHANGE_FIELDS = (
    "id", "appointment", "at", "by", "from_status", "to_status",
    "from_starts_at", "from_ends_at", "from_doctor",
    "to_starts_at", "to_ends_at", "to_doctor", "reason", "reason_code",
)  # fmt: skip


@dataclass(slots=True)
class Step:
    at: datetime
    by: UUID  # The account.
    status: Status
    starts_at: datetime
    ends_at: datetime
    reason: str = ""

    @property
    def code(self) -> str:
        return CancelReason.PATIENT.value if self.status == Status.CANCELLED else ""


@dataclass(slots=True)
class Life:
    """A visit and its steps so far, the booking first."""

    visit: Visit
    id: UUID
    reason: str
    steps: list[Step] = field(default_factory=list)


class Biographer:
    """Makes up what happened to each visit by the plan's instant."""

    def __init__(self, people: People, offered: Offered, rng: Random):
        self.people, self.offered, self.rng, self.now = people, offered, rng, people.plan.now
        self.zone = timezone.get_default_timezone()
        self.changes = 0  # How many rows of history there are.
        self.rooms = 0  # How many rooms and devices were booked.

    def live(self, visit: Visit) -> Life:
        shift = self.people.shifts[visit.doctor]
        life = Life(
            visit,
            uuid7(visit.booked_at, self.rng),
            self.rng.choice(shift.specialization.reasons) if visit.has_reason else "",
        )
        self.book(life)
        if visit.is_promised and visit.starts_at > self.now:
            return life
        if visit.ends_at <= self.now:
            self.be_over(life)
        elif visit.starts_at <= self.now:
            self.attend(life, until=Status.IN_CONSULTATION)
        else:
            self.lie_ahead(life)
        return life

    def book(self, life: Life) -> None:
        """Booked by the front desk, the doctor or the demo patient; a few were moved since."""
        visit, rng = life.visit, self.rng
        by = self.people.reception.id
        if visit.patient == 0:
            by = self.people.patient_account.id
        elif rng.random() < 0.15:
            by = self.people.doctor_accounts[visit.doctor].id
        length = visit.ends_at - visit.starts_at
        first = visit.starts_at
        is_moved = rng.random() < 0.04 and not visit.is_by_rule
        if is_moved:
            first += timedelta(days=rng.randrange(1, 6))
        self.step(life, visit.booked_at, by, Status.BOOKED, starts_at=first, ends_at=first + length)
        if is_moved:
            latest = min(visit.starts_at - 5 * MINUTE, self.now)
            visit.booked_at = self.between(visit.booked_at, latest)
            by, why = self.people.reception.id, rng.choice(MOVED_BECAUSE)
            self.step(life, visit.booked_at, by, Status.BOOKED, why)

    def be_over(self, life: Life) -> None:
        fate = self.rng.random()
        if fate < 0.07 and not life.visit.is_promised:
            self.cancel(life)
        elif fate < 0.12 and not life.visit.is_promised:
            self.step(life, life.visit.ends_at, self.people.reception.id, Status.NOSHOW)
        elif fate < 0.125 and not life.visit.is_promised:
            at, why = self.between(life.visit.booked_at, self.now), ENTERED_IN_ERROR_BECAUSE
            self.step(life, at, self.people.admin.id, Status.ENTERED_IN_ERROR, why)
        else:
            self.attend(life, until=Status.FULFILLED)

    def lie_ahead(self, life: Life) -> None:
        fate = self.rng.random()
        if fate < 0.06:
            self.cancel(life)
        elif life.visit.starts_at - self.now <= 45 * MINUTE and fate < 0.7:
            self.check_in(life)

    def attend(self, life: Life, until: Status) -> None:
        visit, doctor = life.visit, self.people.doctor_accounts[life.visit.doctor].id
        self.check_in(life)
        begun = min(visit.starts_at + self.rng.randrange(0, 6) * MINUTE, self.now)
        self.step(life, begun, doctor, Status.IN_CONSULTATION)
        if until == Status.FULFILLED:
            done = visit.ends_at - self.rng.randrange(0, 4) * MINUTE
            self.step(life, done, doctor, Status.FULFILLED)

    def check_in(self, life: Life) -> None:
        early = self.rng.randrange(1, 20) * MINUTE
        at = max(min(life.visit.starts_at - early, self.now), life.visit.booked_at)
        self.step(life, at, self.people.reception.id, Status.CHECKED_IN)

    def cancel(self, life: Life) -> None:
        by = self.people.patient_account if life.visit.patient == 0 else self.people.reception
        at = self.between(life.visit.booked_at, min(life.visit.starts_at, self.now))
        self.step(life, at, by.id, Status.CANCELLED, self.rng.choice(CANCELLED_BECAUSE))

    def between(self, earliest: datetime, latest: datetime) -> datetime:
        """A whole number of minutes after the one, and not after the other."""
        return earliest + self.rng.randrange(0, max((latest - earliest) // MINUTE, 1)) * MINUTE

    def step(
        self,
        life: Life,
        at: datetime,
        by: UUID,
        status: Status,
        reason: str = "",
        **times: datetime,
    ) -> None:
        times = times or {"starts_at": life.visit.starts_at, "ends_at": life.visit.ends_at}
        life.steps.append(Step(at, by, status, reason=reason, **times))

    def appointment_row(self, life: Life) -> tuple:
        """The values of `APPOINTMENT_FIELDS`."""
        visit, first, last = life.visit, life.steps[0], life.steps[-1]
        return (
            life.id,
            self.people.doctors[visit.doctor].id,
            self.people.ids[visit.patient],
            visit.starts_at,
            visit.ends_at,
            last.status.value,
            encrypted_reason(life.reason),
            visit.booked_at,
            len(life.steps) - 1,
            first.at,
            first.by,
            last.at,
            f"{visit.starts_at.astimezone(self.zone):%Y-%m-%dT%H:%M}",
            settings.TIME_ZONE,
            *self.offered.kept_by(visit),
            visit.series,
            visit.session,
            visit.seat,
        )

    def room_rows(self, life: Life) -> Iterator[tuple]:
        """The values of `ROOM_FIELDS`: the room or device of a visit that has one."""
        visit = life.visit
        if visit.room is not None:
            self.rooms += 1
            is_held = life.steps[-1].status in HOLDING
            yield self.rooms, visit.room, life.id, None, visit.starts_at, visit.holds_until, is_held

    def session_room_rows(self, together: Together) -> Iterator[tuple]:
        """The same of the group's sessions."""
        for session, room in together.session_rooms:
            self.rooms += 1
            yield self.rooms, room, None, session.id, session.starts_at, session.holds_until, True

    def change_rows(self, life: Life) -> Iterator[tuple]:
        """The values of `CHANGE_FIELDS` for each step, as `services.record()` would write them."""
        doctor = self.people.doctors[life.visit.doctor].id
        before: tuple = ("", None, None, None)
        for step in life.steps:
            self.changes += 1
            status, starts_at, ends_at = step.status.value, step.starts_at, step.ends_at
            yield (
                self.changes, life.id, step.at, step.by, before[0], status, *before[1:],
                starts_at, ends_at, doctor, encrypted_reason(step.reason), step.code,
            )  # fmt: skip
            before = (status, starts_at, ends_at, doctor)


def encrypted_reason(reason: str) -> str:
    return encrypt_text(reason) if reason else ""
