"""A doctor's week as it is drawn: what lies where on the clinic's clocks, day by day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from clinic.days import day_bounds
from doctors.models import Absence, Closure, Doctor, ExtraHours, WorkingHours

DAY = 24 * 60  # Minutes.
USUAL = (8 * 60, 18 * 60)  # What is drawn of a day in any case.
DAYS = 7

# The picture's own measures.
MARGIN, TOP, COLUMN, HOUR = 56, 34, 156, 34


@dataclass(frozen=True)
class Block:
    """A stretch of one day, in minutes of the clinic's clock."""

    kind: str  # hours, extra, absence or closure
    starts: int
    ends: int
    reason: str = ""
    place: str = ""
    types: str = ""  # Those that are offered then, where not all are.

    @property
    def where_and_what(self) -> str:
        """Place and visit types, as far as they are named."""
        return ": ".join(filter(None, (self.place, self.types)))

    @property
    def clock(self) -> str:
        if (self.starts, self.ends) == (0, DAY):
            return "All day"
        return f"{week_clock(self.starts)} - {week_clock(self.ends)}"


@dataclass(frozen=True)
class Day:
    day: date
    blocks: list[Block]

    def of(self, *kinds: str) -> list[Block]:
        return [block for block in self.blocks if block.kind in kinds]

    @property
    def works(self) -> list[Block]:
        return self.of("hours", "extra")

    @property
    def away(self) -> list[Block]:
        return self.of("absence", "closure")


@dataclass(frozen=True)
class Shape:
    """A block with its place in the picture."""

    block: Block
    x: int
    y: int
    width: int
    height: int

    @property
    def text_x(self) -> int:
        return self.x + 8

    @property
    def text_y(self) -> int:
        return self.y + 17

    @property
    def lines(self) -> list[tuple[int, str]]:
        """What fits into the block, with the height at which each line stands."""
        words = {"absence": "Away", "closure": "Closed", "extra": "Extra"}.get(self.block.kind)
        if words:
            words = f"{words}: {self.block.reason}" if self.block.reason else words
        texts = [words, self.block.clock] if words else [self.block.clock]
        texts += filter(None, (self.block.place, self.block.types))
        fits = max(0, (self.height - 4) // 17)
        return [(self.text_y + 17 * at, shortened(text)) for at, text in enumerate(texts[:fits])]


@dataclass(frozen=True)
class Week:
    """Seven days from a Monday on."""

    monday: date
    days: list[Day] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        doctor: Doctor,
        hours: Iterable[WorkingHours],
        day: date,
        names: Mapping[UUID, str] | None = None,
    ) -> "Week":
        """The week that the day is in. Three queries beside the doctor's `hours`. `names` are
        those of places and visit types."""
        names = names or {}
        monday = day - timedelta(days=day.weekday())
        dates = [monday + timedelta(days=number) for number in range(DAYS)]
        starts, ends = day_bounds(dates[0])[0], day_bounds(dates[-1])[1]
        around = {"starts_at__lt": ends, "ends_at__gt": starts}
        extra = list(ExtraHours.objects.filter(doctor=doctor, **around))
        absences = list(Absence.objects.filter(doctor=doctor, **around))
        closures = list(Closure.objects.filter(starts_on__lte=dates[-1], ends_on__gte=monday))
        week = list(hours)
        return cls(
            monday,
            [
                Day(
                    day,
                    [
                        *hours_on(day, week, names),
                        *blocks_on(day, "extra", extra, names),
                        *blocks_on(day, "absence", absences, names),
                        *(
                            Block("closure", 0, DAY, closure.reason)
                            for closure in closures
                            if closure.starts_on <= day <= closure.ends_on
                        ),
                    ],
                )
                for day in dates
            ],
        )

    @property
    def sunday(self) -> date:
        return self.days[-1].day

    @property
    def neighbours(self) -> tuple[str, str]:
        week = timedelta(days=DAYS)
        return (self.monday - week).isoformat(), (self.monday + week).isoformat()

    @property
    def span(self) -> tuple[int, int]:
        """The minutes, on full hours, from which and to which the picture shows the days."""
        works = [block for day in self.days for block in day.works]
        first = min([USUAL[0], *(block.starts for block in works)])
        last = max([USUAL[1], *(block.ends for block in works)])
        return first // 60 * 60, -(-last // 60) * 60

    @property
    def width(self) -> int:
        return MARGIN + DAYS * COLUMN

    @property
    def height(self) -> int:
        first, last = self.span
        return TOP + (last - first) * HOUR // 60 + 10

    @property
    def lines(self) -> list[tuple[int, str]]:
        """The full hours: how low each is drawn, and what it is called."""
        first, last = self.span
        return [
            (TOP + (at - first) * HOUR // 60, week_clock(at)) for at in range(first, last + 60, 60)
        ]

    @property
    def columns(self) -> list[tuple[int, date]]:
        return [(MARGIN + COLUMN * number, day.day) for number, day in enumerate(self.days)]

    @property
    def shapes(self) -> list[Shape]:
        return list(self.laid_out())

    def laid_out(self) -> Iterator[Shape]:
        first, last = self.span
        for (x, _), day in zip(self.columns, self.days, strict=True):
            for block in day.blocks:
                starts, ends = max(block.starts, first), min(block.ends, last)
                if starts < ends:
                    y, height = TOP + (starts - first) * HOUR // 60, (ends - starts) * HOUR // 60
                    yield Shape(block, x + 4, y, COLUMN - 8, max(height, 3))


def hours_on(day: date, week: Iterable[WorkingHours], names: Mapping[UUID, str]) -> list[Block]:
    return [
        Block(
            "hours",
            minutes_of_day(hours.starts),
            minutes_of_day(hours.ends) or DAY,
            place=name_in(names, hours.location_id),
            types=", ".join(sorted(name_in(names, key) for key in hours.service_ids)),
        )
        for hours in week
        if hours.weekday == day.weekday()
        and (hours.valid_from is None or hours.valid_from <= day)
        and (hours.valid_until is None or day <= hours.valid_until)
    ]


def name_in(names: Mapping[UUID, str], key: UUID | None) -> str:
    return names.get(key, "") if key else ""


def blocks_on(
    day: date, kind: str, times: Iterable[Absence | ExtraHours], names: Mapping[UUID, str]
) -> Iterator[Block]:
    """What of these times falls on the day."""
    opens, closes = day_bounds(day)
    for time in times:
        if time.starts_at < closes and opens < time.ends_at:
            starts = local_minutes(time.starts_at) if time.starts_at > opens else 0
            ends = local_minutes(time.ends_at) if time.ends_at < closes else DAY
            place = name_in(names, time.location_id) if isinstance(time, ExtraHours) else ""
            yield Block(kind, starts, max(ends, starts), time.reason, place)


def local_minutes(instant: datetime) -> int:
    return minutes_of_day(timezone.localtime(instant))


def minutes_of_day(clock) -> int:
    return clock.hour * 60 + clock.minute


def week_clock(at: int) -> str:
    return f"{at // 60:02}:{at % 60:02}"


def shortened(text: str, length: int = 18) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
