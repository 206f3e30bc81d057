"""Another room for a visit that stays when and where it is."""

from copy import copy

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from appointments.models import Appointment, AppointmentResource
from appointments.services.booking import TAKES_PART, lock_calendars, rooms_of
from appointments.services.fitting import fit_move
from appointments.services.records import keep_rooms, lock_appointment, wrong_state
from appointments.services.rooms import change_rooms, give_up
from appointments.services.rules import check_allowed
from appointments.transitions import Status
from clinic.errors import WRONG_STATE, constraint_errors


@transaction.atomic
def change_room(appointment: Appointment, by: User) -> Appointment:
    """Give a booked visit rooms that can be used then: its own where they can, else the first that
    are free. Time and place stay as they are, and nobody is told.

    Raises NotAllowed, and ValidationError (`resource_double_booked` where none is free,
    `wrong_state` where the visit isn't booked any more, or is part of a session, which has the
    rooms for all).
    """
    doctors = [appointment.doctor_id]
    locked = lock_calendars(doctors, appointment.patient_id, appointment.service_id)
    before = lock_appointment(appointment)
    if before.status != Status.BOOKED or before.doctor_id != appointment.doctor_id:
        raise wrong_state(before, gettext("moved"))
    if before.session_id is not None:
        raise ValidationError(TAKES_PART, code=WRONG_STATE)
    visit = copy(before)
    check_allowed(visit, by)
    wanted = fit_move(visit, before, by, locked.set_up, keeps_place=True)
    rooms = change_rooms(visit, wanted, locked.set_up, rooms_of(before))
    give_up(rooms.gone)
    with constraint_errors(AppointmentResource()):
        AppointmentResource.objects.bulk_create(rooms.new)
    visit.save(update_fields=["updated_at"])
    keep_rooms(visit, rooms.all)
    return visit
