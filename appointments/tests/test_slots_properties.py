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
  a closed day, a held time or a visit.

`HYPOTHESIS_PROFILE=thorough` tries other and many more weeks in each run.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from appointments.scheduling.availability import DoctorCalendar, Limits
from appointments.scheduling.slots import Hours, Period, Shift, instant
from appointments.tests.slow_slots import DAY, MIDNIGHT, STEP, slow_slots

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


def clock(steps: int) -> time:
    minutes = steps % DAY_STEPS * 5
    return time(minutes // 60, minutes % 60)


@st.composite
def hours_of_a_day(draw, weekday: int, day: date) -> list[Hours]:
    """Spans that don't overlap, often from or up to midnight and often near the change."""
    marks = st.one_of(
        st.integers(0, DAY_STEPS), st.integers(0, 48), st.sampled_from([0, 12, 24, 36, DAY_STEPS])
    )
    edges = sorted(draw(st.lists(marks, min_size=0, max_size=6, unique=True)))
    if draw(st.booleans()) and 0 not in edges:
        edges.insert(0, 0)
    if draw(st.booleans()) and DAY_STEPS not in edges:
        edges.append(DAY_STEPS)
    bounds = st.one_of(st.none(), st.integers(-2, 2).map(lambda days: day + days * DAY))
    spans = []
    for begin, end in pairwise(edges):
        if draw(st.booleans()):
            valid_from, valid_until = draw(bounds), draw(bounds)
            spans.append(Hours(weekday, clock(begin), clock(end), valid_from, valid_until))
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
def situations(draw):
    zone, day = draw(st.sampled_from(CHANGES))
    week = [
        hours
        for weekday in {(day + offset * DAY).weekday() for offset in (-2, -1, 0, 1)}
        for hours in draw(hours_of_a_day(weekday, day))
    ]
    extra: list[Period] = []
    for one in draw(periods(zone, day, DAY_STEPS, 2)):
        if not any(map(one.overlaps, extra)):  # The database keeps them apart.
            extra.append(one)
    minutes = st.sampled_from([15, 20, 30, 45, 60, 90, 120, 180])
    return {
        "zone": zone,
        "day": day,
        "week": week,
        "extra": extra,
        "absences": draw(periods(zone, day, DAY_STEPS, 1)),
        "visits": draw(periods(zone, day, 36, 4)),
        "held": draw(periods(zone, day, 36, 1)),
        "closed": draw(st.lists(st.integers(-1, 1).map(lambda n: day + n * DAY), max_size=1)),
        "duration": draw(minutes),
        "interval": draw(st.one_of(st.none(), st.sampled_from([5, 10, 15, 25, 30, 60, 180]))),
        "after": instant(day, MIDNIGHT, ZoneInfo(zone))
        + draw(st.integers(-DAY_STEPS, DAY_STEPS)) * STEP,
    }


def calendar_of(case: dict) -> DoctorCalendar:
    zone = ZoneInfo(case["zone"])
    interval = case["interval"]
    return DoctorCalendar(
        doctor_id=None,
        is_active=True,
        default_duration=timedelta(minutes=case["duration"]),
        interval=interval and timedelta(minutes=interval),
        week=case["week"],
        extra=[Shift(*one) for one in case["extra"]],
        absences=case["absences"],
        closures=[
            Period(instant(day, MIDNIGHT, zone), instant(day + DAY, MIDNIGHT, zone))
            for day in case["closed"]
        ],
        visits=case["visits"],
        held=case["held"],
    )


@PROFILE
@given(situations())
def test_free_times_are_those_of_the_slow_implementation(case):
    zone, day = case["zone"], case["day"]
    days = [day + number * DAY for number in (-1, 0, 1)]
    before = datetime.combine(day + 30 * DAY, MIDNIGHT, tzinfo=UTC)
    limits = Limits(case["after"], before)

    wanted = slow_slots(
        zone,
        (days[0] - 3 * DAY, days[-1] + 3 * DAY),
        case["week"],
        case["extra"],
        [*case["absences"], *case["visits"], *case["held"]],
        case["closed"],
        duration=timedelta(minutes=case["duration"]) // STEP,
        interval=timedelta(minutes=case["interval"] or case["duration"]) // STEP,
        after=limits.after,
        before=limits.before,
    )
    wanted_by_day = {
        one: [slot for slot in wanted if slot[0].astimezone(ZoneInfo(zone)).date() == one]
        for one in days
    }
    event(f"{zone}: {'some' if any(wanted_by_day.values()) else 'no'} free times")

    with override_settings(TIME_ZONE=zone):
        calendar = calendar_of(case)
        all_at_once, *one_by_one = (
            [slot.period for slot in calendar.slots(first, last, limits)]
            for first, last in [(days[0], days[-1]), *((one, one) for one in days)]
        )

    assert all_at_once == [slot for one in days for slot in wanted_by_day[one]]
    assert one_by_one == list(wanted_by_day.values())
