"""A day of the clinic on a board: a column for each doctor, on one axis of time.

The board is a grid with a row for every five minutes that pass, so that a day of 23 or 25 hours
has as many rows as it has minutes. Nothing here knows a request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

from appointments.admin.calendar.events import clock_time
from appointments.models import Appointment
from appointments.scheduling.availability import DoctorCalendar
from appointments.scheduling.gaps import ROW, free_gaps
from appointments.scheduling.slots import Period, instant, merged
from appointments.transitions import Status
from clinic.days import day_bounds
from doctors.models import Doctor

HOUR = timedelta(hours=1)
USUAL_HOURS = (time(8), time(18))  # Shown where nobody works and nothing is booked.
MOST_LANES = 12  # The style sheet knows no more.
LATE_AFTER = timedelta(minutes=5)
DUE_BEFORE = timedelta(minutes=30)  # Who comes earlier than this is early.

KINDS = {
    "hours": "Working hours",
    "absences": "Absent",
    "closures": "Clinic closed",
    "held": "Held for the waitlist",
}


class Rows(NamedTuple):
    """A template finds a name faster than a number."""

    first: int
    end: int


@dataclass(frozen=True)
class Frame:
    """What is shown of a day: whole hours of the clinic's clocks."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def around(cls, day: date, periods: Iterable[Period]) -> "Frame":
        """As much of the day as these periods take."""
        opens, closes = day_bounds(day)
        within = [period for period in periods if period.overlaps(Period(opens, closes))]
        if not within:
            zone = timezone.get_default_timezone()
            within = [Period(*(instant(day, clock, zone) for clock in USUAL_HOURS))]
        first = max(opens, min(period.starts_at for period in within))
        last = min(closes, max(period.ends_at for period in within))
        first -= past_the_hour(first)
        last += (HOUR - past_the_hour(last)) % HOUR
        return cls(max(opens, first), min(closes, last))

    @property
    def rows(self) -> int:
        return self.row(self.ends_at, up=True)

    def row(self, moment: datetime, *, up: bool = False) -> int:
        """How many rows stand before this moment; `up` counts one that has begun."""
        passed = min(max(moment, self.starts_at), self.ends_at) - self.starts_at
        rows, rest = divmod(passed, ROW)
        return rows + (1 if up and rest else 0)

    def place(self, period: Period) -> Rows:
        """The first row of the period, and the one after its last."""
        first = self.row(period.starts_at)
        return Rows(first, max(self.row(period.ends_at, up=True), first + 1))

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def hours(self) -> list[tuple[int, datetime]]:
        """The row and the time of every hour."""
        count = -(-(self.ends_at - self.starts_at) // HOUR)
        moments = [self.starts_at + number * HOUR for number in range(count)]
        return [(self.row(moment), timezone.localtime(moment)) for moment in moments]


def past_the_hour(moment: datetime) -> timedelta:
    local = timezone.localtime(moment)
    return timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


@dataclass
class Block:
    """A stretch of a column: hours, an absence, free time."""

    kind: str
    period: Period
    rows: Rows
    left: int = 0
    right: int = 1

    @property
    def label(self) -> str:
        return KINDS.get(self.kind, "")

    @property
    def minutes(self) -> int:
        return (self.period.ends_at - self.period.starts_at) // timedelta(minutes=1)

    @property
    def length(self) -> str:
        return in_words(self.minutes)


@dataclass
class Card:
    """A visit on the board. Of `lanes` beside each other it takes from `left` up to `right`."""

    visit: Appointment
    rows: Rows
    left: int = 0
    right: int = 1
    late: int | None = None  # Minutes since the start of a visit that nobody has come to.
    since: int | None = None  # Minutes that the patient has waited, or is in consultation.
    is_due: bool = False  # The next step is to be taken about now.

    @property
    def is_past(self) -> bool:
        """Is nothing left to do about it?"""
        return self.visit.status in (Status.FULFILLED, Status.NOSHOW, Status.CANCELLED)

    @property
    def is_short(self) -> bool:
        return self.rows[1] - self.rows[0] < 6

    @property
    def is_tall(self) -> bool:
        """Is there room for all that is known?"""
        return self.rows[1] - self.rows[0] > 8

    @property
    def starts(self) -> str:
        return clock_time(self.visit.starts_at)

    @property
    def ends(self) -> str:
        return clock_time(self.visit.ends_at)

    @property
    def late_in_words(self) -> str:
        return in_words(self.late or 0)

    @property
    def since_in_words(self) -> str:
        return in_words(self.since or 0)


@dataclass
class Column:
    """A doctor's day."""

    doctor: Doctor
    blocks: list[Block] = field(default_factory=list)
    gaps: list[Block] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    lanes: int = 1

    @property
    def is_idle(self) -> bool:
        return not (self.blocks or self.cards)

    @property
    def standing(self) -> list[Card]:
        return [card for card in self.cards if card.visit.status != Status.CANCELLED]

    @property
    def has_strip(self) -> bool:
        return len(self.standing) < len(self.cards)

    @property
    def free(self) -> str:
        """How much time is left, in words; empty: none."""
        total = sum(gap.minutes for gap in self.gaps)
        return in_words(total) if total else ""

    @property
    def visits(self) -> int:
        """How many take place, or have."""
        return sum(card.visit.status in TAKING_PLACE for card in self.cards)


TAKING_PLACE = (Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION, Status.FULFILLED)


def columns_of(
    day: date,
    doctors: Sequence[Doctor],
    calendars: dict,
    visits: Iterable[Appointment],
    now: datetime,
) -> tuple[Frame, list[Column]]:
    """The board of the day: its frame, and a column for each of the doctors, in their order."""
    opens, closes = day_bounds(day)
    whole = Period(opens, closes)
    work = {doctor.pk: merged(calendars[doctor.pk].spans(day, day)) for doctor in doctors}
    by_doctor: dict = {doctor.pk: [] for doctor in doctors}
    for visit in visits:
        by_doctor[visit.doctor_id].append(visit)
    shown = [span for spans in work.values() for span in spans]
    shown += [period_of(one) for found in by_doctor.values() for one in found]
    frame = Frame.around(day, shown)
    columns = []
    for doctor in doctors:
        calendar, own = calendars[doctor.pk], by_doctor[doctor.pk]
        column = Column(doctor)
        spans = [span for span in work[doctor.pk] if span.overlaps(whole)]
        column.blocks = blocks_of(calendar, spans, frame, is_idle=not (spans or own))
        gaps = free_gaps(calendar, day, now)
        column.gaps = [
            Block("gap", gap, Rows(frame.row(gap.starts_at, up=True), frame.row(gap.ends_at)))
            for gap in gaps
        ]
        column.cards = [card_of(visit, frame, whole, now) for visit in own]
        # A cancelled visit is a strip at the edge: it takes no room from what takes place.
        column.lanes = side_by_side([*column.standing, *column.gaps])
        columns.append(column)
    return frame, columns


def blocks_of(
    calendar: DoctorCalendar, spans: list[Period], frame: Frame, *, is_idle: bool
) -> list[Block]:
    """What stands behind the visits. Of an idle doctor, nothing but the hours is of interest."""
    kinds = {"hours": spans}
    if not is_idle:
        kinds |= {name: getattr(calendar, name) for name in KINDS if name != "hours"}
    return [
        Block(kind, period, frame.place(period))
        for kind, periods in kinds.items()
        for period in merged(periods)
        if period.overlaps(Period(frame.starts_at, frame.ends_at))
    ]


def period_of(visit: Appointment) -> Period:
    return Period(visit.starts_at, visit.ends_at)


def card_of(visit, frame: Frame, day: Period, now: datetime) -> Card:
    """The visit as it stands now; `visit.since` is when it got there, where that is known."""
    card = Card(visit, frame.place(period_of(visit)))
    if not day.starts_at <= now < day.ends_at:
        return card
    card.is_due = visit.status != Status.BOOKED or visit.starts_at - now <= DUE_BEFORE
    if visit.status == Status.BOOKED and now - visit.starts_at >= LATE_AFTER:
        card.late = whole_minutes(now - visit.starts_at)
    elif visit.status in (Status.CHECKED_IN, Status.IN_CONSULTATION) and visit.since:
        card.since = whole_minutes(now - visit.since)
    return card


def whole_minutes(length: timedelta) -> int:
    return max(length // timedelta(minutes=1), 0)


def in_words(length: int) -> str:
    """Minutes as they are told at a glance: 45 min, 2 h, 2:05 h."""
    hours, rest = divmod(length, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours}:{rest:02} h" if rest else f"{hours} h"


def side_by_side(cards: Sequence[Card | Block]) -> int:
    """Put what overlaps beside each other; returns the number of lanes of the column."""
    groups: list[list[list[Card | Block]]] = []  # Of what overlaps, lane by lane.
    ends = -1
    for card in sorted(cards, key=lambda card: card.rows[0]):
        if card.rows[0] >= ends:
            groups.append([])
        ends = max(ends, card.rows[1])
        lanes = groups[-1]
        lane = next((lane for lane in lanes if lane[-1].rows[1] <= card.rows[0]), None)
        if lane is None and len(lanes) == MOST_LANES:
            lane = lanes[-1]
        if lane is None:
            lane = []
            lanes.append(lane)
        lane.append(card)
    total = max(map(len, groups), default=1)
    for lanes in groups:
        for number, lane in enumerate(lanes):
            for card in lane:
                card.left = number * total // len(lanes)
                card.right = (number + 1) * total // len(lanes)
    return total
