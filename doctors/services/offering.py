"""The lists of a visit type: who offers it, where, and what of which pools it needs.

Pools are plain names, which rooms and visit types share. Names that are alike but for the case of
their letters are one pool.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Count

from doctors.models import (
    Doctor,
    HealthcareService,
    Location,
    Resource,
    ServiceDoctor,
    ServiceNeed,
)
from doctors.models.healthcare_services import (
    LENGTH_SENTENCE,
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
)

# Who offers it, by id: in how many minutes, or None for the usual length.
Lengths = Mapping[UUID, int | None]
# How many are needed, by pool.
Needs = Mapping[str, int]
Faults = dict[str, list[ValidationError]]

NO_DOCTOR = "There is no such doctor."
NO_PLACE = "There is no such place."
POOL_TWICE = "Name each pool once: %s."


def list_faults(
    service: HealthcareService,
    doctors: Lengths | None,
    locations: Iterable[UUID] | None,
    needs: Needs | None,
) -> Faults:
    """What is wrong with these lists (None: as they are), keyed to `doctors`, `lengths`,
    `locations` and `needs`."""
    found = {
        "doctors": unknown(Doctor, doctors or (), NO_DOCTOR),
        "lengths": length_faults(service, doctors),
        "locations": unknown(Location, locations or (), NO_PLACE),
        "needs": need_faults(needs or {}),
    }
    return {key: [ValidationError(one) for one in told] for key, told in found.items() if told}


def unknown(model: type[models.Model], keys: Iterable[UUID], sentence: str) -> list[str]:
    wanted = set(keys)
    is_known = not wanted or model._default_manager.filter(pk__in=wanted).count() == len(wanted)
    return [] if is_known else [sentence]


def length_faults(service: HealthcareService, doctors: Lengths | None) -> list[str]:
    """A doctor's own length is bound as the usual one is, the buffers counted."""
    if doctors is None:
        stored = ServiceDoctor.objects.filter(service=service.pk)
        doctors = dict(stored.values_list("doctor_id", "duration_minutes"))
    own = {minutes for minutes in doctors.values() if minutes is not None}
    if any(not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES for minutes in own):
        return [str(LENGTH_SENTENCE)]
    longest = max(own, default=0)
    if longest + service.buffer_minutes > LONGEST_MINUTES:
        return [
            f"With its buffers, a visit of {longest} minutes would hold "
            f"{longest + service.buffer_minutes}; {LONGEST_MINUTES} at most."
        ]
    return []


def need_faults(needs: Needs) -> list[str]:
    found: list[str] = []
    for pool, count in needs.items():
        try:
            ServiceNeed(pool=pool, count=count).full_clean(exclude={"service"})
        except ValidationError as error:
            found += error.messages
    names = [pool.casefold() for pool in needs]
    twice = {pool for pool in needs if names.count(pool.casefold()) > 1}
    return found + ([POOL_TWICE % ", ".join(sorted(twice))] if twice else [])


def put_list(
    rows: models.QuerySet, owner: Mapping[str, models.Model], key: str, wanted: Mapping[Any, dict]
) -> bool:
    """Make these the rows of one list, of whose owner's row the caller holds the lock.

    `owner` is the record by the name of the field that leads to it, `wanted` has the values of
    each row by its key. What stays as it is is left alone. Did any change?
    """
    kept = {getattr(row, key): row for row in rows.filter(**owner)}
    gone = [row.pk for name, row in kept.items() if name not in wanted]
    if gone:
        rows.filter(pk__in=gone).delete()
    new = [
        rows.model(**owner, **{key: name}, **values)
        for name, values in wanted.items()
        if name not in kept
    ]
    rows.bulk_create(new)
    is_changed = bool(gone or new)
    for name, row in kept.items():
        values = wanted.get(name, {})
        if any(getattr(row, field) != value for field, value in values.items()):
            rows.filter(pk=row.pk).update(**values)
            is_changed = True
    return is_changed


def lock_pools() -> None:
    """Let one at a time name pools, until the transaction ends: two that were new at once would
    be spelled in two ways. Taken after the row that names one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('names of pools'))")


def spelling_of(pool: str) -> str:
    """The pool as it is spelled already: by its rooms, else by visit types that need it."""
    for model in (Resource, ServiceNeed):
        same = model._default_manager.filter(pool__iexact=pool).order_by("pk")
        if known := same.values_list("pool", flat=True).first():
            return known
    return pool


def respell_pool(pool: str) -> None:
    """Spell the pool so wherever it is named: its rooms' rows are locked as bookings lock them."""
    rooms = Resource.objects.filter(pool__iexact=pool).exclude(pool=pool)
    keys = rooms.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    Resource.objects.filter(pk__in=list(keys)).update(pool=pool)
    ServiceNeed.objects.filter(pool__iexact=pool).exclude(pool=pool).update(pool=pool)


def unmet_needs(service: HealthcareService) -> list[str]:
    """Sentences for each pool of which fewer are in use than one visit of this type needs: none
    can be booked until there are more."""
    needs = list(service.needs.all())
    rooms = Resource.objects.active().filter(pool__in=[need.pool for need in needs])
    counted = rooms.order_by().values("pool").annotate(number=Count("pk"))
    there = dict(counted.values_list("pool", "number")) if needs else {}
    return [
        f"No visit of this type can be booked yet: it needs {need}, and there are "
        f"{there.get(need.pool, 0)} in use."
        for need in needs
        if there.get(need.pool, 0) < need.count
    ]
