"""Another room or device for a visit than the one that it was given."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from appointments.models import Appointment, AppointmentResource
from appointments.services.booking import lock_calendars
from appointments.services.records import lock_appointment, wrong_state
from appointments.services.rules import check_allowed
from appointments.transitions import HOLDING, Status
from clinic.errors import RESOURCE_DOUBLE_BOOKED, NotAllowed, constraint_errors, violation
from doctors.models import Resource, ResourceOutage

ANOTHER = "Choose another room or device of the same pool, at the visit's place."
CHANGEABLE = frozenset(HOLDING) - {Status.FULFILLED}


def rooms_instead(booking: AppointmentResource, visit: Appointment) -> QuerySet[Resource]:
    """What could take the place of a room or device that the visit has: others of its pool that
    are in use, at the visit's place, and free for as long as the visit holds its time."""
    given = booking.resource
    place = visit.location_id or given.location_id
    period = {"starts_at__lt": booking.busy_until, "ends_at__gt": booking.busy_from}
    out = ResourceOutage.objects.filter(resource=OuterRef("pk"), **period)
    taken = AppointmentResource.objects.filter(
        resource=OuterRef("pk"),
        is_held=True,
        busy_from__lt=booking.busy_until,
        busy_until__gt=booking.busy_from,
    )
    others = Resource.objects.active().filter(pool=given.pool).exclude(pk=given.pk)
    others = others.filter(Q(location=None) | Q(location=place)) if place else others
    return others.filter(~Exists(out), ~Exists(taken)).order_by("name", "pk")


@transaction.atomic
def give_another_room(booking: AppointmentResource, room: Resource, by: User) -> Appointment:
    """Let the visit have this room or device in the place of that of the booking. The patient is
    told nothing: time and place stay.

    Raises ValidationError (`wrong_state`, `resource_double_booked`, or keyed to `resource`) and
    NotAllowed.
    """
    visit = booking.appointment
    if visit is None or not by.has_perm("appointments.reschedule_appointment"):
        raise NotAllowed("You may not change the rooms of a visit.")
    lock_calendars([visit.doctor_id], visit.patient_id)
    current = lock_appointment(visit)
    check_allowed(current, by)
    if current.status not in CHANGEABLE:
        raise wrong_state(current, "given another room")
    now = AppointmentResource.objects.select_related("resource").filter(pk=booking.pk).first()
    if now is None:
        raise ValidationError("The visit has other rooms by now.")
    if now.resource_id == room.pk:
        return current
    keys = [now.resource_id, room.pk]
    list(Resource.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True))
    check_is_instead(now, room, current)
    now.resource = room
    with constraint_errors(now):
        now.save(update_fields=["resource"])
    current.save(update_fields=["updated_at"])
    return current


def check_is_instead(booking: AppointmentResource, room: Resource, visit: Appointment) -> None:
    """Raise ValidationError where the room can't take the place of the booked one."""
    if rooms_instead(booking, visit).filter(pk=room.pk).exists():
        return
    place = visit.location_id or booking.resource.location_id
    fits = room.is_active and room.pool == booking.resource.pool
    if not fits or (place and room.location_id not in (None, place)):
        raise ValidationError({"resource": ANOTHER})
    taken = violation(booking, "violation_error_code", RESOURCE_DOUBLE_BOOKED)
    raise taken or AssertionError("The constraint is gone.")
