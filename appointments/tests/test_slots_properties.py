"""Free times against a second, slow implementation (`slow_slots`), over weeks made by chance.

What both must agree on, in words:

- A week is read day by day of the clinic's zone. A day that the zone skipped has no hours.
- A local time that comes twice is its first time. One that the clocks skip is as far after the
  change as it would have been without one.
- Hours that end at 00:00 end at the day's own end. Where the next day's first hours begin at that
  midnight, both are one shift, unless the first ones are a whole day: whole days stay apart.
- Where a change of the clocks lays hours over each other, the earlier ones keep what they cover.
- Extra hours count where the week has none. What is left of them is a span of its own.
- A free time lies within one span, starts at the span's start or a number of intervals after it,
  later than the first limit and earlier than the last one, and shares no instant with an absence,
  a closed day or another visit of the patient. With its own buffers it shares none with what holds
  time, visits and what is held for others, with theirs.
- Hours that name visit types are for those alone; over midnight, two are one shift only where place
  and types are the same. A time is at the place of its hours, or that asked for, or the only one
  there is for its type. Hours at another place than that asked for offer nothing.
- Of each pool that the type needs, as many rooms are free for as long as the visit holds time, all
  at its place or everywhere; where nothing says which place, the first where this is so.

`HYPOTHESIS_PROFILE=thorough` tries other and many more weeks in each run.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from operator import itemgetter
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from appointments.scheduling.availability import DoctorCalendar, Limits, Wanted, free_in
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Hours, Period, Shift, instant
from appointments.tests.slow_slots import (
    DAY,
    MIDNIGHT,
    STEP,
    SlowCalendar,
    SlowRoom,
    SlowType,
    slow_slots,
)

settings.register_profile("usual", max_examples=200, derandomize=True, deadline=None, database=None)
settings.register_profile(
    "thorough",
    max_examples=5000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# The thorough ones take minutes; noting each line would take as long again.
pytestmark = [pytest.mark.timeout(3600), pytest.mark.walk]
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

CHANGES = [  # Days on which the clocks change, or a day is missing, and quiet ones.
    ("Europe/Berlin", date(2027, 3, 28)),
    ("Europe/Berlin", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Asia/Kathmandu", date(2027, 6, 16)),
    ("Asia/Kathmandu", date(1986, 1, 1)),  # By a quarter of an hour, at midnight.
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Apia", date(2011, 4, 2)),
    ("America/Havana", date(2027, 3, 14)),
    ("America/Havana", date(2027, 11, 7)),
    ("Pacific/Kiritimati", date(2027, 6, 16)),
    ("Pacific/Kiritimati", date(1995, 1, 1)),
    ("Etc/GMT+12", date(2027, 6, 16)),
    ("Etc/GMT-14", date(2027, 6, 16)),
]
DAY_STEPS = DAY // STEP
PLACES = [UUID(int=number) for number in (11, 12)]
TYPES = [UUID(int=number) for number in (21, 22)]
DOCTORS = [UUID(int=number) for number in (31, 32)]


def clock(steps: int) -> time:
    minutes = steps % DAY_STEPS * 5
    return time(minutes // 60, minutes % 60)


def one_of(places: list[UUID]):
    """Any of these places, most often none."""
    return st.one_of(st.none(), st.none(), st.sampled_from([None, *places]))


def some_types():
    """The types that hours are for alone; most often there is no such bound."""
    named = st.frozensets(st.sampled_from(TYPES), min_size=1)
    return st.one_of(st.just(frozenset()), st.just(frozenset()), named)


@st.composite
def hours_of_a_day(draw, weekday: int, day: date, places: list[UUID]) -> list[Hours]:
    """Spans that don't overlap, often from or up to midnight and often near the change."""
    marks = st.one_of(
        st.integers(0, DAY_STEPS), st.integers(0, 48), st.sampled_from([0, 12, 24, 36, DAY_STEPS])
    )
    edges = sorted(draw(st.lists(marks, min_size=0, max_size=6, unique=True)))
    if draw(st.booleans()) and 0 not in edges:
        edges.insert(0, 0)
    if draw(st.booleans()) and DAY_STEPS not in edges:
        edges.append(DAY_STEPS)
    bounds = st.one_of(st.none(), st.none(), st.integers(-2, 2).map(lambda days: day + days * DAY))
    spans = []
    for begin, end in pairwise(edges):
        if draw(st.sampled_from([True, True, False])):
            times = (weekday, clock(begin), clock(end), draw(bounds), draw(bounds))
            spans.append(Hours(*times, draw(one_of(places)), draw(some_types())))
    return spans


@st.composite
def periods(draw, zone: str, day: date, longest: int, most: int) -> list[Period]:
    """Stretches of instants near the day."""
    middle = instant(day, MIDNIGHT, ZoneInfo(zone))
    found = []
    for _ in range(draw(st.integers(0, most))):
        starts_at = middle + draw(st.integers(-DAY_STEPS, 2 * DAY_STEPS)) * STEP
        found.append(Period(starts_at, starts_at + draw(st.integers(1, longest)) * STEP))
    return found


@st.composite
def kinds(draw, places: list[UUID]) -> SlowType:
    """A visit of one of the types, or of none, and maybe the place that is asked for."""
    length = draw(st.sampled_from([15, 20, 30, 45, 60, 90, 120, 180])) // 5
    key = draw(st.sampled_from([None, TYPES[0], *TYPES]))
    asked = draw(one_of(places))
    if key is None:
        return SlowType(None, length, asked=asked)
    buffers = st.sampled_from([0, 5, 15, 60])
    pools = st.sampled_from([[], ["U"], ["U"], ["U", "C"]])
    return SlowType(
        key,
        length,
        draw(buffers) // 5,
        draw(buffers) // 5,
        draw(st.lists(st.sampled_from(PLACES), max_size=1)),
        {pool: draw(st.sampled_from([1, 1, 2])) for pool in draw(pools)},
        asked,
    )


@st.composite
def calendars(draw, zone: str, day: date, places: list[UUID]) -> SlowCalendar:
    week = [
        hours
        for weekday in {(day + offset * DAY).weekday() for offset in (-2, -1, 0, 1)}
        for hours in draw(hours_of_a_day(weekday, day, places))
    ]
    extra: list[Period] = []
    for one in draw(periods(zone, day, DAY_STEPS, 2)):
        if not any(map(one.overlaps, extra)):  # The database keeps them apart.
            extra.append(one)
    return SlowCalendar(
        week=week,
        extra=[(*one, draw(one_of(places))) for one in extra],
        held=draw(periods(zone, day, 36, 4)),
        away=draw(periods(zone, day, 60, 2)),
        closed=draw(st.lists(st.integers(-1, 1).map(lambda n: day + n * DAY), max_size=1)),
        interval=draw(st.one_of(st.none(), st.sampled_from([1, 2, 3, 5, 6, 12, 36]))),
    )


@st.composite
def situations(draw):
    zone, day = draw(st.sampled_from(CHANGES))
    places = PLACES[: draw(st.integers(0, len(PLACES)))]
    standing = [None, None, *(places or PLACES)]
    rooms = [
        SlowRoom(pool, draw(st.sampled_from(standing)), draw(periods(zone, day, 36, 2)))
        for pool in draw(st.sampled_from(["", "UC", "UC", "UUC", "UUCC"]))
    ]
    middle = instant(day, MIDNIGHT, ZoneInfo(zone))
    return {
        "zone": zone,
        "day": day,
        "places": places,
        "rooms": rooms,
        "kind": draw(kinds(places)),
        "calendars": [draw(calendars(zone, day, places)) for _ in range(draw(st.integers(1, 2)))],
        "after": middle + draw(st.integers(-DAY_STEPS, DAY_STEPS // 4)) * STEP,
    }


def calendar_of(slow: SlowCalendar, doctor_id: UUID, zone: ZoneInfo, places: list[UUID]):
    return DoctorCalendar(
        doctor_id=doctor_id,
        is_active=True,
        default_duration=timedelta(minutes=7),
        interval=slow.interval and slow.interval * STEP,
        week=slow.week,
        extra=[Shift(*one) for one in slow.extra],
        absences=slow.away,
        closures=[
            Period(instant(day, MIDNIGHT, zone), instant(day + DAY, MIDNIGHT, zone))
            for day in slow.closed
        ],
        visits=slow.held[::2],
        held=slow.held[1::2],
        only_place=places[0] if len(places) == 1 else None,
    )


def wanted_of(kind: SlowType, places: list[UUID]) -> Wanted:
    there = [place for place in places if not kind.places or place in kind.places]
    return Wanted(
        service_id=kind.key,
        location_id=kind.asked,
        length=kind.length * STEP,
        before=kind.before * STEP,
        after=kind.after * STEP,
        places=tuple(there) if kind.key else (),
        needs=kind.needs,
        is_offered=bool(there or not kind.places),
        is_everywhere=not kind.places,
    )


def rooms_of(case: dict) -> Rooms:
    keys = [UUID(int=number) for number, _ in enumerate(case["rooms"], start=41)]
    known = list(zip(keys, case["rooms"], strict=True))
    rooms = Rooms.of((key, room.pool, room.place) for key, room in known)
    for key, room in known:
        for period in room.taken:
            rooms.take([key], period)
    return rooms


@PROFILE
@given(situations())
def test_free_times_are_those_of_the_slow_implementation(case):
    zone, day, kind = case["zone"], case["day"], case["kind"]
    days = [day + number * DAY for number in (-1, 0, 1)]
    limits = Limits(case["after"], datetime.combine(day + 30 * DAY, MIDNIGHT, tzinfo=UTC))

    wanted = [
        (*slot[:2], doctor, slot[2])
        for doctor, slow in zip(DOCTORS, case["calendars"], strict=False)
        for slot in slow_slots(
            zone,
            (days[0] - 3 * DAY, days[-1] + 3 * DAY),
            slow,
            kind,
            (case["places"], case["rooms"]),
            limits,
        )
    ]
    wanted_by_day = {
        one: sorted(
            (slot for slot in wanted if slot[0].astimezone(ZoneInfo(zone)).date() == one),
            key=itemgetter(0),
        )
        for one in days
    }
    is_some = any(wanted_by_day.values())
    event(f"{zone}: {'some' if is_some else 'no'} free times")
    event(f"{'with' if kind.needs else 'without'} needs: {'some' if is_some else 'no'} free times")

    with override_settings(TIME_ZONE=zone):
        known = {
            doctor: calendar_of(slow, doctor, ZoneInfo(zone), case["places"])
            for doctor, slow in zip(DOCTORS, case["calendars"], strict=False)
        }
        looked_for, rooms = wanted_of(kind, case["places"]), rooms_of(case)
        all_at_once, *one_by_one = (
            free_in(known, first, last, limits, None, [], looked_for, rooms)
            for first, last in [(days[0], days[-1]), *((one, one) for one in days)]
        )

    assert all_at_once == [slot for one in days for slot in wanted_by_day[one]]
    assert one_by_one == list(wanted_by_day.values())
