"""What the calendar's page shows by itself: which days, and the week as a table."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from appointments import availability
from appointments.calendar_events import clock, cut, whole
from appointments.models import Appointment
from appointments.slots import ONE_DAY, Period, merged
from clinic.api.fields import DAY
from doctors.models import Doctor

VIEWS = {"day": "Day", "week": "Week", "month": "Month", "table": "Table"}
EARLIEST = 7  # The hour that is on top where the doctor doesn't begin earlier.


@dataclass(frozen=True)
class Shown:
    """What an address asks for: days, and how they are shown. What makes no sense is today."""

    view: str
    day: date

    @classmethod
    def asked_for(cls, params) -> "Shown":
        view, text = params.get("view", ""), params.get("date", "")
        day = timezone.localdate()
        if DAY.fullmatch(text):
            try:
                asked = date.fromisoformat(text)
                day = asked if 1901 <= asked.year <= 2998 else day
            except ValueError:
                pass
        return cls(view if view in VIEWS else "week", day)

    @property
    def week(self) -> tuple[date, date]:
        monday = self.day - timedelta(days=self.day.weekday())
        return monday, monday + timedelta(days=6)

    def __str__(self) -> str:
        if self.view == "day":
            return date_format(self.day, "l j F Y")
        if self.view == "month":
            return date_format(self.day, "F Y")
        first, last = self.week
        form = "j" if first.month == last.month else "j F" if first.year == last.year else "j F Y"
        return f"{date_format(first, form)} - {date_format(last, 'j F Y')}"

    @property
    def step(self) -> str:
        return self.view if self.view in ("day", "month") else "week"

    @property
    def neighbours(self) -> tuple[date, date]:
        """A day of the days before, and of those after."""
        if self.view == "month":
            first = self.day.replace(day=1)
            return first - ONE_DAY, first + timedelta(days=monthrange(first.year, first.month)[1])
        days = timedelta(days=1 if self.view == "day" else 7)
        return self.day - days, self.day + days


def table_of(
    doctor: Doctor, visits: list[Appointment], first: date, last: date
) -> tuple[list[dict[str, Any]], str]:
    """The days with hours, times away and visits; and the hour at which a drawn day begins."""
    calendar = availability.load(Doctor.objects.filter(pk=doctor.pk), first, last)[doctor.pk]
    hours = merged(calendar.spans(first, last))
    days, earliest = [], [f"{EARLIEST:02}:00"]
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        window = whole(day, day)
        own = [visit for visit in visits if window.starts_at <= visit.starts_at < window.ends_at]
        days.append(
            {
                "day": day,
                "is_today": day == timezone.localdate(),
                "hours": within(hours, window),
                "away": within(merged(calendar.absences), window),
                "is_closed": any(map(window.overlaps, calendar.closures)),
                "visits": own,
            }
        )
        begins = [cut(span, window).starts_at for span in hours if span.overlaps(window)]
        earliest += [clock(at) for at in begins + [visit.starts_at for visit in own]]
    return days, f"{min(earliest)}:00"


def within(periods: Iterable[Period], window: Period) -> str:
    """Their parts in the window: `09:00 - 12:00, 13:00 - 15:00`."""
    parts = [cut(period, window) for period in periods if period.overlaps(window)]
    if parts == [window]:
        return "all day"
    return ", ".join(f"{clock(part.starts_at)} - {clock(part.ends_at)}" for part in parts)
