"""Every instant is in one day of the clinic, in every zone that there is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.utils import timezone

from clinic.days import after_counting, day_at, day_bounds

FROM, UNTIL = datetime(2005, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
WEEK, DAY, SECOND = timedelta(days=7), timedelta(days=1), timedelta(seconds=1)
# How far from a change of the clocks it is looked: around midnights that it moved, and at itself.
STEPS = [timedelta(minutes=minutes) for minutes in (-181, -61, -30, -1, 0, 1, 30, 59, 61, 119, 181)]
STEPS += [-SECOND, SECOND]
# Where clocks went back over midnight: these alone showed an eve's hour again.
BACK_OVER_MIDNIGHT = {
    "America/Goose_Bay",
    "America/Moncton",
    "America/St_Johns",
    "Antarctica/Casey",
}


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The first instants after the zone's clocks were changed, those of less than a week aside."""
    last = FROM.astimezone(zone).utcoffset()
    for number in range((UNTIL - FROM) // WEEK):
        before, after = FROM + number * WEEK, FROM + (number + 1) * WEEK
        if (offset := after.astimezone(zone).utcoffset()) == last:
            continue
        while after - before > SECOND:
            middle = (before + (after - before) / 2).replace(microsecond=0)
            if middle.astimezone(zone).utcoffset() == last:
                before = middle
            else:
                after = middle
        yield after
        last = offset


def is_near_midnight(instant: datetime, zone: ZoneInfo) -> bool:
    """Is it another date some hours before or after? Elsewhere no day begins."""
    dates = {(instant + step).astimezone(zone).date() for step in STEPS}
    return len(dates) > 1


def zones() -> dict[str, list[datetime]]:
    """Zones with their changes near midnight; of those that are all the same, one."""
    found: dict[tuple, tuple[str, list[datetime]]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        moments = [at for at in changes(zone) if is_near_midnight(at, zone)]
        offsets = tuple((at, at.astimezone(zone).utcoffset()) for at in moments)
        found.setdefault(offsets, (name, moments))
    return dict(found.values())


@pytest.fixture
def clinic_in(settings):
    def move(zone: str) -> None:
        settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = zone

    return move


def test_each_instant_is_in_exactly_the_day_that_it_is_said_to_be(clinic_in):
    looked_at, elsewhere = 0, set()
    for name, moments in zones().items():
        clinic_in(name)
        for instant in (moment + step for moment in moments for step in STEPS):
            looked_at += 1
            shown = timezone.localdate(instant)
            days = (shown - DAY, shown, shown + DAY)
            bounds = {day: day_bounds(day) for day in days}
            holding = [day for day, (start, end) in bounds.items() if start <= instant < end]
            assert holding == [day_at(instant)], (name, instant)
            if holding != [shown]:
                elsewhere.add(name)
                assert holding == [shown + DAY], (name, instant)  # It goes on.

    assert looked_at > 5_000
    assert elsewhere == BACK_OVER_MIDNIGHT


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("America/St_Johns", "2010-11-07T02:30:00", date(2010, 11, 7)),  # 00:00 comes.
        ("America/St_Johns", "2010-11-07T02:29:59", date(2010, 11, 6)),
        ("America/St_Johns", "2010-11-07T02:31:00", date(2010, 11, 7)),  # 23:01 comes again.
        ("America/St_Johns", "2010-11-07T03:29:00", date(2010, 11, 7)),  # 00:00 comes again.
        ("Asia/Beirut", "2026-10-24T20:59:59", date(2026, 10, 24)),  # 23:59:59, then 23:00.
        ("Asia/Beirut", "2026-10-24T21:59:59", date(2026, 10, 24)),
        ("Asia/Beirut", "2026-10-24T22:00:00", date(2026, 10, 25)),
        ("America/Havana", "2026-11-01T04:00:00", date(2026, 11, 1)),  # 00:00, later once more.
        ("America/Havana", "2026-11-01T05:00:00", date(2026, 11, 1)),
        ("Pacific/Apia", "2011-12-30T09:59:59", date(2011, 12, 29)),
        ("Pacific/Apia", "2011-12-30T10:00:00", date(2011, 12, 31)),  # The 30th was skipped.
        ("Etc/GMT-14", "9999-12-31T09:00:00", date(9999, 12, 31)),
    ],
)
def test_the_day_of_an_instant(clinic_in, zone, instant, day):
    clinic_in(zone)

    assert day_at(datetime.fromisoformat(f"{instant}+00:00")) == day


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2027-05-03T09:00", 120, "2027-05-03T11:00"),
        ("2027-05-03T19:00", 120, "2027-05-04T09:00"),
        ("2027-05-03T23:30", 120, "2027-05-04T10:00"),
        ("2027-05-03T03:00", 60, "2027-05-03T09:00"),
        ("2027-05-03T08:00", 720, "2027-05-03T20:00"),
        ("2027-05-03T08:00", 1500, "2027-05-05T09:00"),
        ("2027-10-30T19:30", 60, "2027-10-31T08:30"),  # The clocks go back in between.
    ],
)
def test_time_counts_by_day_alone(start, minutes, end):
    zone = ZoneInfo("Europe/Berlin")
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end))

    ended = after_counting(start, timedelta(minutes=minutes), time(8), time(20))

    assert ended == end
