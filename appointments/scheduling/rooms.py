"""Which rooms and devices are free when. `Rooms.choose()` is the one rule of who gets which."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, cached_property, reduce
from itertools import chain
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, QuerySet, TextField, Window
from django.db.models.functions import Cast, RowNumber
from django.utils import timezone

from appointments.models import LONGEST, AppointmentResource
from appointments.scheduling.slots import Period
from appointments.scheduling.texts import BETWEEN, NOBODY
from appointments.scheduling.wanted import Wanted
from clinic.statements import IsOneOf, Row, Statement, Statements, stand_in_key, stand_in_time
from doctors.models import Resource, ResourceOutage

# Without this bound, the index would give all that is past, too.
LONGEST_HELD = LONGEST + timedelta(hours=2)  # With both buffers.


class Placed(NamedTuple):
    """Where a visit can take place (None: nowhere in particular), and with which rooms."""

    location_id: UUID | None
    resources: list[UUID]


class NoRoom(Enum):
    """Says that not all that a visit needs can be had."""

    ANYWHERE = "anywhere"


NO_ROOM = NoRoom.ANYWHERE


class Room(NamedTuple):
    """A room or device. `bit` is the number that stands for it in `Rooms.taken`."""

    bit: int
    resource_id: UUID
    pool: str
    location_id: UUID | None


class Answers(dict[Period, "UUID | NoRoom | None"]):
    """By the time of a visit, where it can be, or NO_ROOM. Of one `Wanted` and place: many doctors
    share their times, and each is worked out once."""

    def __init__(self, rooms: "Rooms", wanted: Wanted, location_id: UUID | None):
        super().__init__()
        self.rooms, self.wanted, self.location_id = rooms, wanted, location_id

    def __missing__(self, period: Period) -> "UUID | NoRoom | None":
        answer = self[period] = self.rooms.where(self.wanted, self.location_id, period)
        return answer


@dataclass
class Rooms:
    """The rooms and devices of some pools, in the order in which they are given away: by name.

    `taken` says when they are booked or out of service. Many are so at the same times: of each time
    it is kept which they are, as a number with a bit for each of them.
    """

    rooms: list[Room]
    taken: dict[Period, int] = field(default_factory=dict)
    known: dict[tuple[Wanted, UUID | None], Answers] = field(default_factory=dict)
    standing_at: dict[tuple[str, UUID | None], int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[UUID, str, UUID | None]]) -> "Rooms":
        """Of (resource, pool, place), in their order. Nothing takes them yet."""
        return cls([Room(1 << number, *row) for number, row in enumerate(rows)])

    @cached_property
    def bits(self) -> dict[UUID, int]:
        return {room.resource_id: room.bit for room in self.rooms}

    @cached_property
    def pieces(self) -> tuple[list[datetime], list[int]]:
        """The instants at which something changes, and which rooms are taken from there on."""
        edges = sorted({edge for period in self.taken for edge in period})
        taken = [0] * len(edges)
        for (starts_at, ends_at), rooms in self.taken.items():
            for place in range(bisect_left(edges, starts_at), bisect_left(edges, ends_at)):
                taken[place] |= rooms
        return edges, taken

    def taken_in(self, period: Period) -> int:
        """Which rooms are taken at any instant of the period."""
        edges, taken = self.pieces
        first = max(bisect_right(edges, period.starts_at) - 1, 0)
        found = 0
        for rooms in taken[first : bisect_left(edges, period.ends_at)]:
            found |= rooms
        return found

    def take(self, resources: Collection[UUID], period: Period) -> None:
        """From now on these are taken in this period."""
        taken = sum({self.bits[key] for key in resources})
        self.taken[period] = self.taken.get(period, 0) | taken
        self.known.clear()
        self.__dict__.pop("pieces", None)

    def without(self, resources: Iterable[UUID], period: Period) -> "Rooms":
        """The same, in which what has these for exactly this period takes them no more."""
        gone = sum({self.bits.get(key, 0) for key in resources})
        return Rooms(self.rooms, self.taken | {period: self.taken.get(period, 0) & ~gone})

    def answers(self, wanted: Wanted, location_id: UUID | None) -> Answers:
        """As `where()`, kept until rooms are taken."""
        key = wanted, location_id
        if key not in self.known:
            self.known[key] = Answers(self, wanted, location_id)
        return self.known[key]

    def where(
        self, wanted: Wanted, location_id: UUID | None, period: Period
    ) -> UUID | NoRoom | None:
        """Where a visit that lasts this long can be: at its place, as `DoctorCalendar.spans_for()`
        has it, or where nothing says which of several, at the first where everything is free."""
        if not wanted.needs:
            return location_id
        taken = self.taken_in(wanted.held(period))
        places: Sequence[UUID | None] = [location_id] if location_id else wanted.places or [None]
        for place in places:
            standing = [place] if place else self.standing
            if any(self.has(wanted.needs, one, taken) for one in standing):
                return place
        return NO_ROOM

    def placed(
        self,
        wanted: Wanted,
        location_id: UUID | None,
        period: Period,
        keep: Collection[UUID] = (),
    ) -> Placed | None:
        """The same, and what the visit gets there; None: not all that it needs can be had. Those in
        `keep` come first."""
        place = self.where(wanted, location_id, period)
        if isinstance(place, NoRoom):
            return None
        return Placed(place, self.choose(wanted.needs, place, wanted.held(period), keep) or [])

    def choose(
        self,
        needs: Mapping[str, int],
        location_id: UUID | None,
        period: Period,
        keep: Collection[UUID] = (),
    ) -> list[UUID] | None:
        """What a visit that holds this period gets of each pool; None: not all can be had.

        At a place, what stands there or can be had everywhere; of no place, all from one, or from
        none. Those in `keep` come first where they are free.
        """
        taken, rooms = self.taken_in(period), self.rooms
        if keep:
            rooms = sorted(rooms, key=lambda room: room.resource_id not in keep)
        for place in [location_id] if location_id else places_of(rooms):
            if self.has(needs, place, taken):
                free = [room for room in rooms if not taken & room.bit]
                return first_of(needs, place, free)
        return None

    def has(self, needs: Mapping[str, int], place: UUID | None, taken: int) -> bool:
        """Are as many as are needed of each pool at this place, or everywhere, beside those that
        are taken?"""
        return all(
            (self.usable(pool, place) & ~taken).bit_count() >= count
            for pool, count in needs.items()
        )

    def free_of(self, pool: str, location_id: UUID | None, period: Period) -> list[UUID]:
        """All of a pool that can be had at this place (None: at none), or everywhere, in their
        order."""
        free = self.usable(pool, location_id) & ~self.taken_in(period)
        return [room.resource_id for room in self.rooms if free & room.bit]

    def usable(self, pool: str, place: UUID | None) -> int:
        """Which of a pool can be used at this place."""
        key = pool, place
        if key not in self.standing_at:
            self.standing_at[key] = sum(
                room.bit
                for room in self.rooms
                if room.pool == pool and room.location_id in (None, place)
            )
        return self.standing_at[key]

    @cached_property
    def standing(self) -> list[UUID | None]:
        return places_of(self.rooms)


def places_of(rooms: Iterable[Room]) -> list[UUID | None]:
    """The places at which these stand, in their order; then none."""
    known = dict.fromkeys(room.location_id for room in rooms if room.location_id)
    return [*known, None]


def first_of(needs: Mapping[str, int], place: UUID | None, rooms: Iterable[Room]) -> list[UUID]:
    """The first of each pool at this place or everywhere, as many as are needed of it."""
    found: list[UUID] = []
    left = dict(needs)
    for room in rooms:
        if left.get(room.pool) and room.location_id in (None, place):
            left[room.pool] -= 1
            found.append(room.resource_id)
    return found


def load_rooms(
    pools: Iterable[str],
    starts_at: datetime,
    ends_at: datetime,
    *,
    without_visit: UUID | None = None,
    without_session: UUID | None = None,
) -> Rooms:
    """The active rooms of these pools, with all that takes them between the two instants.

    One query, however many there are; none without pools. What the named visit or session has
    counts as free.
    """
    pools = list(pools)
    if not pools:
        return Rooms([])
    values = room_values(
        pools,
        starts_at,
        ends_at,
        without_visit=without_visit,
        without_session=without_session,
    )
    return rooms_of_rows(*rooms_statement().rows(**values))


def room_values(
    pools: Iterable[str],
    starts_at: datetime,
    ends_at: datetime,
    *,
    without_visit: UUID | None = None,
    without_session: UUID | None = None,
) -> dict[str, Any]:
    """The values by which `room_statements()` are asked."""
    return {
        "pools": list(pools),
        "rooms_from": starts_at,
        "rooms_after": starts_at - LONGEST_HELD,
        "rooms_until": ends_at,
        "rooms_now": timezone.now(),
        "without_visit": without_visit or NOBODY,
        "without_session": without_session or NOBODY,
    }


def rooms_of_rows(rows: Iterable[Row], *taken: Iterable[Row]) -> Rooms:
    """What the rows of `room_statements()` say."""
    found = Rooms.of(row[1:] for row in sorted(rows))
    bits = {str(key): bit for key, bit in found.bits.items()}
    for starts, ends, keys in chain(*taken):
        period = Period(starts.astimezone(UTC), ends.astimezone(UTC))
        new = reduce(or_, map(bits.__getitem__, keys.split(BETWEEN)))
        found.taken[period] = found.taken.get(period, 0) | new
    return found


@cache
def rooms_statement() -> Statements:
    return Statements(*room_statements())


def room_statements() -> tuple[Statement, Statement, Statement]:
    """What reads rooms in their order, and when each is booked or out of service."""
    visit, session, pools = stand_in_key(), stand_in_key(), stand_in_key()
    starts_at, starts_after, ends_at = stand_in_time(), stand_in_time(), stand_in_time()
    now = stand_in_time()
    rooms = Resource.objects.active().filter(IsOneOf("pool", pools)).order_by()
    number = Window(RowNumber(), order_by=[F("name"), F("pk")])
    within = {"resource__in": rooms.values("pk")}
    booked = AppointmentResource.objects.held(now).filter(
        busy_from__gt=starts_after,
        busy_from__lt=ends_at,
        busy_until__gt=starts_at,
        **within,
    )
    booked = booked.exclude(appointment=visit).exclude(session=session)
    out = ResourceOutage.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at, **within)
    stand_ins: dict[str, Any] = {
        "pools": pools,
        "rooms_from": starts_at,
        "rooms_after": starts_after,
        "rooms_until": ends_at,
        "rooms_now": now,
        "without_visit": visit,
        "without_session": session,
    }
    return (
        Statement(rooms.values_list(number, "pk", "pool", "location_id"), **stand_ins),
        Statement(by_time(booked, "busy_from", "busy_until"), **stand_ins),
        Statement(by_time(out, "starts_at", "ends_at"), **stand_ins),
    )


def by_time(rows: QuerySet, *ends: str) -> QuerySet:
    """(start, end, the keys of the rooms as one text) of each time that there is."""
    keys = StringAgg(Cast("resource_id", TextField()), BETWEEN)
    return rows.order_by().values(*ends).annotate(keys=keys).values_list(*ends, "keys")
