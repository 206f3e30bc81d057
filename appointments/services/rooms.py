"""Giving rooms and devices to visits and sessions: to one at a time, by their rows' locks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError

from appointments.models import LONGEST, Appointment, AppointmentResource, GroupSession
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.set_up import SetUp
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted
from clinic.errors import DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED, violation
from clinic.statements import IsOneOf, Statement, Statements, stand_in_key, stand_in_time
from doctors.models import LONGEST_BUFFER, Resource, ResourceOutage

Held = Appointment | GroupSession
# No visit holds a room longer: without this bound, the index would give all that is past, too.
LONGEST_HELD = LONGEST + 2 * timedelta(minutes=LONGEST_BUFFER)


class RoomChange(NamedTuple):
    """What becomes of a visit's rooms: `gone` is to be deleted before the visit is written, `new`
    to be inserted after it. Those that are kept follow its times by themselves."""

    gone: Sequence[AppointmentResource] = ()
    kept: Sequence[AppointmentResource] = ()
    new: Sequence[AppointmentResource] = ()

    @property
    def all(self) -> list[AppointmentResource]:
        return [*self.kept, *self.new]


NO_ROOMS = RoomChange()


def change_rooms(
    record: Held, wanted: Wanted, set_up: SetUp, has: Iterable[AppointmentResource] = ()
) -> RoomChange:
    """Choose what a visit or session gets of each pool that it needs, and lock those pools. What
    it `has` it keeps where that can be had.

    Where several places would do and nothing has said which, it takes place at the first where
    all can be had. Raises ValidationError: `doctor_double_booked` where its doctor isn't free
    anyway, else `resource_double_booked`. The calendars must be locked.
    """
    had = {one.resource_id: one for one in has}
    if not wanted.needs:
        return RoomChange(gone=list(had.values())) if had else NO_ROOMS
    known = {one.pk: one for one in lock_rooms(wanted.needs)}
    period = Period(record.holds_from, record.holds_until)
    rooms = with_taken(known.values(), period, record.pk)
    asked = record.location_id
    places: Sequence[UUID | None] = [asked] if asked else set_up.candidates or [None]
    for place in places:
        chosen = rooms.choose(wanted.needs, place, period, keep=had)
        if chosen is not None:
            record.location = set_up.places[place] if place is not None else None
            return RoomChange(
                gone=[one for key, one in had.items() if key not in chosen],
                kept=[had[key] for key in chosen if key in had],
                new=[booking_of(known[key], record) for key in chosen if key not in had],
            )
    raise no_room(record)


def booking_of(resource: Resource, record: Held) -> AppointmentResource:
    owner = "appointment" if isinstance(record, Appointment) else "session"
    return AppointmentResource(
        resource=resource,
        busy_from=record.holds_from,
        busy_until=record.holds_until,
        **{owner: record},
    )


def no_room(record: Held) -> ValidationError:
    """Why it can't be had: its doctor is booked then, which says more, or no room is free."""
    code = RESOURCE_DOUBLE_BOOKED
    if isinstance(record, Appointment) and not record.overbook_reason:
        others = Appointment.objects.holding_time().filter(
            doctor=record.doctor_id,
            session=None,
            overbook_reason="",
            busy_from__lt=record.holds_until,
            busy_until__gt=record.holds_from,
        )
        if others.exclude(pk=record.pk).exists():
            code = DOCTOR_DOUBLE_BOOKED
    found = violation(record, "violation_error_code", code, AppointmentResource)
    return found or ValidationError("The constraint is gone.", code=code)


def lock_rooms(pools: Iterable[str]) -> list[Resource]:
    """Hold the active rooms of these pools until the transaction ends, in the order of their ids,
    after doctors and patient. Returns them by name."""
    rooms: list[Resource] = lock_rooms_statement().records(pools=list(pools))
    return sorted(rooms, key=attrgetter("name", "pk"))


@cache
def lock_rooms_statement() -> Statement:
    pools = stand_in_key()
    rooms = Resource.objects.active().filter(IsOneOf("pool", pools))
    return Statement(rooms.select_for_update(no_key=True).order_by("pk"), pools=pools)


def with_taken(rooms: Collection[Resource], period: Period, without: UUID) -> Rooms:
    """The same rooms with what takes them in this period, but for the visit or session of this
    key."""
    found = Rooms.of((one.pk, one.pool, one.location_id) for one in rooms)
    booked, out = taken_statement().rows(
        rooms=list(found.bits),
        starts=period.starts_at,
        ends=period.ends_at,
        after=period.starts_at - LONGEST_HELD,
    )
    for resource, visit, session, *times in booked:
        if without not in (visit, session):
            found.take([resource], Period(*times))
    for resource, *times in out:
        found.take([resource], Period(*times))
    return found


@cache
def taken_statement() -> Statements:
    rooms, starts, ends, after = stand_in_key(), *(stand_in_time() for _ in range(3))
    given: dict[str, Any] = {"rooms": rooms, "starts": starts, "ends": ends}
    booked = AppointmentResource.objects.filter(
        IsOneOf("resource_id", rooms),
        is_held=True,
        busy_from__lt=ends,
        busy_from__gt=after,
        busy_until__gt=starts,
    )
    out = ResourceOutage.objects.filter(
        IsOneOf("resource_id", rooms), starts_at__lt=ends, ends_at__gt=starts
    )
    columns = ("resource_id", "appointment_id", "session_id", "busy_from", "busy_until")
    return Statements(
        Statement(booked.order_by().values_list(*columns), after=after, **given),
        Statement(out.order_by().values_list("resource_id", "starts_at", "ends_at"), **given),
    )


def give_up(rooms: Collection[AppointmentResource]) -> None:
    if rooms:
        AppointmentResource.objects.filter(pk__in=[one.pk for one in rooms]).delete()
