"""Several rooms or devices of a kind at once, as somebody sets the clinic up."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from doctors.models import Resource
from doctors.services.catalogue import save_resource
from doctors.services.offering import spelling_of

MOST_AT_ONCE = 20


@transaction.atomic
def add_resources(first: Resource, count: int, by: User) -> list[Resource]:
    """Save a new room or device, or `count` (1 to 20) of them that differ by name alone.

    Without a name each is called after its pool, with the next number that is free at its place:
    "Ultrasound 3". Raises NotAllowed, and ValidationError keyed to fields.
    """
    if not 1 <= count <= MOST_AT_ONCE:
        raise ValidationError({"count": f"1 to {MOST_AT_ONCE} at once."})
    if first.name or not first.pool:
        return [save_resource(first, by)]
    first.pool = spelling_of(first.pool)
    names = numbered_names(first, count)
    alike = [
        Resource(
            name=name,
            kind=first.kind,
            pool=first.pool,
            location=first.location,
            is_active=first.is_active,
        )
        for name in names[1:]
    ]
    first.name = names[0]
    return [save_resource(one, by) for one in (first, *alike)]


def numbered_names(like: Resource, count: int) -> list[str]:
    """A single one of its kind bears the name of its pool alone."""
    pool = like.pool
    here = Resource.objects.filter(location=like.location_id, name__istartswith=pool)
    taken = {name.casefold() for name in here.values_list("name", flat=True)}
    if count == 1 and not taken:
        return [pool]
    numbers = (re.fullmatch(rf"{re.escape(pool.casefold())} (\d+)", name) for name in taken)
    last = max((int(found[1]) for found in numbers if found), default=0)
    return [f"{pool} {last + number}" for number in range(1, count + 1)]
