"""Free times once more, slow and obvious: five minutes by five minutes.

Where `appointments.scheduling.slots` turns local times into instants, this walks over the
instants and looks at the clock on the wall. Everything in it is a multiple of five minutes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import combinations, product
from typing import NamedTuple
from zoneinfo import ZoneInfo

from appointments.scheduling.slots import Hours, Period

STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
MIDNIGHT = time(0)

Place = object | None


class Walls:
    """What the clocks on the wall show at every fifth minute of some days."""

    def __init__(self, zone: str, first: date, last: date):
        begin = datetime.combine(first - 2 * DAY, MIDNIGHT, tzinfo=UTC)
        count = ((last - first).days + 5) * (DAY // STEP)
        self.instants = [begin + number * STEP for number in range(count)]
        self.clocks = [
            instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for instant in self.instants
        ]
        self.days = {clock.date() for clock in self.clocks}
        self.number = {instant: number for number, instant in enumerate(self.instants)}

    def reaches(self, wanted: datetime) -> int:
        """The number of the first instant at which the wall shows this; where it never does,
        because the clocks were put forward, as many minutes after the change as without one."""
        for number, clock in enumerate(self.clocks):
            if clock == wanted:
                return number
            if clock > wanted:
                would_have_shown = self.clocks[number - 1] + STEP
                return number + (wanted - would_have_shown) // STEP
        raise AssertionError("The walls end before that.")


@lru_cache(maxsize=64)
def walls_of(zone: str, first: date, last: date) -> Walls:
    return Walls(zone, first, last)


class Run(NamedTuple):
    """An unbroken stretch of hours: its instants, and where and for which types it is."""

    numbers: set[int]
    place: Place = None
    types: frozenset = frozenset()


def week_runs(week: Iterable[Hours], walls: Walls, first: date, last: date) -> list[Run]:
    """Each shift of the week, without what an earlier one has."""
    runs: list[tuple[int, int, Hours]] = []
    unfinished = False
    for day in (first + number * DAY for number in range((last - first).days + 1)):
        todays = [hours for hours in week if is_on(hours, day)] if day in walls.days else []
        todays.sort(key=lambda hours: hours.starts)
        goes_on, unfinished = unfinished, False
        for place, hours in enumerate(todays):
            begin = walls.reaches(datetime.combine(day, hours.starts))
            to_midnight = hours.ends == MIDNIGHT
            end_day = day + DAY if to_midnight else day
            end = walls.reaches(datetime.combine(end_day, hours.ends))
            is_rest = goes_on and place == 0 and hours.starts == MIDNIGHT
            if is_rest and is_for_the_same(hours, runs[-1][2]):
                runs[-1] = (runs[-1][0], end, hours)
            else:
                runs.append((begin, end, hours))
                unfinished = to_midnight and hours.starts != MIDNIGHT
    taken: set[int] = set()
    found = []
    for begin, end, hours in sorted(runs, key=lambda run: run[:2]):
        run = set(range(begin, end)) - taken
        taken |= run
        found.append(Run(run, hours.location_id, hours.service_ids))
    return found


def is_for_the_same(one: Hours, other: Hours) -> bool:
    return one.location_id == other.location_id and one.service_ids == other.service_ids


def is_on(hours: Hours, day: date) -> bool:
    if day.weekday() != hours.weekday:
        return False
    if hours.valid_from and day < hours.valid_from:
        return False
    return not (hours.valid_until and day > hours.valid_until)


def numbers(periods: Iterable[tuple[datetime, datetime]], walls: Walls) -> set[int]:
    return {
        number
        for starts_at, ends_at in periods
        for number in range(walls.number[starts_at], walls.number[ends_at])
    }


def pieces(left: set[int]) -> list[set[int]]:
    """The unbroken runs of these instants."""
    found: list[set[int]] = []
    for number in sorted(left):
        if number - 1 in left:
            found[-1].add(number)
        else:
            found.append({number})
    return found


class SlowRoom(NamedTuple):
    pool: str
    place: Place
    taken: Sequence[tuple[datetime, datetime]]


@dataclass
class SlowType:
    """What a visit is to be, in steps of five minutes. `key` None: of no type. `places`: the only
    ones where it is offered; empty: everywhere. `asked`: the place that was asked for."""

    key: object | None = None
    length: int = 0
    before: int = 0
    after: int = 0
    places: Sequence[Place] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    asked: Place = None


@dataclass
class SlowCalendar:
    """One doctor's calendar. What is `held` is so with its buffers; `away` and `own` have none."""

    week: Iterable[Hours]
    extra: Iterable[tuple[datetime, datetime, Place]]
    held: Iterable[Period]
    away: Iterable[Period]
    closed: Iterable[date]
    interval: int | None


def slow_slots(
    zone: str,
    window: tuple[date, date],
    calendar: SlowCalendar,
    kind: SlowType,
    clinic: tuple[Sequence[Place], Sequence[SlowRoom]],
    limits: tuple[datetime, datetime],
) -> list[tuple[datetime, datetime, Place]]:
    """The free times for such a visit that start on any day of the window, with their place.

    `clinic` is the places that it has, in their order, and its rooms. A time starts later than the
    first limit and earlier than the second.
    """
    first, last = window
    walls = walls_of(zone, first, last)
    runs = week_runs(calendar.week, walls, first, last)
    in_week: set[int] = set().union(*(run.numbers for run in runs))
    for starts_at, ends_at, place in calendar.extra:
        left = numbers([(starts_at, ends_at)], walls) - in_week
        runs += [Run(piece, place) for piece in pieces(left)]
    closed_days = set(calendar.closed)
    away = numbers(calendar.away, walls) | {
        number for number, clock in enumerate(walls.clocks) if clock.date() in closed_days
    }
    held_by_others = numbers(calendar.held, walls)
    places, rooms = clinic
    taken_rooms = [(room, numbers(room.taken, walls)) for room in rooms]
    found = []
    for run in runs:
        if run.types and kind.key not in run.types:
            continue
        step = calendar.interval or kind.length
        for begin in range(min(run.numbers), max(run.numbers) + 1, step) if run.numbers else ():
            slot = set(range(begin, begin + kind.length))
            held = set(range(begin - kind.before, begin + kind.length + kind.after))
            is_free = slot <= run.numbers and not slot & away and not held & held_by_others
            if not is_free or not limits[0] < walls.instants[begin] < limits[1]:
                continue
            free = [room for room, taken in taken_rooms if not held & taken]
            for where in places_for(kind, run.place, places):
                if has_rooms(kind.needs, free, where):
                    end = walls.instants[begin + kind.length]
                    found.append((walls.instants[begin], end, where))
                    break
    return sorted(found, key=lambda slot: slot[0])


def places_for(kind: SlowType, hours_at: Place, places: Sequence[Place]) -> Sequence[Place]:
    """Where such a visit could be in these hours, the best first. None: nobody says where."""
    candidates = [place for place in places if not kind.places or place in kind.places]
    named = [place for place in (hours_at, kind.asked) if place is not None]
    if named:
        agree = all(place == named[0] for place in named)
        return named[:1] if agree and (not kind.places or named[0] in candidates) else ()
    if kind.places and not candidates:
        return ()
    if kind.needs and kind.key is not None:
        return candidates or [None]
    return candidates if len(candidates) == 1 else [None]


def has_rooms(needs: Mapping[str, int], free: Sequence[SlowRoom], where: Place) -> bool:
    """Can as many be had of each pool, all at this place? By trying every choice."""
    choices = product(
        *(
            combinations([room for room in free if room.pool == pool], count)
            for pool, count in needs.items()
        )
    )
    for chosen in choices:
        stand_at = {room.place for rooms in chosen for room in rooms} - {None}
        if not stand_at or (where is None and len(stand_at) == 1) or stand_at == {where}:
            return True
    return False
