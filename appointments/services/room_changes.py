"""Other rooms and devices for a visit that stays when and where it is. Nobody is told."""

from copy import copy
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from appointments.models import Appointment, AppointmentResource
from appointments.scheduling.rooms import load_rooms
from appointments.scheduling.slots import Period
from appointments.services.booking import TAKES_PART
from appointments.services.calendars import lock_calendars
from appointments.services.fitting import fit_move
from appointments.services.records import keep_rooms, lock_appointment, wrong_state
from appointments.services.rooms import change_rooms, give_up, lock_rooms, rooms_of
from appointments.services.rules import Calendars, check_allowed
from appointments.transitions import HOLDING, Status
from clinic.errors import (
    RESOURCE_DOUBLE_BOOKED,
    WRONG_STATE,
    NotAllowed,
    constraint_errors,
    violation,
)
from doctors.models import Resource

ANOTHER = "Choose another room or device of the same pool, at the visit's place."
OTHER_BY_NOW = "The visit has other rooms by now."
CHANGEABLE = frozenset(HOLDING) - {Status.FULFILLED}


def rooms_instead(booking: AppointmentResource, visit: Appointment) -> list[UUID]:
    """What could take the place of a room or device that the visit has: others of its pool that
    are in use, at the visit's place, and free for as long as the visit holds its time."""
    given, period = booking.resource, Period(booking.busy_from, booking.busy_until)
    rooms = load_rooms([given.pool], *period)
    place = visit.location_id or place_of_rooms(visit)
    # Of no place, it has no room that stands anywhere: each is as good.
    places = [place] if place else rooms.standing
    free = {key for one in places for key in rooms.free_of(given.pool, one, period)}
    return [key for key in rooms.bits if key in free and key != given.pk]


def place_of_rooms(visit: Appointment) -> UUID | None:
    """Where the rooms stand that a visit of no place has: all at one, or at none."""
    standing = Resource.objects.filter(bookings__appointment=visit).exclude(location=None)
    return standing.order_by("pk").values_list("location", flat=True).first()


@transaction.atomic
def change_room(appointment: Appointment, by: User) -> Appointment:
    """Give a visit rooms that can be used then: its own where they can, else the first that are
    free.

    Raises NotAllowed, and ValidationError: `resource_double_booked` where none is free, and as
    `lock_visit()`.
    """
    before, locked = lock_visit(appointment, by)
    visit = copy(before)
    wanted = fit_move(visit, before, by, locked.set_up, keeps_place=True)
    rooms = change_rooms(visit, wanted, locked.set_up, rooms_of(before))
    give_up(rooms.gone)
    with constraint_errors(AppointmentResource()):
        AppointmentResource.objects.bulk_create(rooms.new)
    visit.save(update_fields=["updated_at"])
    keep_rooms(visit, rooms.all)
    return visit


@transaction.atomic
def give_another_room(booking: AppointmentResource, room: Resource, by: User) -> Appointment:
    """Let the visit have this room or device in the place of that of the booking.

    Raises NotAllowed, and ValidationError: `resource_double_booked`, keyed to `resource` where it
    is no other of its pool at its place, and as `lock_visit()`.
    """
    if booking.appointment is None:
        raise NotAllowed("You may not change the rooms of a session.")
    visit, _locked = lock_visit(booking.appointment, by)
    now = AppointmentResource.objects.select_related("resource").filter(pk=booking.pk).first()
    if now is None:
        raise ValidationError(OTHER_BY_NOW)
    if now.resource_id == room.pk:
        return visit
    known = {one.pk: one for one in lock_rooms([now.resource.pool])}
    check_is_instead(now, known.get(room.pk), visit)
    now.resource = known[room.pk]
    with constraint_errors(now):
        now.save(update_fields=["resource"])
    visit.save(update_fields=["updated_at"])
    return visit


def lock_visit(visit: Appointment, by: User) -> tuple[Appointment, Calendars]:
    """The visit as it stands, with what is known of its calendars, all of it locked.

    Raises NotAllowed where this user may not change its rooms, and ValidationError (`wrong_state`)
    where it is over or called off, with another doctor by now, or part of a session, which has the
    rooms for all.
    """
    if not by.has_perm("appointments.reschedule_appointment"):
        raise NotAllowed("You may not change the rooms of a visit.")
    locked = lock_calendars([visit.doctor_id], visit.patient_id, visit.service_id)
    current = lock_appointment(visit)
    check_allowed(current, by)
    if current.status not in CHANGEABLE or current.doctor_id != visit.doctor_id:
        raise wrong_state(current, "given another room")
    if current.session_id is not None:
        raise ValidationError(TAKES_PART, code=WRONG_STATE)
    return current, locked


def check_is_instead(
    booking: AppointmentResource, room: Resource | None, visit: Appointment
) -> None:
    """Raise ValidationError where this one of the pool (None: it is no active one of it) can't take
    the place of the booked one."""
    if room is not None and room.pk in rooms_instead(booking, visit):
        return
    place = visit.location_id or place_of_rooms(visit)
    if room is None or (place and room.location_id not in (None, place)):
        raise ValidationError({"resource": ANOTHER})
    taken = violation(booking, "violation_error_code", RESOURCE_DOUBLE_BOOKED)
    raise taken or AssertionError("The constraint is gone.")
