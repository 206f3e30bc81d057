"""Calendar days and clocks in the clinic's time zone. A day may have 23, 24.5 or 25 hours, or none.

Each instant is in exactly one day. That is the date on the clinic's clocks, but where these go
back over midnight (St. John's until 2010, from 00:01 to 23:01): a day that has begun goes on,
though the clocks show the eve's last hour again.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ONE_DAY = timedelta(days=1)
SKIPPED = "The clocks are put forward then: there is no {time} on that day."
TOO_FAR = _("This is too far ahead: please check the year.")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def is_too_far(when: date | datetime) -> bool:
    """Is this day or instant beyond what the clinic takes (`TIME_HORIZON`)?"""
    if isinstance(when, datetime):
        return when > timezone.now() + settings.TIME_HORIZON
    return when > timezone.localdate() + settings.TIME_HORIZON


def born_by(day: date, years: int) -> date:
    """The last birthday of those who are so many full years old on that day. Who was born on
    29 February turns a year older on 1 March of common years."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which this day of the clinic starts and ends (half-open)."""
    ends = day_start(day + ONE_DAY) if day < date.max else LAST
    return day_start(day), ends


def day_at(instant: datetime) -> date:
    """The day in whose bounds the instant is."""
    day = timezone.localdate(instant)
    has_next_begun = day < date.max and instant >= day_start(day + ONE_DAY)
    return day + ONE_DAY if has_next_begun else day


def after_counting(start: datetime, length: timedelta, opens: time, closes: time) -> datetime:
    """The instant by which so much time has passed on clocks that run from `opens` to `closes`
    each day, and stand still in between. In UTC; `opens` must be before `closes`."""
    zone = timezone.get_default_timezone()
    day = timezone.localdate(start)
    while True:
        begins, ends = (
            datetime.combine(day, clock, tzinfo=zone).astimezone(UTC) for clock in (opens, closes)
        )
        begins = max(begins, start)
        if ends - begins >= length:
            return begins.astimezone(UTC) + length
        length -= max(ends - begins, timedelta())
        day += ONE_DAY


def day_start(day: date) -> datetime:
    """The first instant of the day. Where midnight does not exist, the day starts at the gap's
    end; where it comes twice, at the first one (PEP 495: `fold=0`)."""
    midnight = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    try:
        return midnight.astimezone(UTC)
    except OverflowError:  # In UTC it is before the first day of all, or after the last.
        return FIRST if day.year == 1 else LAST


def clock_readings(local: datetime) -> list[datetime]:
    """The instants, in UTC, at which the clinic's clocks show this (a naive day and time).

    One; none where the clocks are put forward over it; two, the earlier one first, where they
    are put back over it. Raises OverflowError before the first instant of all and after the last.
    """
    zone = timezone.get_default_timezone()
    both = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return sorted({at for at in both if at.astimezone(zone).replace(tzinfo=None) == local})


def told_apart(instant: datetime) -> str:
    """What the clocks show at one of two `readings`, and which of the two it is: `02:30 summer
    time (UTC+2)`. Where they are put back for another reason than the season: `02:30 before the
    clocks are put back (UTC+2)`."""
    shown = instant.astimezone(timezone.get_default_timezone())
    is_first = not shown.fold
    if bool(shown.replace(fold=0).dst()) != bool(shown.replace(fold=1).dst()):
        which = "summer time" if is_first else "winter time"
    else:
        which = "before the clocks are put back" if is_first else "after the clocks are put back"
    return f"{shown:%H:%M} {which} ({offset_of(shown)})"


def offset_of(local: datetime) -> str:
    """`UTC+2`, `UTC-3:30`, `UTC`."""
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + f":{rest:02}" * bool(rest) if minutes else "UTC"


def day_text(day: date) -> str:
    """Such as 4 Mar 1988: the same as `date_format(day, "j M Y")` in a tenth of its time, for lists
    of many rows. The console speaks English."""
    return f"{day.day} {day:%b %Y}"


def moment_text(moment: datetime) -> str:
    """Such as 4 Mar 1988, 09:30, on the clinic's clocks."""
    local = timezone.localtime(moment)
    return f"{day_text(local)}, {local:%H:%M}"


def years_of(born: date) -> str:
    """An age as it is said: 64 years, 7 months."""
    today = timezone.localdate()
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    number, unit = (months, "month") if months < 24 else (months // 12, "year")
    return f"{number} {unit}{'' if number == 1 else 's'}"
