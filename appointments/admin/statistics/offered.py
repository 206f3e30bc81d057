"""Visits by type and place with what they are expected to bring in, and how rooms are used.

Two queries, and one for times out of service; none of them grows. A clinic that has set nothing of
it up gets no such figures.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest, Least

from appointments.models import LONGEST, Appointment, AppointmentResource, GroupSession
from appointments.transitions import HOLDING
from doctors.models import ResourceOutage

NOTHING = timedelta(0)
LONGEST_BUFFER = timedelta(minutes=60)


@dataclass
class Use:
    """The visits of one type, or at one place. `income` is by currency: what those bring in that
    hold their time, at the prices that they were booked with."""

    by_status: Counter[str] = field(default_factory=Counter)
    income: Counter[str] = field(default_factory=Counter)

    def add(self, status: str, visits: int, currency: str, amount: Decimal | None) -> None:
        self.by_status[status] += visits
        if status in HOLDING and amount is not None:
            self.income[currency] += amount


@dataclass
class RoomUse:
    """How one room or device was used: by how many visits and sessions, and how long."""

    name: str
    place: str
    visits: int = 0
    booked: timedelta = NOTHING
    out: timedelta = NOTHING


@dataclass
class OfferedStatistics:
    """By type and by place, each by its name ("" for visits without one), and by room."""

    types: dict[str, Use]
    places: dict[str, Use]
    rooms: list[RoomUse]

    @property
    def currencies(self) -> list[str]:
        return sorted({code for use in self.types.values() for code in use.income})


def count_offered(
    visits: QuerySet[Appointment], user: Any, starts_at: datetime, ends_at: datetime
) -> OfferedStatistics:
    """Of the visits that start from `starts_at` on and before `ends_at`, as far as the user sees
    them; of rooms, what of their use lies between the two."""
    types: dict[str, Use] = {}
    places: dict[str, Use] = {}
    for service, location, *counted in by_type_and_place(visits, starts_at, ends_at):
        types.setdefault(service or "", Use()).add(*counted)
        places.setdefault(location or "", Use()).add(*counted)
    rooms = count_rooms(visits, user, starts_at, ends_at)
    return OfferedStatistics(in_order(types), in_order(places), rooms)


def by_type_and_place(
    visits: QuerySet[Appointment], starts_at: datetime, ends_at: datetime
) -> QuerySet:
    """(type, place, status, visits, currency, sum of prices), each as often as they differ."""
    within = visits.filter(starts_at__gte=starts_at, starts_at__lt=ends_at).order_by()
    grouped = within.values("service__name", "location__name", "status", "price_currency")
    counted = grouped.annotate(visits=Count("pk"), amount=Sum("price_amount"))
    columns = ("service__name", "location__name", "status", "visits", "price_currency", "amount")
    return counted.values_list(*columns)


def in_order(uses: dict[str, Use]) -> dict[str, Use]:
    """By name, those without one last; nothing where there are no others."""
    if not any(uses):
        return {}
    return dict(sorted(uses.items(), key=lambda item: (not item[0], item[0].casefold())))


def count_rooms(
    visits: QuerySet[Appointment], user: Any, starts_at: datetime, ends_at: datetime
) -> list[RoomUse]:
    whose = Q(appointment__in=visits)
    if user.has_perm("appointments.view_groupsession"):
        whose |= Q(session__in=GroupSession.objects.visible_to(user))
    # No range is longer: without this bound, the index would give all that is past, too.
    earliest = starts_at - LONGEST - 2 * LONGEST_BUFFER
    booked = AppointmentResource.objects.filter(
        whose,
        is_held=True,
        busy_from__gt=earliest,
        busy_from__lt=ends_at,
        busy_until__gt=starts_at,
    )
    rooms: dict[UUID, RoomUse] = {}
    for pk, name, place, visits_count, time in summed(
        booked, "busy_from", "busy_until", starts_at, ends_at
    ):
        room = rooms.setdefault(pk, RoomUse(name, place or ""))
        room.visits, room.booked = visits_count, time
    outages = ResourceOutage.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    if user.has_perm("appointments.view_all_appointment"):
        for pk, name, place, _, time in summed(outages, "starts_at", "ends_at", starts_at, ends_at):
            rooms.setdefault(pk, RoomUse(name, place or "")).out = time
    return sorted(rooms.values(), key=lambda room: (room.place.casefold(), room.name.casefold()))


def summed(
    rows: QuerySet[Any], first: str, last: str, starts_at: datetime, ends_at: datetime
) -> Iterable[tuple[UUID, str, str | None, int, timedelta]]:
    """(key, name, place, rows, time) of each room, of what lies between the two instants."""
    within = Least(F(last), Value(ends_at)) - Greatest(F(first), Value(starts_at))
    grouped = rows.order_by().values("resource_id", "resource__name", "resource__location__name")
    counted = grouped.annotate(
        rows=Count("pk"), time=Sum(ExpressionWrapper(within, DurationField()))
    )
    return counted.values_list(
        "resource_id", "resource__name", "resource__location__name", "rows", "time"
    )
