"""Recurrence rules: what is read, what is refused, and the dates they have, against a second, slow
implementation that looks at every day of some years."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from appointments.scheduling.recurrence import (
    MOST_DATES,
    WEEKDAYS,
    Rule,
    days_later,
    in_words,
    occurrences,
    on_the_clocks,
    read_rule,
    shift_between,
)
from appointments.tests.test_slots_properties import PROFILE

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def dates(text: str, starts: str, zone: ZoneInfo = BERLIN) -> list[str]:
    """What the zone's clocks show at each."""
    found = occurrences(read_rule(text), local(starts, zone), zone)
    return [f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in found]


@pytest.mark.parametrize(
    ("text", "starts", "shown"),
    [
        (
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;COUNT=3",
            "2027-03-16T09:00",
            ["2027-03-16T09:00", "2027-03-23T09:00", "2027-03-30T09:00"],  # Summer time.
        ),
        ("freq=daily;count=2", "2027-01-01T08:00", ["2027-01-01T08:00", "2027-01-02T08:00"]),
        (
            "FREQ=DAILY;BYDAY=FR,MO;UNTIL=20270111",
            "2027-01-04T08:00",
            ["2027-01-04T08:00", "2027-01-08T08:00", "2027-01-11T08:00"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=2TU,-1FR;COUNT=3",
            "2027-01-12T08:00",
            ["2027-01-12T08:00", "2027-01-29T08:00", "2027-02-09T08:00"],
        ),
        (  # Whoever has both kinds means the one and the other.
            "FREQ=MONTHLY;BYDAY=MO,1TU;COUNT=3",
            "2027-03-01T08:00",
            ["2027-03-01T08:00", "2027-03-02T08:00", "2027-03-08T08:00"],
        ),
        (  # Months without the day have none.
            "FREQ=MONTHLY;COUNT=3",
            "2027-01-31T08:00",
            ["2027-01-31T08:00", "2027-03-31T08:00", "2027-05-31T08:00"],
        ),
        (
            "FREQ=MONTHLY;INTERVAL=12;COUNT=2",
            "2028-02-29T08:00",
            ["2028-02-29T08:00", "2032-02-29T08:00"],
        ),
        (  # RFC 5545's own example of what WKST changes.
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4",
            "1997-08-05T09:00",
            ["1997-08-05T09:00", "1997-08-17T09:00", "1997-08-19T09:00", "1997-08-31T09:00"],
        ),
        (  # Skipped by the clocks: as far after the change as it would have been without one.
            "FREQ=DAILY;COUNT=3",
            "2027-03-27T02:30",
            ["2027-03-27T02:30", "2027-03-28T03:30", "2027-03-29T02:30"],
        ),
        (
            "FREQ=DAILY;UNTIL=20270102T070000Z",  # Included, if it is a start.
            "2027-01-01T08:00",
            ["2027-01-01T08:00", "2027-01-02T08:00"],
        ),
        ("FREQ=DAILY;UNTIL=20270102T065959Z", "2027-01-01T08:00", ["2027-01-01T08:00"]),
    ],
)
def test_dates_have_the_local_time_of_the_first(text, starts, shown):
    assert dates(text, starts) == shown


def test_a_time_that_comes_twice_is_the_first_but_for_the_start_itself():
    found = occurrences(read_rule("FREQ=DAILY;COUNT=2"), local("2027-10-30T02:30"), BERLIN)
    assert found[1] == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)

    second = local("2027-10-31T02:30").replace(fold=1)
    found = occurrences(read_rule("FREQ=DAILY;COUNT=2"), second, BERLIN)
    assert found == [
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
        datetime(2027, 11, 1, 1, 30, tzinfo=UTC),
    ]


def test_a_day_that_the_zone_skipped_does_not_count():
    shown = dates("FREQ=DAILY;COUNT=3", "2011-12-29T09:00", ZoneInfo("Pacific/Apia"))
    assert shown == ["2011-12-29T09:00", "2011-12-31T09:00", "2012-01-01T09:00"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "an empty one"),
        ("FREQ=YEARLY;COUNT=3", "DAILY, WEEKLY or MONTHLY"),
        ("FREQ=HOURLY;COUNT=3", "DAILY, WEEKLY or MONTHLY"),
        ("COUNT=3", "FREQ is missing"),
        ("FREQ=DAILY", "needs an end"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "not by both"),
        ("FREQ=DAILY;COUNT=0", "from 1 to 52"),
        ("FREQ=DAILY;COUNT=53", "from 1 to 52"),
        ("FREQ=DAILY;COUNT=-1", "from 1 to 52"),
        ("FREQ=DAILY;COUNT=٣", "from 1 to 52"),
        ("FREQ=DAILY;COUNT=", "from 1 to 52"),
        ("FREQ=DAILY;COUNT", "from 1 to 52"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=2", "from 1 to 99"),
        ("FREQ=DAILY;INTERVAL=100;COUNT=2", "from 1 to 99"),
        ("FREQ=WEEKLY;BYDAY=;COUNT=2", "BYDAY names weekdays"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=2", "BYDAY names weekdays"),
        ("FREQ=WEEKLY;BYDAY=2TU;COUNT=2", "Only MONTHLY"),
        ("FREQ=MONTHLY;BYDAY=0TU;COUNT=2", "BYDAY names weekdays"),
        ("FREQ=MONTHLY;BYDAY=6TU;COUNT=2", "BYDAY names weekdays"),
        ("FREQ=MONTHLY;BYMONTHDAY=3;COUNT=2", "not BYMONTHDAY"),
        ("FREQ=DAILY;COUNT=2;", "an empty one"),
        ("FREQ=DAILY;COUNT=2;COUNT=2", "twice"),
        ("RRULE:FREQ=DAILY;COUNT=2", "not RRULE:FREQ"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL is a day"),
        ("FREQ=DAILY;UNTIL=2027-02-20", "UNTIL is a day"),
        ("FREQ=DAILY;UNTIL=20270220T100000", "UNTIL is a day"),
        ("FREQ=DAILY;COUNT=2;WKST=1", "WKST is one weekday"),
        ("FREQ=MONTHLY;COUNT=2;BYDAY=" + ",".join(WEEKDAYS * 10), "at most 200"),
    ],
)
def test_a_rule_is_refused_with_a_sentence(text, says):
    with pytest.raises(ValidationError) as refused:
        read_rule(text)

    assert says in " ".join(refused.value.message_dict["rule"])


def test_every_fault_is_told_at_once():
    with pytest.raises(ValidationError) as refused:
        read_rule("FREQ=YEARLY;COUNT=0;UNTIL=x;BYDAY=;X=1")

    assert len(refused.value.message_dict["rule"]) == 6


@pytest.mark.parametrize(
    ("text", "starts", "field", "says"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=2", "2027-01-13T08:00", "starts_at", "Wednesday, 13 January"),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=2", "2027-01-05T08:00", "starts_at", "Tuesday, 5 January"),
        ("FREQ=MONTHLY;BYDAY=-1SU;COUNT=2", "2027-01-24T08:00", "starts_at", "Sunday, 24 January"),
        ("FREQ=DAILY;UNTIL=20270112", "2027-01-13T08:00", "rule", "no date in it"),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20270117", "2027-01-13T08:00", "rule", "no date in it"),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20270119", "2027-01-13T08:00", "starts_at", "Wednesday, 13"),
        ("FREQ=DAILY;UNTIL=20270301", "2027-01-01T08:00", "rule", "more than 52"),
    ],
)
def test_dates_are_refused_with_a_sentence(text, starts, field, says):
    with pytest.raises(ValidationError) as refused:
        dates(text, starts)

    assert says in refused.value.message_dict[field][0]


def test_as_many_as_there_may_be():
    assert len(dates("FREQ=DAILY;UNTIL=20270221", "2027-01-01T08:00")) == MOST_DATES
    assert len(dates("FREQ=WEEKLY;COUNT=52", "2027-01-01T08:00")) == MOST_DATES


rules = st.builds(
    Rule,
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    interval=st.integers(1, 5),
    by_day=st.lists(
        st.tuples(st.sampled_from([None, *range(1, 6), *range(-5, 0)]), st.integers(0, 6)),
        max_size=4,
        unique=True,
    ).map(tuple),
    count=st.integers(1, MOST_DATES),
    week_starts=st.integers(0, 6),
)
ZONES = ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]


def slow_occurrences(rule: Rule, starts_at: datetime, zone: ZoneInfo, days: int) -> list[datetime]:
    """Day by day, whether it is one of the rule's; of so many days."""
    first = starts_at.astimezone(zone)
    week_of_first = first.date() - timedelta(days=(first.weekday() - rule.week_starts) % 7)
    found: list[datetime] = []
    for number in range(days):
        day = first.date() + timedelta(days=number)
        if rule.frequency == "DAILY":
            fits = number % rule.interval == 0
        elif rule.frequency == "WEEKLY":
            fits = (day - week_of_first).days // 7 % rule.interval == 0
            fits = fits and (bool(rule.by_day) or day.weekday() == first.weekday())
        else:
            months = (day.year - first.year) * 12 + day.month - first.month
            fits = months % rule.interval == 0 and (bool(rule.by_day) or day.day == first.day)
        if not fits:
            continue
        if rule.by_day:
            same = [day + timedelta(days=7 * n) for n in range(-5, 6)]
            same = [one for one in same if (one.year, one.month) == (day.year, day.month)]
            place = same.index(day)
            numbers = {None, place + 1, place - len(same)}
            fits = any(nth in numbers and wd == day.weekday() for nth, wd in rule.by_day)
        midnight = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        next_day = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
        if fits and midnight < next_day:
            naive = datetime.combine(day, first.time().replace(fold=0))
            found.append(naive.replace(tzinfo=zone).astimezone(UTC) if number else starts_at)
    return found[: rule.count]


@pytest.mark.walk
@settings(PROFILE, max_examples=PROFILE.max_examples // 2)
@given(
    rule=rules,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.dates(date(2011, 12, 1), date(2029, 1, 1)),
    minutes=st.integers(0, 24 * 60 - 1),
)
def test_dates_are_those_of_a_slow_implementation(rule, zone, day, minutes):
    if rule.frequency != "MONTHLY":
        rule = Rule(**vars(rule) | {"by_day": tuple({(None, wd) for _, wd in rule.by_day})})
    starts_at = datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)
    days = 400 if rule.frequency != "MONTHLY" else 1200
    slow = slow_occurrences(rule, starts_at, zone, days)
    first = starts_at.astimezone(zone).date()
    assert rule.is_on(first) == bool(slow and slow[0] == starts_at)
    assume(rule.is_on(first))

    found = occurrences(rule, starts_at, zone)

    assert found[: len(slow)] == slow
    assert len(found) == rule.count
    assert read_rule(str(rule)) == Rule(
        **vars(rule) | {"by_day": tuple(sorted(rule.by_day, key=lambda one: (one[1], one[0] or 0)))}
    )


def test_a_shift_is_one_of_what_the_clocks_show():
    before, after = local("2027-03-23T09:00"), local("2027-03-25T10:30")
    shift = shift_between(before, after, BERLIN)

    assert shift == timedelta(days=2, minutes=90)
    moved = on_the_clocks(shift, local("2027-03-27T09:00"), BERLIN)
    assert f"{moved.astimezone(BERLIN):%Y-%m-%dT%H:%M%z}" == "2027-03-29T10:30+0200"


@pytest.mark.parametrize(
    ("text", "days", "later"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,SU;COUNT=8", 1, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=8"),
        ("FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270101", -1, "FREQ=MONTHLY;BYDAY=2MO;UNTIL=20261231"),
        ("FREQ=DAILY;COUNT=2", 3, "FREQ=DAILY;COUNT=2"),
    ],
)
def test_a_rule_of_days_later(text, days, later):
    assert str(days_later(read_rule(text), days)) == later


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=8", "every week on Tuesday, 8 times"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,MO,TU;UNTIL=20270131",
            "every 2 weeks on Monday, Tuesday and Friday, until 31 Jan 2027",
        ),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=1", "every month on the second Tuesday, once"),
        (
            "FREQ=MONTHLY;BYDAY=-1FR,-2MO;COUNT=3",
            "every month on the second to last Monday and the last Friday, 3 times",
        ),
    ],
)
def test_a_rule_in_words(text, words):
    assert in_words(read_rule(text)) == words
