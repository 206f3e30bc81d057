"""A change of keys: what older keys of `DOCUMENT_KEYS` wrote is written anew under the first.

What is under the first key already is left alone, so that this can be broken off at any time and
begun again. The clinic may be open meanwhile: rows are locked a few at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pghistory
import pgtrigger
from django.apps import apps
from django.db import models, transaction
from django.db.models import FileField, TextField, Value
from django.db.models.functions import Cast

from clinic.encryption import EncryptedTextField, Unreadable
from clinic.history import EVENTS
from clinic.storage import EncryptedMixin

ROWS_AT_ONCE = 200
FILES_AT_ONCE = 10
Written = Callable[[type[models.Model], list[Any]], None]


@dataclass
class Batch:
    """What became of a few values."""

    seen: int = 0
    written: int = 0
    unreadable: int = 0  # No key fits, or the file is gone.


def fields() -> Iterator[models.Field]:
    """Every field that the database or a storage holds encrypted, those of the history's copies
    among them; but the files of copies: they are the record's own, or gone."""
    for model in apps.get_models():
        is_copy = issubclass(model, pghistory.models.Event)
        for field in model._meta.concrete_fields:
            is_file = isinstance(field, FileField) and isinstance(field.storage, EncryptedMixin)
            if isinstance(field, EncryptedTextField) or (is_file and not is_copy):
                yield field


def reencrypt(field: models.Field, written: Written = lambda model, keys: None) -> Iterator[Batch]:
    """Go through all rows of the field's model, in the order of their keys.

    `written` is told, in the same transaction, which rows were written anew."""
    is_file = isinstance(field, FileField)
    size = FILES_AT_ONCE if is_file else ROWS_AT_ONCE
    last: Any = None
    while True:
        with transaction.atomic(), pgtrigger.ignore(*triggers(field.model)):
            rows = stored_values(field, last).select_for_update(no_key=True, of=("self",))
            found = list(rows[:size])
            if not found:
                return
            batch = Batch(seen=len(found))
            keys = [pk for pk, value in found if reencrypt_value(batch, field, pk, value)]
            if keys:
                written(field.model, keys)
            last = found[-1][0]
        yield batch


def total(field: models.Field) -> int:
    return stored_values(field).count()


def stored_values(field: models.Field, after: Any = None) -> models.QuerySet:
    """Keys and encrypted values as they are stored; the empty ones left out."""
    rows = field.model._base_manager.annotate(stored=Cast(field.name, TextField()))
    rows = rows.exclude(stored="").exclude(stored=None).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return rows.values_list("pk", "stored")


def reencrypt_value(batch: Batch, field: models.Field, pk: Any, value: str) -> bool:
    """Was the row written anew?"""
    try:
        if isinstance(field, FileField):
            batch.written += field.storage.reencrypt(value)  # type: ignore[attr-defined]
        elif token := field.rotated(value):  # type: ignore[attr-defined]
            # Written past the field, which would encrypt it once more.
            plain = Value(token, output_field=TextField())
            field.model._base_manager.filter(pk=pk).update(**{field.name: plain})
            batch.written += 1
            return True
    except (Unreadable, FileNotFoundError):
        batch.unreadable += 1
    return False


def triggers(model: type[models.Model]) -> list[str]:
    """Those that would take new ciphertext for a change of the record, or forbid it."""
    names = {"append_only", *(f"{event}_{event}" for event in EVENTS)}
    own = getattr(model._meta, "triggers", [])
    return [f"{model._meta.label}:{trigger.name}" for trigger in own if trigger.name in names]
