"""A day of the clinic on a board: a column for each doctor, on one axis of time. Nothing here knows
a request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from appointments.admin.board.grid import Frame, Rows, side_by_side
from appointments.admin.board.sessions import SessionCard, by_session, held_by_session
from appointments.admin.calendar.events import clock_time
from appointments.models import Appointment, GroupSession
from appointments.scheduling.availability import DoctorCalendar
from appointments.scheduling.gaps import free_gaps
from appointments.scheduling.particulars import spans_at
from appointments.scheduling.slots import Period, merged
from appointments.transitions import HOLDING, Status
from clinic.days import day_bounds
from doctors.models import Doctor, Resource

LATE_AFTER = timedelta(minutes=5)
DUE_BEFORE = timedelta(minutes=30)  # Who comes earlier than this is early.

KINDS = {
    "hours": "Working hours",
    "absences": "Absent",
    "closures": "Clinic closed",
    "held": "Held for the waitlist",
    "outages": "Out of service",
    "taken": "Taken",
}
BEHIND = ("hours", "absences", "closures", "held")  # What a doctor's calendar says.


@dataclass
class Block:
    """A stretch of a column: hours, an absence, free time."""

    kind: str
    period: Period
    rows: Rows
    left: int = 0
    right: int = 1
    words: str = ""  # What it is called, where its kind doesn't say it.

    @property
    def label(self) -> str:
        return self.words or KINDS.get(self.kind, "")

    @property
    def held(self) -> Rows:
        return self.rows

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
    held: Rows  # With the buffers of a visit that holds its time.
    left: int = 0
    right: int = 1
    late: int | None = None  # Minutes since the start of a visit that nobody has come to.
    since: int | None = None  # Minutes that the patient has waited, or is in consultation.
    is_due: bool = False  # The next step is to be taken about now.

    @property
    def buffers(self) -> list[Rows]:
        """What is kept free before the visit and after it, as far as the day is shown."""
        around = (Rows(self.held.first, self.rows.first), Rows(self.rows.end, self.held.end))
        return [rows for rows in around if rows.first < rows.end]

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
    """A doctor's day, or that of a room."""

    of: Doctor | Resource
    blocks: list[Block] = field(default_factory=list)
    gaps: list[Block] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    sessions: list[SessionCard] = field(default_factory=list)
    lanes: int = 1

    @property
    def doctor(self) -> Doctor | None:
        return self.of if isinstance(self.of, Doctor) else None

    @property
    def words(self) -> str:
        """What is said of them below the name."""
        if isinstance(self.of, Doctor):
            return self.of.field_name
        return ", ".join(filter(None, (self.of.pool, self.of.location and self.of.location.name)))

    @property
    def is_idle(self) -> bool:
        return not (self.blocks or self.cards or self.sessions)

    @property
    def in_order(self) -> list[Card | SessionCard]:
        """Visits and sessions as they begin, for paper."""
        return sorted([*self.cards, *self.sessions], key=lambda one: one.rows.first)

    @property
    def whole(self) -> list[Card]:
        """All visits, those in sessions among them."""
        return [*self.cards, *(one for session in self.sessions for one in session.people)]

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
        return sum(card.visit.status in TAKING_PLACE for card in self.whole)


TAKING_PLACE = (Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION, Status.FULFILLED)


def columns_of(
    day: date,
    doctors: Sequence[Doctor],
    calendars: dict,
    visits: Iterable[Appointment],
    now: datetime,
    place: UUID | None = None,
    sessions: Sequence[GroupSession] = (),
) -> tuple[Frame, list[Column]]:
    """The board of the day: its frame, and a column for each of the doctors, in their order.

    Of their hours, those at the place, if one is named, or at any. Who takes part in a session
    stands on its card alone.
    """
    opens, closes = day_bounds(day)
    whole = Period(opens, closes)
    work = {one.pk: merged(spans_at(place, calendars[one.pk], day, day)) for one in doctors}
    by_doctor: dict = {doctor.pk: [] for doctor in doctors}
    taking_part = by_session(visits)
    for visit in (one for one in visits if not one.session_id):
        by_doctor[visit.doctor_id].append(visit)
    shown = [span for spans in work.values() for span in spans]
    shown += [held_by(one) for found in by_doctor.values() for one in found]
    shown += [held_by_session(one) for one in sessions]
    frame = Frame.around(day, shown)
    columns = []
    for doctor in doctors:
        column, calendar = Column(doctor), calendars[doctor.pk]
        own, busy = by_doctor[doctor.pk], [one for one in sessions if one.doctor_id == doctor.pk]
        spans = [span for span in work[doctor.pk] if span.overlaps(whole)]
        column.blocks = blocks_of(calendar, spans, frame, is_idle=not (spans or own or busy))
        column.gaps = gaps_of(free_gaps(calendar, day, now, spans), frame)
        column.cards = [card_of(visit, frame, whole, now) for visit in own]
        for one in busy:
            people = [card_of(who, frame, whole, now) for who in taking_part.get(one.pk, ())]
            column.sessions.append(SessionCard.of(one, frame, people))
        # A cancelled visit is a strip at the edge: it takes no room from what takes place.
        column.lanes = side_by_side([*column.standing, *column.sessions, *column.gaps])
        columns.append(column)
    return frame, columns


def gaps_of(free: Iterable[Period], frame: Frame) -> list[Block]:
    return [
        Block("gap", gap, Rows(frame.row(gap.starts_at, up=True), frame.row(gap.ends_at)))
        for gap in free
    ]


def blocks_of(
    calendar: DoctorCalendar, spans: list[Period], frame: Frame, *, is_idle: bool
) -> list[Block]:
    """What stands behind the visits. Of an idle doctor, nothing but the hours is of interest."""
    kinds = {"hours": spans}
    if not is_idle:
        kinds |= {name: getattr(calendar, name) for name in BEHIND if name != "hours"}
    return [
        Block(kind, period, frame.place(period))
        for kind, periods in kinds.items()
        for period in merged(periods)
        if period.overlaps(Period(frame.starts_at, frame.ends_at))
    ]


def period_of(visit: Appointment) -> Period:
    return Period(visit.starts_at, visit.ends_at)


def held_by(visit: Appointment) -> Period:
    """The visit's time, with its buffers as long as it holds it."""
    is_held = visit.status in HOLDING
    return Period(visit.holds_from, visit.holds_until) if is_held else period_of(visit)


def card_of(visit, frame: Frame, day: Period, now: datetime) -> Card:
    """The visit as it stands now; `visit.since` is when it got there, where that is known."""
    card = Card(visit, frame.place(period_of(visit)), frame.place(held_by(visit)))
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
