"""Keeping what the clinic offers, where, and with which rooms, for all doors alike.

Administrators do so alone. What visits, hours or the waitlist refer to is never deleted, but taken
out of use (`is_active`); what is booked stays as it is.
"""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from accounts.models import User
from clinic.copies import take_over, write
from clinic.errors import IN_USE, NotAllowed, constraint_errors, delete_unreferenced
from doctors.models import (
    ExtraHours,
    HealthcareService,
    Location,
    Resource,
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
    WorkingHours,
)
from doctors.services.offering import (
    Faults,
    Lengths,
    Needs,
    list_faults,
    lock_pools,
    put_list,
    respell_pool,
    spelling_of,
)

Record = TypeVar("Record", HealthcareService, Location, Resource)

# What is a part of a record, and is deleted with it.
PARTS: dict[type[models.Model], tuple[type[models.Model], ...]] = {
    HealthcareService: (ServiceDoctor, ServiceLocation, ServiceNeed),
    Location: (),
    Resource: (ResourceOutage,),
}
SERVICE_IN_USE = (
    "Visits, hours or people who wait refer to this visit type: take it out of use instead."
)
LOCATION_IN_USE = (
    "Visits, hours, visit types, rooms or people who wait refer to this place: take it out of use "
    "instead."
)
RESOURCE_IN_USE = "Visits were booked with it: take it out of use instead."


@transaction.atomic
def save_service(
    service: HealthcareService,
    by: User,
    *,
    doctors: Lengths | None = None,
    locations: Iterable[UUID] | None = None,
    needs: Needs | None = None,
) -> HealthcareService:
    """Save a visit type, new or changed, and those of its lists that are given.

    `doctors`: who offers it, by id, each with another length in minutes or None for the usual one;
    empty: everybody. `locations`: where, by id; empty: everywhere. `needs`: how many of each pool.
    A list that is None stays as it is. A pool is spelled as it is already; one of which there are
    no rooms yet is taken, so that things are set up in any order (see `unmet_needs()`).

    Raises NotAllowed, and ValidationError keyed to fields, or to `doctors`, `lengths` (of a
    doctor's own), `locations` and `needs`.
    """
    changed = begin_saving(service, by)
    places = None if locations is None else list(locations)
    check_whole(service, list_faults(service, doctors, places, needs))
    is_new = service._state.adding
    if is_new:
        insert_record(service)
    if put_lists(service, doctors, places, needs):
        changed.add("updated_at")  # Whoever reads what has changed since finds the lists, too.
    if not is_new:
        write(service, changed)
    return service


def put_lists(
    service: HealthcareService,
    doctors: Lengths | None,
    locations: list[UUID] | None,
    needs: Needs | None,
) -> bool:
    """Did any of them change?"""
    moved = []
    owner = {"service": service}
    if doctors is not None:
        lengths = {pk: {"duration_minutes": minutes} for pk, minutes in doctors.items()}
        moved.append(put_list(ServiceDoctor.objects.all(), owner, "doctor_id", lengths))
    if locations is not None:
        places: dict[UUID, dict] = {pk: {} for pk in locations}
        moved.append(put_list(ServiceLocation.objects.all(), owner, "location_id", places))
    if needs is not None:
        lock_pools()
        counts = {spelling_of(pool): {"count": count} for pool, count in needs.items()}
        moved.append(put_list(ServiceNeed.objects.all(), owner, "pool", counts))
    return any(moved)


@transaction.atomic
def save_location(location: Location, by: User) -> Location:
    """Save a place, new or changed. What is booked there stays when it is taken out of use.

    Raises NotAllowed, and ValidationError: keyed to fields, or `in_use` where doctors still have
    hours at a place that is to be out of use: they would be offered there.
    """
    if not location.is_active:
        check_no_hours(location)
    return save_record(location, by)


def check_no_hours(location: Location) -> None:
    list(Location.objects.select_for_update(no_key=True).filter(pk=location.pk))
    here = {"location": location, "doctor__is_active": True}
    week = WorkingHours.objects.filter(**here).exclude(valid_until__lt=timezone.localdate())
    extra = ExtraHours.objects.filter(**here, ends_at__gt=timezone.now())
    for times in (week, extra):
        if time := times.select_related("doctor").first():
            told = f"{time.doctor} has hours at this place: give them another one first."
            raise ValidationError({"is_active": ValidationError(told, code=IN_USE)})


@transaction.atomic
def save_resource(resource: Resource, by: User) -> Resource:
    """Save a room or device, new or changed. Visits that have it keep it.

    Its pool is spelled as that is already; whoever spells the pool of one anew, with other
    capitals, does so for all of it. Raises NotAllowed, and ValidationError keyed to fields.
    """
    return save_record(resource, by)


def save_record(record: Record, by: User) -> Record:
    changed = begin_saving(record, by)
    check_whole(record, {})
    if isinstance(record, Resource) and (record._state.adding or "pool" in changed):
        lock_pools()
        spell_pool(record)
    if record._state.adding:
        insert_record(record)
    else:
        write(record, changed)
    return record


def spell_pool(resource: Resource) -> None:
    before = Resource.objects.filter(pk=resource.pk).values_list("pool", flat=True).first()
    if before is not None and before.casefold() == resource.pool.casefold():
        respell_pool(resource.pool)
    else:
        resource.pool = spelling_of(resource.pool)


def begin_saving(record: Record, by: User) -> set[str]:
    """Lock the row and bring the copy up to date. Returns what was changed in it; of a new one
    nothing."""
    check_sets_up(record, "add" if record._state.adding else "change", by)
    if record._state.adding:
        return set()
    rows = type(record)._default_manager.select_for_update(no_key=True)
    return take_over(record, rows.get(pk=record.pk))


def check_whole(record: Record, faults: Faults) -> None:
    """Raise ValidationError of all that is wrong: with the record, and what is known already."""
    try:
        record.full_clean()
    except ValidationError as error:
        faults = error.update_error_dict(faults)
    if faults:
        raise ValidationError(faults)


def insert_record(record: Record) -> None:
    with constraint_errors(record):
        record.save(force_insert=True)


@transaction.atomic
def remove_service(service: HealthcareService, by: User) -> None:
    """Delete a visit type of which nothing was made. Raises NotAllowed, and ValidationError
    (`in_use`) else."""
    remove_unused(service, by, SERVICE_IN_USE)


@transaction.atomic
def remove_location(location: Location, by: User) -> None:
    """Delete a place where nothing is. Raises NotAllowed, and ValidationError (`in_use`) else."""
    remove_unused(location, by, LOCATION_IN_USE)


@transaction.atomic
def remove_resource(resource: Resource, by: User) -> None:
    """Delete a room or device that no visit ever had, with the times at which it was out of
    service. Raises NotAllowed, and ValidationError (`in_use`) else."""
    remove_unused(resource, by, RESOURCE_IN_USE)


def remove_unused(record: Record, by: User, sentence: str) -> None:
    """Without the last visit type or place that they name, hours and visit types would be open to
    all: what would be deleted along with the record keeps it, too."""
    check_sets_up(record, "delete", by)
    kind = type(record)
    list(kind._default_manager.select_for_update().filter(pk=record.pk))
    for relation in kind._meta.related_objects:
        model = relation.related_model
        goes_along = relation.on_delete is models.CASCADE and model not in PARTS[kind]
        if goes_along and model._default_manager.filter(**{relation.field.name: record}).exists():
            raise ValidationError(sentence, code=IN_USE)
    delete_unreferenced(record, sentence)


def check_sets_up(record: models.Model, verb: str, by: User) -> None:
    options = record._meta
    if not by.has_perm(f"{options.app_label}.{verb}_{options.model_name}"):
        raise NotAllowed("Only administrators set the clinic up.")
