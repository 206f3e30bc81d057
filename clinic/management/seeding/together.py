"""What is booked by a rule in the demo clinic: a group that meets each week, and a series."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from appointments.models import AppointmentSeries, GroupSession
from clinic.management.seeding.offered import Offered, place_of
from clinic.management.seeding.people import People
from clinic.management.seeding.plan import Plan, local_instant, uuid7
from clinic.management.seeding.rota import GROUP_AT, GROUP_DAY, SERIES_AT, SERIES_DAYS
from clinic.management.seeding.taken import MINUTE, Visit
from doctors.specializations.examples import EXERCISE_ROOM, TREATMENT_ROOM, Example, examples_for

DATES_OF_SERIES = 8
RULE = "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=8"
PLACES_IN_GROUP, PARTICIPANTS = 8, 6
FEWEST = 200  # Visits that a clinic has in which these are a part, not the whole.


class Together:
    """The group and the series of the one doctor who has them, where there is that doctor."""

    def __init__(self, plan: Plan, people: People, offered: Offered):
        self.plan, self.people, self.offered = plan, people, offered
        self.sessions: dict[date, GroupSession] = {}
        self.session_rooms: list[tuple[GroupSession, UUID]] = []
        self.series: AppointmentSeries | None = None
        self.dates: list[date] = []
        self.patient = 0
        is_large = plan.appointments is None or plan.appointments >= FEWEST
        self.shift = next((one for one in people.shifts if one.has_group and is_large), None)
        if self.shift is not None:
            self.doctor = people.doctors[self.shift.index]
            self.make_sessions()
            self.make_series()

    def example(self, pool: str) -> Example:
        """What the doctor offers in this room."""
        kinds = examples_for(self.doctor.specialization_code)
        return next(one for one in kinds if one.pool == pool)

    def make_sessions(self) -> None:
        kind, rng = self.example(EXERCISE_ROOM), self.plan.rng("group")
        for day in self.plan.calendar():
            if day.weekday() != GROUP_DAY:
                continue
            starts_at = local_instant(day, GROUP_AT)
            made = min(starts_at - timedelta(days=30), self.plan.now - timedelta(days=1))
            place = place_of(self.doctor_index, GROUP_DAY)
            service = self.offered.services[kind]
            session = GroupSession(
                id=uuid7(made, rng),
                doctor=self.doctor,
                starts_at=starts_at,
                ends_at=starts_at + kind.minutes * MINUTE,
                capacity=PLACES_IN_GROUP,
                service=service,
                location=self.offered.places[place],
                buffer_after_minutes=kind.after,
                price_amount=service.price_amount,
                price_currency=service.price_currency,
                booked_at=made,
                created_at=made,
                created_by=self.people.reception,
                updated_at=made,
            )
            self.sessions[day] = session
            [room, *_] = self.offered.pools[kind.pool, place]
            self.session_rooms.append((session, room))

    @property
    def doctor_index(self) -> int:
        return self.shift.index if self.shift else 0

    def make_series(self) -> None:
        """Eight dates around today, where the calendar is long enough for them."""
        week_ago = self.plan.today - timedelta(days=7)
        days = (day for day in self.plan.calendar() if day.weekday() in SERIES_DAYS)
        dates = [day for day in days if day >= week_ago][:DATES_OF_SERIES]
        if len(dates) < DATES_OF_SERIES or self.plan.first_day > week_ago:
            return
        booked = local_instant(dates[0], SERIES_AT) - timedelta(days=5, hours=3)
        latest = booked.timestamp()
        panel = self.people.panels[self.doctor_index]
        known = (one for one in panel if one and self.people.registered[one] < latest)
        patient = next(known, None)
        if patient is None:
            return
        self.patient, self.dates, self.booked_at = patient, dates, booked
        self.series = AppointmentSeries(
            id=uuid7(booked, self.plan.rng("series")),
            doctor=self.doctor,
            patient_id=self.people.ids[patient],
            rule=RULE,
            created_at=booked,
            created_by=self.people.reception,
        )

    def visits_on(self, day: date, rng: Random) -> Iterator[Visit]:
        """Those of the day, which come before all others."""
        place = place_of(self.doctor_index, day.weekday())
        if self.series is not None and day in self.dates:
            starts_at, kind = local_instant(day, SERIES_AT), self.example(TREATMENT_ROOM)
            yield Visit(
                self.doctor_index,
                self.patient,
                starts_at,
                starts_at + kind.minutes * MINUTE,
                self.booked_at,
                is_promised=True,
                kind=kind,
                place=place,
                series=self.series.id,
            )
        if (session := self.sessions.get(day)) is not None:
            yield from self.participants(session, place, rng)

    def participants(self, session: GroupSession, place: int, rng: Random) -> Iterator[Visit]:
        latest = min(session.starts_at - 30 * MINUTE, self.plan.now)
        kind = self.example(EXERCISE_ROOM)
        for seat, patient in enumerate(self.who_takes_part(latest, rng), start=1):
            registered = self.people.registered[patient]
            booked = latest - timedelta(days=rng.randrange(1, 20), minutes=rng.randrange(600))
            yield Visit(
                self.doctor_index,
                patient,
                session.starts_at,
                session.ends_at,
                max(booked, datetime.fromtimestamp(registered, latest.tzinfo)),
                kind=kind,
                place=place,
                session=session.id,
                seat=seat,
            )

    def who_takes_part(self, latest: datetime, rng: Random) -> list[int]:
        second = latest.timestamp()
        others = [
            one
            for one in self.people.panels[self.doctor_index]
            if one != self.patient and self.people.registered[one] < second
        ]
        return rng.sample(others, min(PARTICIPANTS, len(others)))
