"""Free times as patients pick them: a week at a glance, and the times of one of its days."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.models import Appointment, GroupSession
from appointments.scheduling import availability
from appointments.scheduling.ahead import Ahead
from appointments.scheduling.availability import ONE_DAY, Limits, Slot, Wanted
from appointments.scheduling.calendars import TICK
from appointments.scheduling.slots import Period
from appointments.views.places import open_sessions, places_at
from appointments.views.times import Day, Time
from appointments.views.wishes import Whom, minutes_of
from clinic.days import day_at
from doctors.models import Doctor, Location
from patients.models import Patient

WEEK = 7
FORTNIGHT = timedelta(days=14)


@dataclass
class Picker:
    """The free times for a patient, who takes one for a new visit or for one that is moved."""

    patient: Patient
    whom: Whom
    limits: Limits
    page: str  # The address of the page of times, and
    target: str  # of the page that a time leads to.
    moved: Appointment | None = None

    def __post_init__(self):
        visit = self.moved
        self.ahead = Ahead(self.patient.pk, visit.pk if visit else None)
        self.first_free: Slot | None = None
        doctors = [self.whom.doctor] if self.whom.doctor else self.whom.doctors()
        self.doctors = {doctor.pk: doctor for doctor in doctors}
        self.sessions: dict[Slot, GroupSession] = {}
        self.wanted = self.what_is_wanted()
        self.places = {} if self.is_group else places_at(self.wanted, list(self.doctors))
        self.today = day_at(self.limits.after)
        self.last = day_at(self.limits.before - TICK)

    @property
    def is_group(self) -> bool:
        """Are times places in group sessions?"""
        return self.moved is None and getattr(self.whom.service, "has_sessions", False)

    def what_is_wanted(self) -> Wanted:
        place = self.whom.place.pk if self.whom.place else None
        if self.moved:
            return availability.wanted_of(self.moved).at(place)
        return availability.wanted_for(self.whom.service and self.whom.service.pk, place)

    def show(self, day: date | None) -> "Picker":
        """Look at this day and its week; where none is named, at the first with free times."""
        wanted = min(max(day or self.today, self.today), self.last)
        monday = wanted - timedelta(days=wanted.weekday())
        slots = self.free(monday, WEEK if day else 2 * WEEK)
        if day is None:
            wanted, slots = self.first_day(wanted, monday + 2 * WEEK * ONE_DAY, slots)
            monday = wanted - timedelta(days=wanted.weekday())
        self.fill(monday, wanted, slots)
        if day is not None and not self.parts:
            later = [slot for slot in slots if local_day(slot) > wanted]
            after = first_of(later) or self.find_first(monday + WEEK * ONE_DAY)
            self.first_free = after or self.find_first(self.today)
        return self

    def first_day(self, today: date, known: date, slots: list[Slot]) -> tuple[date, list[Slot]]:
        """The first day with free times, and those of its week. `slots` are those before the day
        `known`; where nothing is free at all, it is today."""
        if slots:
            return local_day(slots[0]), slots
        first = self.find_first(known)
        if first is None:
            return today, slots
        day = local_day(first)
        return day, self.free(day - timedelta(days=day.weekday()), WEEK)

    def fill(self, monday: date, day: date, slots: list[Slot]) -> None:
        """Note what the page shows: the week, and the times of the day in their parts."""
        by_day = {date: list(those) for date, those in groupby(slots, local_day)}
        dates = [monday + timedelta(days=number) for number in range(WEEK)]
        self.days = [Day(date, len(by_day.get(date, ())), self.to_day(date)) for date in dates]
        self.day = day
        parts = groupby(self.as_times(by_day.get(day, ())), lambda time: time.part_of_day)
        self.parts = [(name, list(times)) for name, times in parts]
        self.has_previous = monday > self.today
        self.previous = self.to_day(max(monday - WEEK * ONE_DAY, self.today))
        self.has_next = monday + WEEK * ONE_DAY <= self.last
        self.next = self.to_day(monday + WEEK * ONE_DAY)

    @property
    def first_free_day(self) -> str:
        """The address of the day that has the first free time."""
        return self.to_day(local_day(self.first_free)) if self.first_free else ""

    def free(self, first: date, days: int) -> list[Slot]:
        """What is free on these days, but for the time of the visit that is moved."""
        visit = self.moved.pk if self.moved else None
        last = first + timedelta(days=days)
        busy = availability.own_visits(self.patient.pk, first, last, without=visit)
        if self.is_group:
            return list(filter(self.ahead.allows, self.open_sessions(first, last, busy)))
        slots = availability.free(
            self.whom.doctors(),
            first,
            days,
            self.limits,
            busy=busy,
            patient_id=self.patient.pk,
            without_visit=visit,
            wanted=self.wanted,
        )
        return [slot for slot in slots if not self.is_own(slot) and self.ahead.allows(slot)]

    def open_sessions(self, first: date, last: date, busy: list[Period]) -> list[Slot]:
        """The times of the sessions on these days in which the patient can take a place."""
        found = open_sessions(self.whom, self.limits.within(first, last - ONE_DAY))
        free = {
            Slot(one.starts_at, one.ends_at, one.doctor_id, one.location_id): one
            for one in found
            if not any(map(Period(one.starts_at, one.ends_at).overlaps, busy))
        }
        self.sessions |= free
        self.doctors |= {one.doctor_id: one.doctor for one in free.values()}
        return list(free)

    def near_group(self, session: GroupSession) -> list[Time]:
        """The sessions with free places nearest to one that has none."""
        day = day_at(session.starts_at)
        slots = self.free(max(day - FORTNIGHT, self.today), 2 * FORTNIGHT.days)
        slots.sort(key=lambda slot: abs(slot.starts_at - session.starts_at))
        return self.as_times(slots[: availability.ALTERNATIVES])

    def is_own(self, slot: Slot) -> bool:
        """Is it where the visit that is moved is now?"""
        visit = self.moved
        return visit is not None and slot[:3] == (visit.starts_at, visit.ends_at, visit.doctor_id)

    @property
    def refusal(self) -> str:
        """Why no time at all can be booked with this doctor, or none on the day that is shown."""
        doctor = self.whom.doctor
        return self.ahead.refusal(doctor.pk if doctor else None, self.day)

    @property
    def is_full(self) -> bool:
        """May the patient book no day of this doctor?"""
        doctor = self.whom.doctor
        return bool(self.ahead.refusal(doctor.pk if doctor else None, None))

    def find_first(self, day: date) -> Slot | None:
        """The first free time from this day on, looked for in ever longer stretches."""
        days = WEEK
        while day <= self.last:
            if found := self.free(day, days):
                return found[0]
            day += timedelta(days=days)
            days *= 2
        return None

    def as_times(self, slots: Iterable[Slot]) -> list[Time]:
        return [
            Time(
                slot,
                self.doctors[slot.doctor_id],
                self.to_time(slot),
                timezone.localtime(slot.starts_at),
                *self.told_of(slot),
            )
            for slot in slots
            if not self.is_own(slot) and slot.doctor_id in self.doctors
        ]

    @property
    def places_told(self) -> dict[UUID | None, Location]:
        """The places that times name: none where all are at one, or one was asked for."""
        return {} if self.whom.place or len(self.places) < 2 else dict(self.places)

    @property
    def place_ways(self) -> list[tuple[str, str, bool]]:
        """(name, address, is it shown?) of each place to choose from, and of all of them."""
        if len(self.places) < 2:
            return []
        chosen = self.whom.place
        places = [(str(place), replace(self.whom, place=place)) for place in self.places.values()]
        anywhere = replace(self.whom, place=None, is_anywhere=self.moved is not None)
        ways = [(_("All places"), anywhere), *places]
        return [(name, f"{self.page}?{whom.address}", whom.place == chosen) for name, whom in ways]

    @property
    def minutes(self) -> tuple[int, int] | None:
        """How long the type takes at least and at most with these doctors."""
        service = self.whom.service
        return minutes_of(service, self.doctors.values()) if service else None

    def find(self, starts_at: datetime, doctor: Doctor, place: UUID | None) -> Slot | None:
        """The free time of this doctor that begins then, at this place where one is named."""
        for slot in self.free(day_at(starts_at), 1):
            is_there = place is None or slot.location_id == place
            if is_there and (slot.starts_at, slot.doctor_id) == (starts_at, doctor.pk):
                return slot
        return None

    def ends(self, starts_at: datetime, doctor: Doctor) -> datetime:
        """When a visit to this doctor ends that begins then."""
        usual = timedelta(minutes=doctor.default_duration_minutes)
        return starts_at + (self.wanted.length_with(doctor.pk) or usual)

    def near(self, period: Period) -> list[Time]:
        """The free times nearest to this one, which can't be had."""
        found = availability.nearest(
            self.whom.doctors(),
            period,
            self.limits,
            patient_id=self.patient.pk,
            without_visit=self.moved.pk if self.moved else None,
            wanted=self.wanted,
            allows=self.ahead.allows,
        )
        return self.as_times(found)

    def told_of(self, slot: Slot) -> tuple[Location | None, int | None]:
        """Where it is, where that is told, and how many places are left in a session."""
        if session := self.sessions.get(slot):
            return session.location, session.capacity - session.taken
        return self.places_told.get(slot.location_id), None

    def to_day(self, day: date) -> str:
        return f"{self.page}?{urlencode({**self.whom.query, 'date': day.isoformat()})}"

    def to_time(self, slot: Slot) -> str:
        if session := self.sessions.get(slot):
            return reverse("appointments:join_group", args=[session.pk])
        starts = f"{slot.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        query = {"doctor": str(slot.doctor_id), "starts": starts}
        query = self.whom.what | query
        if slot.location_id:
            query["at"] = str(slot.location_id)
        if self.whom.doctor is None:
            query["of"] = self.whom.specialization
        return f"{self.target}?{urlencode(query | self.whom.where, safe=':')}"


def local_day(slot: Slot) -> date:
    return day_at(slot.starts_at)


def first_of(slots: list[Slot]) -> Slot | None:
    return slots[0] if slots else None


def picker_for(patient: Patient, whom: Whom) -> Picker:
    """The free times for a new visit."""
    pages = reverse("appointments:book"), reverse("appointments:confirm")
    return Picker(patient, whom, Limits.of(None), *pages)
