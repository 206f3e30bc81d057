"""Which instants a time of the clinic's clocks stands for, and how two of them are told apart."""

from datetime import UTC, datetime

import pytest

from clinic.days import clock_readings, told_apart


@pytest.mark.parametrize(
    ("local", "hours"),
    [("2032-07-05T02:30", [0]), ("2032-03-28T02:30", []), ("2032-10-31T02:30", [0, 1])],
)
def test_once_never_and_twice(local, hours):
    day = datetime.fromisoformat(local)

    expected = [datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC) for hour in hours]
    assert clock_readings(day) == expected


def test_clocks_that_are_put_back_for_another_reason_than_the_season(settings):
    """On 15 August 2015, North Korea went from UTC+9 to UTC+8:30 for good."""
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = "Asia/Pyongyang"

    both = clock_readings(datetime.fromisoformat("2015-08-14T23:45"))

    assert [told_apart(at) for at in both] == [
        "23:45 before the clocks are put back (UTC+9)",
        "23:45 after the clocks are put back (UTC+8:30)",
    ]
