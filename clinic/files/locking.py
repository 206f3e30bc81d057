"""The order in which imports take their locks: one import of a kind at a time, then the rows that
it changes by their keys, before anything is written. Two imports, or an import and a merge, never
wait for each other, in whatever order their files name the records."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from clinic.files.resource import FileResource

LOCKED_AT_ONCE = 5000


def lock_kind(resource: FileResource) -> None:
    """Wait until no other import of this kind is writing. New records, too, have values of which
    no two may be alike, and wait for each other where two files name them in other orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('import'), hashtext(%s))", [resource.kind]
        )


def lock_rows(resource: FileResource, keys: set[Any]) -> None:
    """Hold the records of these keys until the transaction ends, taken in the order of the keys."""
    for some in slices(sorted(keys)):
        rows = resource.locked_model._default_manager.select_for_update(no_key=True)
        list(rows.filter(pk__in=some).order_by("pk").values_list("pk"))


def slices(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), LOCKED_AT_ONCE):
        yield keys[start : start + LOCKED_AT_ONCE]
