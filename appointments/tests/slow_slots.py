"""Free times once more, slow and obvious: five minutes by five minutes.

Where `appointments.scheduling.slots` turns local times into instants, this walks over the
instants and looks at the clock on the wall. Everything in it is a multiple of five minutes.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from appointments.scheduling.slots import Hours, Period

STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
MIDNIGHT = time(0)


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


def week_runs(week: Iterable[Hours], walls: Walls, first: date, last: date) -> list[set[int]]:
    """The instants of each shift of the week, without what an earlier one has."""
    runs: list[tuple[int, int]] = []
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
            if goes_on and place == 0 and hours.starts == MIDNIGHT:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((begin, end))
                unfinished = to_midnight and hours.starts != MIDNIGHT
    taken: set[int] = set()
    found = []
    for begin, end in sorted(runs):
        run = set(range(begin, end)) - taken
        taken |= run
        found.append(run)
    return found


def is_on(hours: Hours, day: date) -> bool:
    if day.weekday() != hours.weekday:
        return False
    if hours.valid_from and day < hours.valid_from:
        return False
    return not (hours.valid_until and day > hours.valid_until)


def numbers(periods: Iterable[Period], walls: Walls) -> set[int]:
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


def slow_slots(
    zone: str,
    window: tuple[date, date],
    week: Iterable[Hours],
    extra: Iterable[Period],
    busy: Iterable[Period],
    closed: Iterable[date],
    *,
    duration: int,
    interval: int,
    after: datetime,
    before: datetime,
) -> list[tuple[datetime, datetime]]:
    """The free times that start on any day of the window; lengths in steps of five minutes."""
    first, last = window
    walls = walls_of(zone, first, last)
    runs = week_runs(week, walls, first, last)
    in_week: set[int] = set().union(*runs)
    for span in extra:
        runs += pieces(numbers([span], walls) - in_week)
    closed_days = set(closed)
    taken = numbers(busy, walls) | {
        number for number, clock in enumerate(walls.clocks) if clock.date() in closed_days
    }
    found = []
    for run in runs:
        grid = range(min(run), max(run) + 1, interval) if run else ()
        for begin in grid:
            slot = set(range(begin, begin + duration))
            if slot <= run and not slot & taken and after < walls.instants[begin] < before:
                found.append((walls.instants[begin], walls.instants[begin + duration]))
    return sorted(found)
