"""Which of the calendar's times are taken, and by whom."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from clinic.management.seeding.offered import Offered, place_of
from clinic.management.seeding.people import People
from clinic.management.seeding.plan import Plan
from clinic.management.seeding.rota import Shift, capacity
from clinic.management.seeding.taken import MINUTE, DayRooms, Visit
from clinic.management.seeding.together import Together


class Filling:
    """Decides which times are taken: more of the near ones, or exactly as many as asked for."""

    def __init__(self, plan: Plan, shifts: list[Shift]):
        self.plan = plan
        self.wanted = plan.appointments
        self.left = capacity(shifts, plan) if plan.appointments is not None else 0

    def takes(self, day: date, rng: Random) -> bool:
        if self.wanted is None:
            return rng.random() < self.share(day)
        # Of the times that are left, each is as likely as any other (Knuth's algorithm S).
        return rng.random() * self.left < self.wanted

    def share(self, day: date) -> float:
        """The part of a day's times that is taken on average."""
        ahead = (day - self.plan.today).days
        if ahead < 0:
            return 0.6
        return 0.8 if ahead == 0 else max(0.08, 0.6 - 0.6 * ahead / self.plan.days)

    def promised(self) -> None:
        """One of those that were asked for is a visit by a rule."""
        if self.wanted:
            self.wanted -= 1

    def passed(self, *, taken: bool) -> None:
        self.left -= 1
        if taken and self.wanted is not None:
            self.wanted -= 1


@dataclass
class Calendar:
    """Walks through the plan's days, and gives times to patients who are free."""

    plan: Plan
    people: People
    offered: Offered
    together: Together
    demo_days: set[date] = field(init=False)

    def __post_init__(self) -> None:
        self.filling = Filling(self.plan, self.people.shifts)
        ahead = [day for day in self.plan.calendar() if day > self.plan.today]
        working = [day for day in ahead if any(self.people.shifts[0].slots(self.plan, day))]
        weekly = {self.plan.today + timedelta(days=days) for days in (-14, -7, 7, 14)}
        self.demo_days = weekly | set(working[:1])  # When the demo patient sees the demo doctor.

    def visits_of(self, day: date) -> Iterator[Visit]:
        """The day's visits, doctor by doctor. Nobody comes twice on one day, and so no patient
        is ever in two places at once."""
        rng = self.plan.rng("visits", day)
        seen: set[int] = set()
        rooms = DayRooms(self.offered.pools)
        for first in self.together.visits_on(day, rng):
            if first.session is None:
                rooms.give(first)
            seen.add(first.patient)
            self.filling.promised()
            yield first
        for shift in self.people.shifts:
            place = place_of(shift.index, day.weekday())
            for number, (starts_at, ends_at, kind) in enumerate(shift.slots(self.plan, day)):
                visit = self.take(shift, day, number, starts_at, seen, rng)
                if visit is not None:
                    visit.ends_at, visit.kind, visit.place = ends_at, kind, place
                    if not rooms.give(visit):
                        visit.kind = None
                    seen.add(visit.patient)
                    yield visit
                self.filling.passed(taken=visit is not None)

    def take(
        self, shift: Shift, day: date, number: int, starts_at: datetime, seen: set[int], rng: Random
    ) -> Visit | None:
        """The visit at that time, if there is one; its end is the caller's to set."""
        if self.filling.wanted == 0:
            return None
        is_demo = shift.index == 0 and day in self.demo_days and number == 0
        is_full = shift.index == 0 and day == self.plan.today  # The demo doctor's busy day.
        if not (is_demo or is_full or self.filling.takes(day, rng)):
            return None
        latest = min(starts_at - 30 * MINUTE, self.plan.now)
        patient = 0 if is_demo else self.free_patient(shift.index, is_full, seen, latest, rng)
        if patient is None:
            return None
        booked_at = self.booking(patient, starts_at, latest, rng)
        return Visit(shift.index, patient, starts_at, starts_at, booked_at, is_promised=is_demo)

    def free_patient(
        self, doctor: int, is_full: bool, seen: set[int], latest: datetime, rng: Random
    ) -> int | None:
        """One of the doctor's own patients who is free that day and registered by then.

        Any other patient will do where those are too few, for a day that must be full or the
        number of visits that was asked for.
        """
        people, latest_second = self.people, latest.timestamp()
        panel, everybody = people.panels[doctor], range(len(people.ids))
        is_anybody_right = is_full or self.filling.wanted is not None or not panel
        for group in (panel, everybody) if is_anybody_right else (panel,):
            offset, size = rng.randrange(len(group) or 1), len(group)
            for step in range(size):
                patient = group[(offset + step) % size]
                if patient not in seen and people.registered[patient] < latest_second:
                    return patient
        return None

    def booking(self, patient: int, starts_at: datetime, latest: datetime, rng: Random) -> datetime:
        """When the time was booked: about ten days ahead at an hour like the visit's own, after
        the patient was registered and by now."""
        ahead = max(0, (starts_at - self.plan.now).days + 1)
        booked_at = starts_at - timedelta(
            days=ahead + int(rng.expovariate(0.1)), minutes=rng.randrange(-90, 90)
        )
        registered = datetime.fromtimestamp(self.people.registered[patient], UTC)
        return max(min(booked_at, latest), registered)
