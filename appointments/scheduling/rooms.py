"""Which rooms and devices are free when. `Rooms.choose()` is the one rule of who gets which."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, QuerySet, TextField, Window
from django.db.models.functions import Cast, RowNumber

from appointments.models import LONGEST, AppointmentResource
from appointments.scheduling.slots import Period, merged
from appointments.scheduling.texts import BETWEEN, NOBODY, periods_of
from appointments.scheduling.wanted import Wanted
from clinic.statements import IsOneOf, Statement, Statements, stand_in_key, stand_in_time
from doctors.models import Resource, ResourceOutage

# Without this bound, the index would give all that is past, too.
LONGEST_HELD = LONGEST + timedelta(hours=2)  # With both buffers.


class Placed(NamedTuple):
    """Where a visit can take place (None: nowhere in particular), and with which rooms."""

    location_id: UUID | None
    resources: list[UUID]


@dataclass
class Room:
    """A room or device, and when it is taken or out of service."""

    resource_id: UUID
    pool: str
    location_id: UUID | None
    taken: list[Period] = field(default_factory=list)

    @cached_property
    def busy(self) -> list[Period]:
        return merged(self.taken)

    @cached_property
    def busy_until(self) -> list[datetime]:
        return [period.ends_at for period in self.busy]

    def is_free(self, period: Period) -> bool:
        place = bisect_right(self.busy_until, period.starts_at)
        return place == len(self.busy) or period.ends_at <= self.busy[place].starts_at

    def take(self, period: Period) -> None:
        self.taken.append(period)
        self.__dict__.pop("busy", None)
        self.__dict__.pop("busy_until", None)


class Answers(dict[Period, Placed | None]):
    """By the time of a visit, where it can be and with which rooms. Of one `Wanted` and place:
    many doctors share their times, and each is worked out once."""

    def __init__(self, rooms: "Rooms", wanted: Wanted, location_id: UUID | None):
        super().__init__()
        self.rooms, self.wanted, self.location_id = rooms, wanted, location_id

    def __missing__(self, period: Period) -> Placed | None:
        answer = self[period] = self.rooms.placed(self.wanted, self.location_id, period)
        return answer


@dataclass
class Rooms:
    """The rooms and devices of some pools, in the order in which they are given away: by name."""

    rooms: list[Room] = field(default_factory=list)
    known: dict[tuple[Wanted, UUID | None], Answers] = field(default_factory=dict)

    def answers(self, wanted: Wanted, location_id: UUID | None) -> Answers:
        """As `placed()`, kept until rooms are taken."""
        key = wanted, location_id
        if key not in self.known:
            self.known[key] = Answers(self, wanted, location_id)
        return self.known[key]

    def placed(
        self,
        wanted: Wanted,
        location_id: UUID | None,
        period: Period,
        keep: Collection[UUID] = (),
    ) -> Placed | None:
        """Where a visit that lasts this long can be, and what it gets there; None: not all that it
        needs can be had.

        `location_id` is its place, as `DoctorCalendar.place_at()` has it. Where nothing says which
        of several, the first where everything is free. Those in `keep` come first.
        """
        if not wanted.needs:
            return Placed(location_id, [])
        held = wanted.held(period)
        places: Sequence[UUID | None] = [location_id] if location_id else wanted.places or [None]
        for place in places:
            found = self.choose(wanted.needs, place, held, keep)
            if found is not None:
                return Placed(place, found)
        return None

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
        if not needs:
            return []
        free = [room for room in self.rooms if room.pool in needs and room.is_free(period)]
        free.sort(key=lambda room: room.resource_id not in keep)
        places = [location_id] if location_id else self.places_of(free)
        for place in places:
            there = [room for room in free if room.location_id in (None, place)]
            if found := first_of(needs, there):
                return found
        return None

    def places_of(self, rooms: Iterable[Room]) -> list[UUID | None]:
        """The places at which these stand, in their order; then none."""
        known = dict.fromkeys(room.location_id for room in rooms if room.location_id)
        return [*known, None]

    def take(self, resources: Collection[UUID], period: Period) -> None:
        """From now on these are taken in this period."""
        self.known.clear()
        for room in self.rooms:
            if room.resource_id in resources:
                room.take(period)


def first_of(needs: Mapping[str, int], rooms: Iterable[Room]) -> list[UUID] | None:
    """The first of each pool, as many as are needed of it; None: there are too few."""
    found: list[UUID] = []
    left = dict(needs)
    for room in rooms:
        if left.get(room.pool, 0) > 0:
            left[room.pool] -= 1
            found.append(room.resource_id)
    return None if any(left.values()) else found


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
        return Rooms()
    rows, *taken = rooms_statement().rows(
        pools=pools,
        starts_at=starts_at,
        starts_after=starts_at - LONGEST_HELD,
        ends_at=ends_at,
        without_visit=without_visit or NOBODY,
        without_session=without_session or NOBODY,
    )
    rooms = {row[1]: Room(*row[1:]) for row in sorted(rows)}
    for resource, starts, ends in (entry for entries in taken for entry in entries):
        rooms[resource].taken += periods_of(starts, ends)
    return Rooms(list(rooms.values()))


@cache
def rooms_statement() -> Statements:
    """What reads rooms in their order, and when each is booked or out of service."""
    visit, session, pools = stand_in_key(), stand_in_key(), stand_in_key()
    starts_at, starts_after, ends_at = stand_in_time(), stand_in_time(), stand_in_time()
    rooms = Resource.objects.active().filter(IsOneOf("pool", pools)).order_by()
    number = Window(RowNumber(), order_by=[F("name"), F("pk")])
    within = {"resource__in": rooms.values("pk")}
    booked = AppointmentResource.objects.filter(
        is_held=True,
        busy_from__gt=starts_after,
        busy_from__lt=ends_at,
        busy_until__gt=starts_at,
        **within,
    )
    booked = booked.exclude(appointment=visit).exclude(session=session)
    out = ResourceOutage.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at, **within)
    stand_ins: dict[str, Any] = {
        "pools": pools,
        "starts_at": starts_at,
        "starts_after": starts_after,
        "ends_at": ends_at,
        "without_visit": visit,
        "without_session": session,
    }
    return Statements(
        Statement(rooms.values_list(number, "pk", "pool", "location_id"), **stand_ins),
        Statement(by_resource(booked, "busy_from", "busy_until"), **stand_ins),
        Statement(by_resource(out, "starts_at", "ends_at"), **stand_ins),
    )


def by_resource(rows: QuerySet, *ends: str) -> QuerySet:
    """(resource, starts, ends), as `texts.periods_of()` reads them."""
    joined = {f"all_{name}": StringAgg(Cast(name, TextField()), BETWEEN) for name in ends}
    return (
        rows.order_by().values("resource_id").annotate(**joined).values_list("resource_id", *joined)
    )
