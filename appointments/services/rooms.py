"""Giving rooms and devices to visits and sessions: to one at a time, by their rows' locks."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.scheduling.rooms import LONGEST_HELD, load_rooms
from appointments.scheduling.set_up import SetUp
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted
from appointments.services.offers import expire_offers, withdraw_offers
from clinic.errors import DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED, violation
from clinic.statements import IsOneOf, Statement, Statements, stand_in_key, stand_in_time
from doctors.models import Resource

Held = Appointment | GroupSession


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
    known = {one.pk: one for one in lock_rooms_for(record, wanted.needs)}
    period = Period(record.starts_at, record.ends_at)
    rooms = load_rooms(
        wanted.needs,
        record.holds_from,
        record.holds_until,
        without_visit=record.pk,
        without_session=record.pk,
    )
    placed = rooms.placed(wanted, record.location_id, period, keep=had)
    if placed is None:
        raise no_room(record)
    if placed.location_id is not None and placed.location_id != record.location_id:
        record.location = set_up.places[placed.location_id]
    chosen = placed.resources
    return RoomChange(
        gone=[one for key, one in had.items() if key not in chosen],
        kept=[had[key] for key in chosen if key in had],
        new=[booking_of(known[key], record) for key in chosen if key not in had],
    )


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
    code = DOCTOR_DOUBLE_BOOKED if is_doctor_busy(record) else RESOURCE_DOUBLE_BOOKED
    found = violation(record, "violation_error_code", code, AppointmentResource)
    return found or ValidationError("The constraint is gone.", code=code)


def is_doctor_busy(record: Held) -> bool:
    """Would the constraint of its table refuse it for its doctor, beside its rooms?"""
    if isinstance(record, Appointment) and record.overbook_reason:
        return False
    found = doctor_busy_statement().rows(
        doctor=record.doctor_id,
        held_from=record.holds_from,
        held_until=record.holds_until,
        record=record.pk,
    )
    return any(found)


@cache
def doctor_busy_statement() -> Statements:
    doctor, record = stand_in_key(), stand_in_key()
    starts, ends = stand_in_time(), stand_in_time()
    stand_ins: dict[str, Any] = {"held_from": starts, "held_until": ends}
    plain = Appointment.objects.holding_time().filter(session=None, overbook_reason="")
    return Statements(
        *(
            Statement(
                rows.filter(doctor=doctor, busy_from__lt=ends, busy_until__gt=starts)
                .exclude(pk=record)
                .order_by()
                .values_list("pk")[:1],
                doctor=doctor,
                record=record,
                **stand_ins,
            )
            for rows in (plain, GroupSession.objects.standing())
        )
    )


def lock_rooms(pools: Iterable[str]) -> list[Resource]:
    """Hold the active rooms of these pools until the transaction ends, in the order of their ids,
    after doctors and patient."""
    return lock_rooms_statement().records(pools=list(pools))


@cache
def lock_rooms_statement() -> Statement:
    pools = stand_in_key()
    rooms = Resource.objects.active().filter(IsOneOf("pool", pools))
    return Statement(rooms.select_for_update(no_key=True).order_by("pk"), pools=pools)


def lock_rooms_for(record: Held, pools: Iterable[str]) -> list[Resource]:
    """The same, and those free again that are kept for offers which the record takes the place of,
    and for those that have run out."""
    rows, over = lock_and_look_statement().rows(
        pools=list(pools),
        doctor=record.doctor_id,
        starts=record.holds_from,
        starts_after=record.holds_from - LONGEST_HELD,
        ends=record.holds_until,
        now=timezone.now(),
    )
    if over:
        expire_offers([key for (key,) in over])
        withdraw_offers(record)
    made: Any = lock_rooms_statement().made_of(rows)
    return list(made)


@cache
def lock_and_look_statement() -> Statements:
    pools, doctor = stand_in_key(), stand_in_key()
    starts, starts_after, ends, now = (stand_in_time() for _ in range(4))
    kept = AppointmentResource.objects.filter(
        Q(offer__expires_at__lte=now) | Q(offer__doctor=doctor),
        resource__in=Resource.objects.filter(IsOneOf("pool", pools)).order_by().values("pk"),
        offer__isnull=False,
        busy_from__gt=starts_after,
        busy_from__lt=ends,
        busy_until__gt=starts,
    )
    look = Statement(
        kept.order_by().values_list("offer_id"),
        pools=pools,
        doctor=doctor,
        starts=starts,
        starts_after=starts_after,
        ends=ends,
        now=now,
    )
    return Statements(lock_rooms_statement(), look)


def give_up(rooms: Collection[AppointmentResource]) -> None:
    if rooms:
        AppointmentResource.objects.filter(pk__in=[one.pk for one in rooms]).delete()


def rooms_of(appointment: Appointment) -> list[AppointmentResource]:
    """The rows of the rooms and devices that it has, or had before it was called off."""
    if appointment.service_id is None:
        return []
    rows = AppointmentResource.objects.filter(appointment=appointment)
    return list(rows.select_related("resource"))
