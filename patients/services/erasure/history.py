"""The copies that the history keeps of a patient's data, and other rows that nobody may change.

They are overwritten with nothing by a function of the database, `clinic_erase()`, which belongs
to the owner of the tables and can do no more than that.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Model, Q
from django.db.models.fields.json import KT
from pghistory.models import Event

from accounts.changes import event_models
from accounts.models import AccessLog, User
from patients.models import Patient
from patients.services.erasure.belongings import Belongings, personal_fields

KEYS_AT_ONCE = 2000
ADDRESS_OF_WORK = "pgh_context"  # Of it, the network's address alone is taken out.


def overwrite(model: type[Model], keys: Iterable[Any], names: Iterable[str]) -> int:
    """Leave nothing in these fields of these rows; of no fields at all, delete the rows."""
    keys, count = [str(key) for key in keys], 0
    columns = [model._meta.get_field(name).column for name in names]  # type: ignore[union-attr]
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[start : start + KEYS_AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute("SELECT clinic_erase(%s, %s, %s)", [model._meta.db_table, some, columns])
            count += cursor.fetchone()[0]
    return count


def copies(found: Belongings) -> Iterator[tuple[Any, list[str], list[int]]]:
    """Of each model of events: the fields that tell of the person, and the keys of the rows."""
    keys = found.all_keys
    for model in event_models():
        tracked = model.pgh_tracked_model
        rows = model.objects.filter(of_person(model, found, keys.get(tracked, set())))
        events = list(rows.order_by().values_list("pgh_id", flat=True))
        names = [one.name for one in model._meta.fields]
        is_kept = tracked in found.kept
        told = [one for one in personal_fields(tracked, is_kept) if one in names]
        if events:
            yield model, told, events


def of_person(model: type[Event], found: Belongings, keys: set) -> Q:
    """The events of these rows, and of rows that are long gone and were the person's."""
    condition = Q(pgh_obj__in=keys)
    for one in model._meta.fields:
        if one.name.startswith("pgh_") or not one.is_relation:
            continue
        if one.related_model is Patient and one.name != "merged_into":
            condition |= Q(**{f"{one.name}__in": found.ids})
        if one.related_model is User and one.name == "user":
            condition |= Q(**{f"{one.name}__in": [user.pk for user in found.accounts]})
    return condition


def erase_copies(found: Belongings, *, with_kept: bool) -> int:
    """Empty all copies, those of rows that are kept only if told to. Returns how many."""
    count = 0
    for model, names, events in copies(found):
        if names and (with_kept or model.pgh_tracked_model not in found.kept):
            overwrite(model, events, names)
            count += len(events)
    return count


def erase_addresses(found: Belongings) -> int:
    """Take the networks from which the person was at work out of the history and the access log."""
    count, users = 0, [account.pk for account in found.accounts]
    if not users:
        return count
    for model in event_models():
        work = model.objects.order_by().annotate(pgh_by=KT("pgh_context__user"))
        events = list(
            work.filter(pgh_by__in=list(map(str, users))).values_list("pgh_id", flat=True)
        )
        count += overwrite(model, events, [ADDRESS_OF_WORK])
    reads = AccessLog.objects.filter(user__in=users, address__isnull=False).order_by()
    return count + overwrite(AccessLog, list(reads.values_list("pk", flat=True)), ["address"])
