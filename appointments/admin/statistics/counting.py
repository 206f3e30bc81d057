"""How the clinic runs, in statistics: counted by the database, in a fixed number of queries.

Days are calendar days of the clinic. Their bounds are computed here and handed to the database,
which only sorts instants between them: its own time-zone data decides nothing. A visit belongs
to the day on which it starts; those entered in error are counted nowhere.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Greatest, Least

from appointments.admin.statistics.offered import OfferedStatistics, count_offered
from appointments.models import LONGEST, Appointment
from appointments.scheduling import availability
from appointments.scheduling.slots import merged, without_periods
from appointments.transitions import ARRIVED, HOLDING, Status
from clinic.days import day_start
from clinic.models import Notification
from clinic.sorting import name_key
from doctors.models import Doctor
from patients.models import Patient

ONE_DAY = timedelta(days=1)
NOTHING = timedelta(0)
QUARTILES = (0.25, 0.5, 0.75)


class Period(NamedTuple):
    """Calendar days of the clinic, the first and the last of them included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]

    @property
    def weeks(self) -> list["Period"]:
        """From Monday to Sunday; the first and the last as far as they are in the period."""
        mondays = [day for day in self.days if day.weekday() == 0 and day != self.first]
        firsts = [self.first, *mondays]
        lasts = [monday - ONE_DAY for monday in mondays] + [self.last]
        return [Period(*week) for week in zip(firsts, lasts, strict=True)]

    @property
    def starts_at(self) -> datetime:
        return day_start(self.first)

    @property
    def ends_at(self) -> datetime:
        return day_start(self.last + ONE_DAY)


class Quartiles(NamedTuple):
    lower: timedelta
    median: timedelta
    upper: timedelta


@dataclass
class Tally:
    """What became of some visits, and the time that they hold within the period.

    The sums of booked and open time are of doctors who have open time.
    """

    by_status: Counter[str]
    booked: timedelta = NOTHING
    open: timedelta = NOTHING
    lead: Quartiles | None = None

    @property
    def visits(self) -> int:
        return self.by_status.total()

    @property
    def utilisation(self) -> float | None:
        """Booked of open time. Above 1 where visits share their time or lie outside of hours."""
        return self.booked / self.open if self.open else None

    @property
    def no_shows(self) -> float | None:
        """Of the visits that were due and of which it is known whether the patient came."""
        missed = self.by_status[Status.NOSHOW]
        return share(missed, missed + sum(self.by_status[status] for status in ARRIVED))

    @property
    def cancellations(self) -> float | None:
        return share(self.by_status[Status.CANCELLED], self.visits)


@dataclass
class Statistics:
    """All statistics of a period, as far as one user may see them."""

    period: Period
    by_day: dict[date, Counter[str]]
    doctors: list[tuple[Doctor, Tally]]
    total: Tally
    new_patients: list[int]  # For each of `period.weeks`.
    offered: OfferedStatistics
    mails: list[Counter[str]] | None  # For each week, by status; None: not for this user.


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def compute(period: Period, user: Any) -> Statistics:
    """The statistics of the visits, doctors and patients that the user may see."""
    visits = Appointment.objects.visible_to(user).exclude(status=Status.ENTERED_IN_ERROR)
    by_day, tallies = count_visits(visits, period)
    calendars = availability.load_calendars(
        own_doctors(user), period.first, period.last, with_visits=False
    )
    for doctor_id, calendar in calendars.items():
        if calendar.is_active:
            tallies.setdefault(doctor_id, Tally(Counter())).open = open_time(calendar, period)
    total = Tally(Counter())
    for tally in tallies.values():
        total.by_status.update(tally.by_status)
        if tally.open:
            total.booked += tally.booked
            total.open += tally.open
    total.lead = add_lead_times(visits, period, tallies)
    doctors = own_doctors(user).filter(pk__in=tallies)
    return Statistics(
        period,
        by_day,
        [(doctor, tallies[doctor.pk]) for doctor in doctors],
        total,
        by_week(Patient.objects.visible_to(user), period),
        count_offered(visits, user, period.starts_at, period.ends_at),
        count_mails(period) if user.has_perm("clinic.view_notification") else None,
    )


def own_doctors(user: Any) -> QuerySet[Doctor]:
    """The doctors of whose visits the user sees all: every doctor, or the user alone."""
    doctors = Doctor.objects.visible_to(user).order_by(name_key(), "pk")
    if not user.has_perm("appointments.view_all_appointment"):
        doctors = doctors.filter(user=user)
    return doctors


def bucket(field: str, bounds: Sequence[datetime]) -> Func:
    """Between which of these instants, in order, it is: 1 from the first on, 0 before it."""
    instants = Value(list(bounds), output_field=ArrayField(DateTimeField()))
    return Func(F(field), instants, function="width_bucket", output_field=IntegerField())


def count_visits(
    visits: QuerySet[Appointment], period: Period
) -> tuple[dict[date, Counter[str]], dict[UUID, Tally]]:
    """Visits by day and status, and by doctor.

    Of a visit that lasts into the period only its minutes count, and so for the one that lasts
    beyond it. No visit is longer than `LONGEST`: without that bound, the index would give all
    that is past, too.
    """
    starts_at, ends_at, days = period.starts_at, period.ends_at, period.days
    within = visits.filter(
        starts_at__gt=starts_at - LONGEST, ends_at__gt=starts_at, starts_at__lt=ends_at
    )
    held = Least("ends_at", Value(ends_at)) - Greatest("starts_at", Value(starts_at))
    rows = (
        within.order_by()
        .values("doctor_id", "status", day=bucket("starts_at", [day_start(day) for day in days]))
        .annotate(visits=Count("pk"), held=Sum(ExpressionWrapper(held, DurationField())))
    )
    by_day: dict[date, Counter[str]] = {day: Counter() for day in days}
    tallies: dict[UUID, Tally] = {}
    for row in rows:
        tally = tallies.setdefault(row["doctor_id"], Tally(Counter()))
        if row["status"] in HOLDING:
            tally.booked += row["held"]
        if row["day"]:
            by_day[days[row["day"] - 1]][row["status"]] += row["visits"]
            tally.by_status[row["status"]] += row["visits"]
    return by_day, tallies


def open_time(calendar: availability.DoctorCalendar, period: Period) -> timedelta:
    """The doctor's hours within the period, without absences and closures."""
    hours = without_periods(
        merged(calendar.spans(period.first, period.last)), merged(calendar.away())
    )
    return sum(
        (
            max(NOTHING, min(span.ends_at, period.ends_at) - max(span.starts_at, period.starts_at))
            for span in hours
        ),
        NOTHING,
    )


class Percentile(Aggregate):
    """Linear between the two nearest values, as PostgreSQL's `percentile_cont`."""

    function = "percentile_cont"
    template = "%(function)s(ARRAY[%(shares)s]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())

    def __init__(self, expression, shares: Sequence[float], **extra):
        super().__init__(expression, shares=", ".join(map(str, shares)), **extra)


def add_lead_times(
    visits: QuerySet[Appointment], period: Period, tallies: dict[UUID, Tally]
) -> Quartiles | None:
    """From when a time was booked (or moved to) until the visit: of each doctor, and of all.

    Of cancelled visits it isn't known how long they would have been waited for.
    """
    within = visits.exclude(status=Status.CANCELLED).filter(
        starts_at__gte=period.starts_at, starts_at__lt=period.ends_at
    )
    seconds = Func(
        F("starts_at") - F("booked_at"),
        template="extract(epoch FROM %(expressions)s)::float8",
        output_field=FloatField(),
    )
    lead = Percentile(seconds, QUARTILES)
    for doctor_id, found in within.order_by().values_list("doctor_id").annotate(lead=lead):
        tallies[doctor_id].lead = quartiles(found)
    return quartiles(within.aggregate(lead=lead)["lead"])


def quartiles(seconds: list[float] | None) -> Quartiles | None:
    return Quartiles(*(timedelta(seconds=value) for value in seconds)) if seconds else None


def by_week(patients: QuerySet[Patient], period: Period) -> list[int]:
    """How many were registered in each week."""
    rows = created_within(patients, period).annotate(found=Count("pk"))
    counts = {row["week"]: row["found"] for row in rows}
    return [counts.get(number, 0) for number, _ in enumerate(period.weeks, 1)]


def count_mails(period: Period) -> list[Counter[str]]:
    """The messages of each week that failed, and that are owed still, by status."""
    unsent = Notification.objects.filter(~Q(status__in=("sent", "outdated")))  # As the index says.
    counts: list[Counter[str]] = [Counter() for _ in period.weeks]
    for row in created_within(unsent, period, "status").annotate(found=Count("pk")):
        counts[row["week"] - 1][row["status"]] += row["found"]
    return counts


def created_within(rows: QuerySet, period: Period, *fields: str) -> QuerySet:
    weeks = [day_start(week.first) for week in period.weeks]
    within = rows.filter(created_at__gte=period.starts_at, created_at__lt=period.ends_at)
    return within.order_by().values(*fields, week=bucket("created_at", weeks))
