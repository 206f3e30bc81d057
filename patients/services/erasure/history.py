"""The copies that the history keeps of a patient's data, and other rows that nobody may change.

They are overwritten with nothing by functions of the database that belong to the owner of the
tables. What is overwritten in the history and the access log stands in the chain of seals.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Field, Model, Q
from django.db.models.fields.json import KT
from pghistory.models import Event

from accounts.changes import event_models
from accounts.models import AccessLog, User
from accounts.services.sealing import overwrite
from patients.models import Patient
from patients.services.erasure.belongings import Belongings, personal_fields


def empty_rows(model: type[Model], keys: Iterable[Any], names: Iterable[str]) -> None:
    """Leave nothing in these fields of these rows; of no fields at all, delete the rows."""
    columns = [model._meta.get_field(name).column for name in names]  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        asked: list[Any] = [model._meta.db_table, [str(key) for key in keys], columns]
        cursor.execute("SELECT clinic_erase(%s, %s, %s)", asked)


def can_be_empty(one: Field) -> bool:
    return one.null or one.get_internal_type() not in ("DateField", "TimeField")


def emptiness(one: Field) -> Any:
    """What the database has where nothing is told."""
    if one.null:
        return None
    return {} if one.get_internal_type() == "JSONField" else ""


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


def erase_copies(found: Belongings, why: str, *, with_kept: bool) -> None:
    """Empty all copies, those of rows that are kept only if told to."""
    for model, names, events in copies(found):
        if names and (with_kept or model.pgh_tracked_model not in found.kept):
            fields = [one for one in map(model._meta.get_field, names) if can_be_empty(one)]
            nothing = {one.column: emptiness(one) for one in fields}
            overwrite(model._meta.db_table, events, nothing, why)


def erase_addresses(found: Belongings, why: str) -> None:
    """Of what the person did themselves, keep through which door alone; of what they read, not
    from which network."""
    users = [account.pk for account in found.accounts]
    if not users:
        return
    for model in event_models():
        by = {"pgh_by": KT("pgh_context__user"), "pgh_door": KT("pgh_context__door")}
        work = model.objects.order_by().annotate(**by).filter(pgh_by__in=list(map(str, users)))
        events: dict[tuple[str, str], list[int]] = {}
        for event, user, door in work.values_list("pgh_id", *by):
            events.setdefault((user, door), []).append(event)
        for (user, door), keys in events.items():
            overwrite(
                model._meta.db_table, keys, {"pgh_context": {"user": user, "door": door}}, why
            )
    reads = AccessLog.objects.filter(user__in=users, address__isnull=False).order_by()
    keys = list(reads.values_list("pk", flat=True))
    overwrite(AccessLog._meta.db_table, keys, {"address": None}, why)
