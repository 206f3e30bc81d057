"""Calendar days in the clinic's time zone. A day may have 23, 24.5 or 25 hours."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which this day of the clinic starts and ends (half-open)."""
    ends = day_start(day + timedelta(days=1)) if day < date.max else LAST
    return day_start(day), ends


def day_start(day: date) -> datetime:
    """The first instant of the day. Where midnight does not exist, the day starts at the gap's
    end; where it comes twice, at the first one (PEP 495: `fold=0`)."""
    midnight = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    try:
        return midnight.astimezone(UTC)
    except OverflowError:  # In UTC it is before the first day of all, or after the last.
        return FIRST if day.year == 1 else LAST
