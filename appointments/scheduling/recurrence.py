"""The dates of a series by its rule (RFC 5545, RRULE), on the clinic's clocks.

Nothing here knows a database. What is read is the part of the standard that fits visits: DAILY,
WEEKLY and MONTHLY, INTERVAL, BYDAY (in months with ordinals), WKST, and COUNT or UNTIL, of which
there must be one. Each date has the local time of the first one: one that the clocks skip is as
far after the change as it would have been without one, one that comes twice is the first of both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from dateutil import rrule
from django.core.exceptions import ValidationError

from appointments.scheduling.slots import MIDNIGHT, ONE_DAY, instant

FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_DATES = 52
LONGEST_INTERVAL = 99
LONGEST_RULE = 200
IN_MONTH = range(1, 6)  # A weekday comes at most five times in a month.
RECURS_WITHIN = 100  # Days: three months have every weekday a fifth time, from either end.
COUNT_SENTENCE = f"COUNT is a whole number from 1 to {MOST_DATES}."
UNTIL_SENTENCE = "UNTIL is a day such as 20270131, or an instant in UTC such as 20270131T170000Z."
NO_DATE_SENTENCE = "There is no date in it: it ends before the first visit."
BY_DAY_SENTENCE = (
    "BYDAY names weekdays such as MO,TH; of a month also which one: 2TU is the second Tuesday, "
    "-1FR the last Friday."
)

ByDay = tuple[int | None, int]  # Which one of the month (None: each), and the weekday, Monday 0.


@dataclass(frozen=True)
class Rule:
    """A rule that was read. Either `count` or `until` is None."""

    frequency: str
    interval: int = 1
    by_day: tuple[ByDay, ...] = ()
    count: int | None = None
    until: date | datetime | None = None
    week_starts: int = 0

    def __str__(self) -> str:
        """The rule in its shortest form, as it is kept."""
        parts = {"FREQ": self.frequency}
        if self.interval > 1:
            parts["INTERVAL"] = str(self.interval)
        if self.by_day:
            parts["BYDAY"] = ",".join(f"{nth or ''}{WEEKDAYS[day]}" for nth, day in self.by_day)
        if self.week_starts:
            parts["WKST"] = WEEKDAYS[self.week_starts]
        if self.count is not None:
            parts["COUNT"] = str(self.count)
        elif isinstance(self.until, datetime):
            parts["UNTIL"] = f"{self.until:%Y%m%dT%H%M%SZ}"
        else:
            parts["UNTIL"] = f"{self.until:%Y%m%d}"
        return ";".join(f"{name}={value}" for name, value in parts.items())

    def is_on(self, day: date) -> bool:
        """Can a series by this rule begin on this day?"""
        return not self.by_day or any(
            weekday == day.weekday() and (nth is None or nth in ordinals_of(day))
            for nth, weekday in self.by_day
        )

    def is_empty(self, first: date) -> bool:
        """Does it end before any of its days, whatever the interval?"""
        if self.until is None:
            return False
        until = self.until.date() if isinstance(self.until, datetime) else self.until
        left = min((until - first).days + 1, RECURS_WITHIN)
        return not any(self.is_on(first + timedelta(days=days)) for days in range(left))

    def ends_before(self, day: date, at: datetime) -> bool:
        if isinstance(self.until, datetime):
            return at > self.until
        return self.until is not None and day > self.until


def ordinals_of(day: date) -> tuple[int, int]:
    """Which one of its weekday in the month the day is, from the first and from the last."""
    next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    left = (next_month - day).days - 1
    return (day.day - 1) // 7 + 1, -(left // 7) - 1


def read_rule(text: str) -> Rule:
    """Raises ValidationError with a sentence on `rule` for each fault that there is."""
    if len(text) > LONGEST_RULE:
        raise ValidationError({"rule": f"A rule has at most {LONGEST_RULE} characters."})
    values: dict[str, Any] = {}
    faults = []
    for part in text.strip().split(";"):
        name, _, value = part.partition("=")
        name = name.upper()
        try:
            values[name] = read_part(name, value.upper(), values)
        except ValueError as fault:
            values[name] = None  # Reported: nobody need hear that it is missing.
            faults.append(str(fault))
    if faults := faults + faults_of_rule(values):
        raise ValidationError({"rule": faults})
    return Rule(**{FIELDS[name]: value for name, value in values.items()})


def read_part(name: str, value: str, known: dict[str, Any]) -> Any:
    if name not in READERS:
        names = ", ".join(READERS)
        raise ValueError(f"A rule has these parts: {names}; not {name or 'an empty one'}.")
    if name in known:
        raise ValueError(f"{name} stands there twice.")
    return READERS[name](value)


def faults_of_rule(values: dict[str, Any]) -> list[str]:
    """What is wrong with the parts together. Those that are faulty themselves are None."""
    faults = []
    if "FREQ" not in values:
        faults.append("FREQ is missing: DAILY, WEEKLY or MONTHLY.")
    if "COUNT" in values and "UNTIL" in values:
        faults.append("A rule ends by COUNT or by UNTIL, not by both.")
    if "COUNT" not in values and "UNTIL" not in values:
        faults.append(f"A rule needs an end: COUNT (at most {MOST_DATES}) or UNTIL.")
    has_ordinals = any(nth for nth, _ in values.get("BYDAY") or ())
    if has_ordinals and values.get("FREQ") in ("DAILY", "WEEKLY"):
        faults.append("Only MONTHLY has weekdays with a number, such as 2TU.")
    return faults


def read_frequency(value: str) -> str:
    if value not in FREQUENCIES:
        raise ValueError("FREQ is DAILY, WEEKLY or MONTHLY.")
    return value


def read_interval(value: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", value) or not 1 <= int(value) <= LONGEST_INTERVAL:
        raise ValueError(f"INTERVAL is a whole number from 1 to {LONGEST_INTERVAL}.")
    return int(value)


def read_count(value: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", value) or not 1 <= int(value) <= MOST_DATES:
        raise ValueError(COUNT_SENTENCE)
    return int(value)


def read_until(value: str) -> date | datetime:
    try:
        if re.fullmatch("[0-9]{8}", value):
            return date.fromisoformat(value)
        if re.fullmatch("[0-9]{8}T[0-9]{6}Z", value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        pass  # No such day.
    raise ValueError(UNTIL_SENTENCE)


def read_by_day(value: str) -> tuple[ByDay, ...]:
    found: dict[ByDay, None] = {}
    for name in value.split(","):
        match = re.fullmatch(f"([+-]?[1-5])?({'|'.join(WEEKDAYS)})", name)
        if not match:
            raise ValueError(BY_DAY_SENTENCE)
        nth, weekday = match.groups()
        found[int(nth) if nth else None, WEEKDAYS.index(weekday)] = None
    return tuple(sorted(found, key=lambda one: (one[1], one[0] or 0)))


def read_week_start(value: str) -> int:
    if value not in WEEKDAYS:
        raise ValueError("WKST is one weekday, such as MO.")
    return WEEKDAYS.index(value)


READERS: dict[str, Callable[[str], Any]] = {
    "FREQ": read_frequency,
    "INTERVAL": read_interval,
    "BYDAY": read_by_day,
    "COUNT": read_count,
    "UNTIL": read_until,
    "WKST": read_week_start,
}
FIELDS = {
    "FREQ": "frequency",
    "INTERVAL": "interval",
    "BYDAY": "by_day",
    "COUNT": "count",
    "UNTIL": "until",
    "WKST": "week_starts",
}


def occurrences(rule: Rule, starts_at: datetime, zone: tzinfo) -> list[datetime]:
    """The starts of a series that begins at this instant, in UTC and in order.

    Days that lack in a month, or that the zone skipped, have none and don't count. Raises
    ValidationError: on `starts_at` where the rule has no date on that day, on `rule` where there
    is none at all or there are more than `MOST_DATES`.
    """
    first = starts_at.astimezone(zone)
    if rule.is_empty(first.date()):
        raise ValidationError({"rule": NO_DATE_SENTENCE})
    if not rule.is_on(first.date()):
        day = f"{first:%A}, {first.day} {first:%B %Y}"
        sentence = f"The rule has no visit on {day}: begin on one of its days."
        raise ValidationError({"starts_at": sentence})
    clock = first.time().replace(fold=0)
    found: list[datetime] = []
    for moment in days_of(rule, first.date()):
        day = moment.date()
        if instant(day, MIDNIGHT, zone) >= instant(day + ONE_DAY, MIDNIGHT, zone):
            continue
        at = instant(day, clock, zone) if found else starts_at.astimezone(UTC)
        if rule.ends_before(day, at):
            break
        if len(found) == MOST_DATES:
            sentence = f"These are more than {MOST_DATES} dates: choose an earlier end."
            raise ValidationError({"rule": sentence})
        found.append(at)
        if len(found) == rule.count:
            break
    if not found:
        raise ValidationError({"rule": NO_DATE_SENTENCE})
    return found


def days_of(rule: Rule, first: date) -> rrule.rrule:
    """The rule's days from this one on, without its end."""
    by_day = rule.by_day
    if any(nth for nth, _ in by_day):  # Both kinds at once, python-dateutil takes for "and".
        by_day = tuple(
            (number, weekday) for nth, weekday in by_day for number in ([nth] if nth else IN_MONTH)
        )
    return rrule.rrule(
        FREQUENCIES[rule.frequency],
        dtstart=datetime.combine(first, MIDNIGHT),
        interval=rule.interval,
        byweekday=[rrule.weekday(weekday, nth) for nth, weekday in by_day] or None,
        wkst=rule.week_starts,
    )


def days_later(rule: Rule, days: int) -> Rule:
    """The rule as it would most likely be, were all dates so many days later. Whether it is, its
    `occurrences()` tell."""
    until = rule.until and rule.until + timedelta(days=days)
    by_day = sorted(((nth, (day + days) % 7) for nth, day in rule.by_day), key=lambda one: one[1])
    return replace(rule, by_day=tuple(by_day), until=until)


def on_the_clocks(shift: timedelta, starts_at: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the clocks show so much more than at this one."""
    shown = starts_at.astimezone(zone).replace(tzinfo=None, fold=0) + shift
    return instant(shown.date(), shown.time(), zone)


def shift_between(before: datetime, after: datetime, zone: tzinfo) -> timedelta:
    """How much more the clocks show at the second instant."""
    shown = (at.astimezone(zone).replace(tzinfo=None, fold=0) for at in (before, after))
    first, second = shown
    return second - first


def clock_text(at: datetime, zone: tzinfo) -> str:
    """What the clocks of the zone show then, such as 2027-03-29T09:00."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def at_clock(text: str, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the clocks show that."""
    shown = datetime.fromisoformat(text)
    return instant(shown.date(), shown.time(), zone)


def in_words(rule: Rule) -> str:
    """Such as `every 2 weeks on Tuesday and Friday, 8 times`. The console speaks English."""
    unit = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month"}[rule.frequency]
    words = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    if rule.by_day:
        names = [day_words(nth, weekday) for nth, weekday in rule.by_day]
        words += " on " + " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    if rule.count is not None:
        return f"{words}, {rule.count} times" if rule.count > 1 else f"{words}, once"
    return f"{words}, until {rule.until.day} {rule.until:%b %Y}" if rule.until else words


def day_words(nth: int | None, weekday: int) -> str:
    name = f"{date(2024, 1, 1 + weekday):%A}"  # A Monday.
    if nth is None:
        return name
    ordinal = ("", "first", "second", "third", "fourth", "fifth")[abs(nth)]
    if nth < 0:
        ordinal = "last" if nth == -1 else f"{ordinal} to last"
    return f"the {ordinal} {name}"
