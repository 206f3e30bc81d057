"""What the records of a model are in a file, and how a row becomes one of them."""

import re
from copy import copy
from datetime import date
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django_countries import countries
from import_export import fields, resources, widgets

from clinic.encryption import EncryptedTextField
from clinic.errors import UNIQUE
from clinic.files.cells import heading_key

Faults = dict[str, list[ValidationError]]


class TextWidget(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        return value


class DayWidget(widgets.Widget):
    """A calendar day, written as 1985-03-24 and in no other way: 03/04/1985 is two days."""

    def clean(self, value, row=None, **kwargs):
        if not value:
            return None
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
                return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError("There is no such day.") from error
        raise ValueError("Write the day as year-month-day, such as 1985-03-24.")

    def render(self, value, obj=None, **kwargs):
        return value.isoformat() if value else ""


class ChoiceWidget(widgets.Widget):
    """One of a field's choices, by its label or its value, in any case."""

    def __init__(self, choices: list[tuple[Any, Any]]):
        super().__init__()
        self.labels = {key: str(label) for key, label in choices}

    def clean(self, value, row=None, **kwargs):
        for key, label in self.labels.items():
            if heading_key(value) in (heading_key(str(key)), heading_key(label)):
                return key
        if value:
            raise ValueError(f"Write one of: {', '.join(map(str, self.labels.values()))}.")
        return ""

    def render(self, value, obj=None, **kwargs):
        return str(self.labels.get(value, value or ""))


class YesNoWidget(ChoiceWidget):
    def __init__(self):
        super().__init__([("yes", "yes"), ("no", "no")])

    def clean(self, value, row=None, **kwargs):
        words = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
        word = super().clean(words.get(value.casefold(), value))
        if not word:
            raise ValueError("Write yes or no.")
        return word == "yes"

    def render(self, value, obj=None, **kwargs):
        return "yes" if value else "no"


class WholeNumberWidget(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
            raise ValueError("Write a whole number.")
        return int(value)


class CountryWidget(widgets.Widget):
    """A country by its two letters (ISO 3166), or by its English name."""

    def clean(self, value, row=None, **kwargs):
        code = countries.alpha2(value.upper()) or countries.by_name(value) if value else ""
        if value and not code:
            raise ValueError("Write the country as its two letters, such as DE.")
        return code


class KeyColumn(fields.Field):
    """The column by which a row names the record that it changes. It is never written."""

    def __init__(self, attribute: str, column_name: str):
        super().__init__(attribute, column_name, widget=widgets.Widget(), readonly=True)


def column(attribute: str, heading: str, widget: widgets.Widget | None = None) -> fields.Field:
    return fields.Field(attribute, heading, widget=widget or TextWidget())


class FileResource(resources.Resource):
    """The columns of a model's files, what its cells mean, and the services behind it.

    A row whose key is empty becomes a new record, another one changes the record of that key.
    A column that the file doesn't have leaves everything as it is.
    """

    model: type[Any]
    kind = ""  # Names the pages and the commands: `patients`.
    sensitive: tuple[str, ...] = ()  # Fields that are in a file only where it is asked for.
    unique: tuple[str, ...] = ()  # Fields of which no two rows may hold the same.
    order: tuple[str, ...] = ("pk",)  # Of the records in a file that no list was chosen for.
    no_mails = ""  # A sentence on the mails that an import sends.
    example: tuple[dict[str, str], ...] = ()  # Rows of the example file, by field.

    def __init__(self, by):
        super().__init__()
        self.by = by
        self.key = next(n for n, field in self.fields.items() if isinstance(field, KeyColumn))

    def may(self, verb: str) -> bool:
        """May the user `import` or `export` these records?"""
        options = self.model._meta
        permission = f"{options.app_label}.{verb}_{options.model_name}"
        return self.by.is_active and self.by.has_perm(permission)

    # Files out

    def names(self, with_sensitive: bool) -> list[str]:
        return [name for name in self.fields if with_sensitive or name not in self.sensitive]

    def headings(self, names: list[str]) -> list[str]:
        return [str(self.fields[name].column_name) for name in names]

    def cells(self, record: models.Model, names: list[str]) -> list[str]:
        return [str(self.fields[name].export(record)) for name in names]

    def loaded(self, records: models.QuerySet, names: list[str]) -> models.QuerySet:
        """The records with no more than these columns need."""
        return records.only(*self.stored_fields(names))

    def stored_fields(self, names: list[str]) -> list[str]:
        return [str(self.fields[name].attribute) for name in names]

    # Files in

    def column_of(self, heading: str) -> str | None:
        """The name of the field that a heading stands for."""
        wanted = heading_key(heading)
        for name, field in self.fields.items():
            if wanted in (heading_key(name), heading_key(str(field.column_name))):
                return name
        return None

    def heading_of(self, name: str) -> str:
        """The heading under which a fault of this field is told; empty for the whole row."""
        known = {str(field.attribute): field.column_name for field in self.fields.values()}
        return "" if name == NON_FIELD_ERRORS else str(known.get(name, name))

    def find(self, keys: set[str]) -> dict[str, Any]:
        """The records of these keys, as far as there are any that the user may see."""
        raise NotImplementedError

    def normal_key(self, cell: str) -> str | None:
        """The key as `find()` knows it; None where it is none."""
        raise NotImplementedError

    def fill(self, instance: models.Model, row: dict[str, str]) -> tuple[models.Model, Faults]:
        """A copy of the record with what the row says, and what it says in no known form."""
        instance = copy(instance)
        instance._state = copy(instance._state)
        try:
            self.import_instance(instance, row)
        except ValidationError as error:
            return instance, error.update_error_dict({})
        return instance, {}

    def import_field(self, field, instance, row, is_m2m=False, **kwargs):
        """Leave what the cell doesn't change: what was exported comes back as it was."""
        cell = row.get(field.column_name)
        if cell is None or (not cell and instance._state.adding):
            return
        if not instance._state.adding and same_text(cell, str(field.export(instance))):
            return
        super().import_field(field, instance, row, is_m2m, **kwargs)

    def changed(self, instance: models.Model, before: models.Model) -> list[str]:
        """The names of the fields in which the record would be stored with another value."""
        stored = {field.name: field for field in self.model._meta.concrete_fields}
        written = {
            name: stored[str(field.attribute)]
            for name, field in self.fields.items()
            if not field.readonly
        }
        return [
            name
            for name, field in written.items()
            if field.to_python(getattr(instance, field.attname)) != getattr(before, field.attname)
        ]

    # What is shown before anything is written

    def name_of(self, record: Any) -> str:
        """What people know a record on file by."""
        return str(record)

    def is_secret(self, name: str) -> bool:
        """Is the field shown on its record's own page alone?"""
        stored = self.model._meta.get_field(str(self.fields[name].attribute))
        return name in self.sensitive or isinstance(stored, EncryptedTextField)

    def holds(self, instance: models.Model, name: str) -> bool:
        return bool(getattr(instance, str(self.fields[name].attribute)))

    # The services behind it

    def faults_of(self, instances: list[Any], skip: list[set[str]]) -> list[Faults]:
        """What the service would refuse of each; fields in `skip` are told already."""
        return [faults_of(instance, one) for instance, one in zip(instances, skip, strict=True)]

    def create(self, instances: list[Any]) -> list[Faults]:
        """Save new records that have no fault, or say of each what was wrong with it after all."""
        raise NotImplementedError

    def change(self, instance: Any) -> None:
        """Save a changed record. Raises ValidationError."""
        raise NotImplementedError

    def written(self) -> None:
        """Called when every row is written, in the same transaction."""


def same_text(one: str, other: str) -> bool:
    return "\n".join(one.strip().splitlines()) == "\n".join(other.strip().splitlines())


def faults_of(instance: models.Model, skip: set[str]) -> Faults:
    try:
        instance.full_clean(exclude=skip)
    except ValidationError as error:
        return error.update_error_dict({})
    return {}


def known_fault(sentence: str, owner: str) -> ValidationError:
    """That a value is taken already, and by whom."""
    return ValidationError(f"{sentence.rstrip('.')}: {owner}.", code=UNIQUE)
