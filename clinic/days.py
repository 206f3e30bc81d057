"""Calendar days in the clinic's time zone. A day may have 23, 24.5 or 25 hours, or none.

Each instant is in exactly one day. That is the date on the clinic's clocks, but where these go
back over midnight (St. John's until 2010, from 00:01 to 23:01): a day that has begun goes on,
though the clocks show the eve's last hour again.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

ONE_DAY = timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which this day of the clinic starts and ends (half-open)."""
    ends = day_start(day + ONE_DAY) if day < date.max else LAST
    return day_start(day), ends


def day_at(instant: datetime) -> date:
    """The day in whose bounds the instant is."""
    day = timezone.localdate(instant)
    has_next_begun = day < date.max and instant >= day_start(day + ONE_DAY)
    return day + ONE_DAY if has_next_begun else day


def day_start(day: date) -> datetime:
    """The first instant of the day. Where midnight does not exist, the day starts at the gap's
    end; where it comes twice, at the first one (PEP 495: `fold=0`)."""
    midnight = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    try:
        return midnight.astimezone(UTC)
    except OverflowError:  # In UTC it is before the first day of all, or after the last.
        return FIRST if day.year == 1 else LAST


def english_day(day: date) -> str:
    """Such as 4 Mar 1988, as the console's lists show it. The page's language is no matter there,
    and `date_format()` takes many times as long."""
    return f"{day.day} {day:%b %Y}"
