"""Rooms and equipment out of service: which booked visits that affects."""

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from appointments.models import Appointment, AppointmentResource
from appointments.services.absences import ahead
from doctors.models import ResourceOutage
from doctors.services import outages


@transaction.atomic
def add_outage(outage: ResourceOutage, by: User) -> list[Appointment]:
    """Save the time out of service, and return the booked visits in it, which stay as they are.

    Raises NotAllowed, and ValidationError keyed to fields.
    """
    outages.add_outage(outage, by)
    return list(affected_by_outage(outage))


def affected_by_outage(outage: ResourceOutage) -> QuerySet[Appointment]:
    """The booked visits ahead that have the room or device then, buffers counted; those of a
    session that has it, too."""
    taken = AppointmentResource.objects.filter(
        resource=outage.resource_id,
        is_held=True,
        busy_from__lt=outage.ends_at,
        busy_until__gt=outage.starts_at,
    )
    return ahead().filter(
        Q(pk__in=taken.filter(session=None).values("appointment"))
        | Q(session__in=taken.filter(appointment=None).values("session"))
    )
