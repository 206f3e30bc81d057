"""Which rooms and devices are free when. `Rooms.choose()` is the one rule of who gets which."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from appointments.models import AppointmentResource
from appointments.scheduling.slots import Period
from doctors.models import Resource, ResourceOutage


@dataclass
class Room:
    """A room or device, and when it is taken or out of service."""

    resource_id: UUID
    pool: str
    location_id: UUID | None
    taken: list[Period] = field(default_factory=list)

    def is_free(self, period: Period) -> bool:
        return not any(map(period.overlaps, self.taken))


@dataclass
class Rooms:
    """The rooms and devices of some pools, in the order in which they are given away: by name."""

    rooms: list[Room]

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

    Three queries, however many there are. What the named visit or session has counts as free.
    """
    wanted = Resource.objects.active().filter(pool__in=list(pools)).order_by("name", "pk")
    rooms = {row[0]: Room(*row) for row in wanted.values_list("pk", "pool", "location_id")}
    within = {"resource__in": list(rooms)}
    booked = AppointmentResource.objects.filter(
        is_held=True, busy_from__lt=ends_at, busy_until__gt=starts_at, **within
    )
    for resource, visit, session, *period in booked.values_list(
        "resource_id", "appointment_id", "session_id", "busy_from", "busy_until"
    ):
        is_own = (visit and visit == without_visit) or (session and session == without_session)
        if not is_own:
            rooms[resource].taken.append(Period(*period))
    out = ResourceOutage.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at, **within)
    for resource, *period in out.values_list("resource_id", "starts_at", "ends_at"):
        rooms[resource].taken.append(Period(*period))
    return Rooms(list(rooms.values()))
