"""What the calendar's page shows by itself: which days, and these days as a table."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format

from appointments.admin.calendar.events import clock_time, cut_to_day, period_of_days
from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.scheduling.particulars import spans_at
from appointments.scheduling.slots import ONE_DAY, Period, merged
from clinic.api.fields import DAY
from doctors.models import Doctor

VIEWS = {
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "rooms": "Rooms",
    "table": "Table",
    "day-table": "Table",
}
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
    def is_day(self) -> bool:
        """One day, of all doctors or of one? All else is of one doctor."""
        return self.view in ("day", "day-table", "rooms")

    @property
    def is_table(self) -> bool:
        return self.view in ("table", "day-table")

    @property
    def is_by_rooms(self) -> bool:
        """Are the columns of the day rooms, in the doctors' place?"""
        return self.view == "rooms"

    @property
    def others(self) -> dict[str, str]:
        """The views to choose from: the table is that of a day where a day is shown."""
        left_out = "table" if self.is_day else "day-table"
        return {view: word for view, word in VIEWS.items() if view != left_out}

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last day of the table."""
        return (self.day, self.day) if self.is_day else self.week

    @property
    def week(self) -> tuple[date, date]:
        monday = self.day - timedelta(days=self.day.weekday())
        return monday, monday + timedelta(days=6)

    def __str__(self) -> str:
        if self.is_day:
            return date_format(self.day, "l j F Y")
        if self.view == "month":
            return date_format(self.day, "F Y")
        first, last = self.week
        form = "j" if first.month == last.month else "j F" if first.year == last.year else "j F Y"
        return f"{date_format(first, form)} - {date_format(last, 'j F Y')}"

    @property
    def step(self) -> str:
        return "day" if self.is_day else "month" if self.view == "month" else "week"

    @property
    def neighbours(self) -> tuple[date, date]:
        """A day of the days before, and of those after."""
        if self.view == "month":
            first = self.day.replace(day=1)
            return first - ONE_DAY, first + timedelta(days=monthrange(first.year, first.month)[1])
        days = timedelta(days=1 if self.is_day else 7)
        return self.day - days, self.day + days


def columns(doctors: list[Doctor], visits: list[Appointment]) -> list[Doctor]:
    """Who has a column in the day: who takes appointments, and who has a visit all the same."""
    visited = {visit.doctor_id for visit in visits}
    return [doctor for doctor in doctors if doctor.is_active or doctor.pk in visited]


def table_of(
    doctors: list[Doctor],
    visits: list[Appointment],
    first: date,
    last: date,
    place: UUID | None = None,
) -> tuple[list[dict[str, Any]], str]:
    """Each doctor's days with hours, times away and visits; and the hour at which a drawn day
    begins."""
    own = Doctor.objects.filter(pk__in=[doctor.pk for doctor in doctors])
    calendars = availability.load_calendars(own, first, last)
    rows, earliest = [], [f"{EARLIEST:02}:00"]
    for doctor in doctors:
        calendar = calendars[doctor.pk]
        hours = merged(spans_at(place, calendar, first, last))
        with_doctor = [visit for visit in visits if visit.doctor_id == doctor.pk]
        for number in range((last - first).days + 1):
            window = period_of_days(*[first + timedelta(days=number)] * 2)
            row = row_of(calendar, hours, with_doctor, window)
            rows.append({"doctor": doctor, **row})
            begins = [cut_to_day(span, window).starts_at for span in hours if span.overlaps(window)]
            earliest += map(clock_time, begins + [visit.starts_at for visit in row["visits"]])
    return rows, f"{min(earliest)}:00"


def row_of(
    calendar: availability.DoctorCalendar,
    hours: list[Period],
    visits: list[Appointment],
    window: Period,
) -> dict[str, Any]:
    """One day of one doctor."""
    day = timezone.localdate(window.starts_at)
    return {
        "day": day,
        "is_today": day == timezone.localdate(),
        "hours": within(hours, window),
        "away": within(merged(calendar.absences), window),
        "is_closed": any(map(window.overlaps, calendar.closures)),
        "visits": [one for one in visits if window.starts_at <= one.starts_at < window.ends_at],
    }


def within(periods: Iterable[Period], window: Period) -> str:
    """Their parts in the window: `09:00 - 12:00, 13:00 - 15:00`."""
    parts = [cut_to_day(period, window) for period in periods if period.overlaps(window)]
    if parts == [window]:
        return "all day"
    return ", ".join(f"{clock_time(part.starts_at)} - {clock_time(part.ends_at)}" for part in parts)
