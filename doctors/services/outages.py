"""When rooms and equipment are out of service.

Every change locks the resource's row first, as every booking with it does.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from clinic.errors import NotAllowed, constraint_errors
from doctors.models import Resource, ResourceOutage


@transaction.atomic
def add_outage(outage: ResourceOutage, by: User) -> ResourceOutage:
    """Take a room or device out of service for a while. Visits that are booked with it then stay
    as they are (`appointments.services.outages` tells which). Raises NotAllowed, and
    ValidationError keyed to fields.
    """
    if not by.has_perm("doctors.add_resourceoutage"):
        raise NotAllowed("Only the front desk takes rooms out of service.")
    lock_resource(outage)
    outage.created_by = by
    outage.full_clean(exclude={"resource", "created_by"}, validate_constraints=False)
    with constraint_errors(outage):
        outage.save(force_insert=True)
    return outage


@transaction.atomic
def remove_outage(outage: ResourceOutage, by: User) -> None:
    """The room or device can be booked then after all. Raises NotAllowed."""
    if not by.has_perm("doctors.delete_resourceoutage"):
        raise NotAllowed("Only the front desk takes rooms back into service.")
    lock_resource(outage)
    outage.delete()


def lock_resource(outage: ResourceOutage) -> None:
    rows = Resource.objects.select_for_update(no_key=True).filter(pk=outage.resource_id)
    if not list(rows):
        raise ValidationError("There is no such room any more.")
