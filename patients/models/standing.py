"""The way from records that were merged to the one that stands for them now."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Func, UUIDField, Value

# One after the other: the record that stands now may have been merged into since.
UP = """(WITH RECURSIVE up AS (
    SELECT id, merged_into_id FROM patients_patient WHERE id = %(expressions)s
    UNION SELECT above.id, above.merged_into_id
    FROM patients_patient AS above JOIN up ON above.id = up.merged_into_id
) SELECT id FROM up WHERE merged_into_id IS NULL)"""


def standing_key(pk: UUID | str) -> Func:
    """The key of the record that stands for this one, in the database; of an unknown one NULL."""
    return Func(Value(pk, UUIDField()), template=UP, output_field=UUIDField())


def lead_up(leads: dict[Any, Any], merged: Any) -> dict[Any, UUID]:
    """The same mapping to keys of patients, each followed up to the record that stands.

    `merged` are the records that were merged into others.
    """

    def next_of(keys: Collection[UUID]) -> dict[UUID, UUID]:
        return dict(merged.filter(pk__in=set(keys)).values_list("pk", "merged_into"))

    while above := next_of(leads.values()):
        leads = {one: above.get(key, key) for one, key in leads.items()}
    return leads
