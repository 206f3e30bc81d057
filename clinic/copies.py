"""Records are copies of rows, and may be old: of a copy, only what was changed in it is written.

A service that is handed a record locks its row, brings the copy up to date with `take_over()`,
checks it, and writes the fields that were changed with `write()`. What somebody else has changed
since the copy was loaded stays as it is.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models
from django.db.models.expressions import DatabaseDefault

from clinic.checks import CheckedAtOnce
from clinic.errors import constraint_errors


class Copy(CheckedAtOnce):
    """A record that remembers the values it was loaded with."""

    _loaded: dict[str, Any]

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values, **how):
        record = super().from_db(db, field_names, values, **how)
        record._loaded = dict(zip(field_names, values, strict=False))
        return record

    def refresh_from_db(self, using=None, fields=None, from_queryset=None):
        super().refresh_from_db(using, fields, from_queryset)
        remember(self, None if fields is None else set(fields))

    def validate_unique(self, exclude=None):
        super().validate_unique({*(exclude or ()), *not_made(self)})

    def validate_constraints(self, exclude=None):
        super().validate_constraints({*(exclude or ()), *not_made(self)})


def not_made(record: models.Model) -> set[str]:
    """The fields that the database will fill in. To ask whether such a value is unique would have
    it made for every row that it is compared with, and record numbers leap."""
    return {
        field.name
        for field in record._meta.concrete_fields
        if isinstance(record.__dict__.get(field.attname), DatabaseDefault)
    }


Record = TypeVar("Record", bound=Copy)


def take_over(record: Copy, now: Copy) -> set[str]:
    """Bring a copy up to date with its locked row, but for what was changed in it.

    Returns the names of the fields that were changed since it was loaded. A record that was
    never loaded counts as changed in every field that it has.
    """
    changed = changed_fields(record)
    for field in written_fields(record):
        if field.name not in changed and field.attname in record.__dict__:
            setattr(record, field.attname, getattr(now, field.attname))
    return changed


def changed_fields(record: Copy) -> set[str]:
    """The names of the fields that hold something else than when the record was loaded."""
    loaded = getattr(record, "_loaded", {})
    return {
        field.name
        for field in written_fields(record)
        if field.attname in record.__dict__
        and (
            field.attname not in loaded
            or field.to_python(getattr(record, field.attname))
            != field.to_python(loaded[field.attname])
        )
    }


def write(record: Copy, names: Iterable[str]) -> None:
    """Write these fields of a record, whose row is locked, and when that was.

    Raises ValidationError, the violated constraint's own.
    """
    names = set(names)
    if names:
        with constraint_errors(record):
            record.save(update_fields=names | stamps_of(record))
    remember(record)


def stamps_of(model: models.Model | type[models.Model]) -> set[str]:
    """The fields that say when a record was changed last."""
    return {field.name for field in model._meta.fields if getattr(field, "auto_now", False)}


def remember(record: Copy, names: set[str] | None = None) -> None:
    """What the record holds, in these fields or in all, is what its row holds."""
    loaded = {
        field.attname: record.__dict__[field.attname]
        for field in record._meta.concrete_fields
        if field.attname in record.__dict__
        and (names is None or not names.isdisjoint({field.name, field.attname}))
    }
    record._loaded = getattr(record, "_loaded", {}) | loaded


def written_fields(record: Copy) -> list[models.Field]:
    """Those that people write: neither the key, nor what the database or the clock fills in."""
    return [
        field
        for field in record._meta.concrete_fields
        if not field.primary_key and not field.generated and not getattr(field, "auto_now", False)
    ]
