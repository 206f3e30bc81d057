"""Which days the console's list of appointments shows: today, unless another day is asked for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.utils import timezone
from django.utils.formats import date_format

from clinic.days import day_at, day_start

ALL = "all"
CHOICES = (("today", "Today"), ("tomorrow", "Tomorrow"), ("week", "This week"), (ALL, "All days"))
# With one of these in the address, the list is not of a day unless it says so.
WIDER = ("q", "patient__id__exact")


@dataclass(frozen=True)
class Days:
    """Calendar days of the clinic, the first and the last of them included."""

    first: date
    last: date

    @classmethod
    def asked_for(cls, params) -> "Days | None":
        """The days that an address asks for; None: all of them. Raises ValueError."""
        value = params.get("day") or (ALL if any(params.get(key) for key in WIDER) else "today")
        today = day_at(timezone.now())
        if value == ALL:
            return None
        if value == "week":
            monday = today - timedelta(days=today.weekday())
            return cls(monday, monday + timedelta(days=6))
        named = {"today": today, "tomorrow": today + timedelta(days=1)}
        day = named.get(value) or datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007
        if not 1900 <= day.year <= 2999:
            raise ValueError("No day of a clinic.")
        return cls(day, day)

    @property
    def is_one(self) -> bool:
        return self.first == self.last

    def bounds(self) -> tuple[datetime, datetime]:
        """The instants at which they start and end (half-open), in UTC."""
        return day_start(self.first), day_start(self.last + timedelta(days=1))

    def __str__(self) -> str:
        if not self.is_one:
            return f"{date_format(self.first, 'j F')} to {date_format(self.last, 'j F Y')}"
        name = {0: "Today, ", 1: "Tomorrow, "}.get((self.first - timezone.localdate()).days, "")
        return name + date_format(self.first, "l j F Y")

    @property
    def neighbours(self) -> tuple[str, str]:
        """The day, or the days, before and after these."""
        one = timedelta(days=1)
        return (self.first - one).isoformat(), (self.last + one).isoformat()


def days_shown(request) -> Days | None:
    """None as well where the address makes no sense, which the filter reports."""
    try:
        return Days.asked_for(request.GET)
    except ValueError:
        return None


class DayFilter(admin.SimpleListFilter):
    title = "day"
    parameter_name = "day"

    def lookups(self, request, model_admin):
        return CHOICES

    def choices(self, changelist):
        chosen = self.value() or ("today" if days_shown(self.request) else ALL)
        for value, label in self.lookup_choices:
            yield {
                "selected": value == chosen,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def __init__(self, request, params, model, model_admin):
        self.request = request
        super().__init__(request, params, model, model_admin)

    def queryset(self, request, queryset):
        try:
            days = Days.asked_for(request.GET)
        except ValueError as error:
            raise IncorrectLookupParameters from error
        if days is None:
            return queryset
        starts, ends = days.bounds()
        return queryset.filter(starts_at__gte=starts, starts_at__lt=ends)
