"""What the records of a model are in a file, and how a row becomes one of them."""

from collections.abc import Collection, Mapping
from copy import copy
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from clinic.encryption import EncryptedTextField
from clinic.files.cells import heading_key
from clinic.files.columns import Column

Faults = dict[str, list[ValidationError]]


class FileResource:
    """The columns of a model's files, what its cells mean, and the services behind it.

    A row whose key is empty becomes a new record, another one changes the record of that key.
    A column that the file doesn't have leaves everything as it is.
    """

    columns: dict[str, Column]  # Every Column of the class, by name.
    model: type[Any]
    key: str  # The column by which a row names the record that it changes.
    kind = ""  # Names the pages and the commands: `patients`.
    sensitive: tuple[str, ...] = ()  # Fields that are in a file only where it is asked for.
    read_first: tuple[str, ...] = ()  # Columns that others of their row are read by.
    unique: tuple[str, ...] = ()  # Fields of which no two rows may hold the same.
    order: tuple[str, ...] = ("pk",)  # Of the records in a file that no list was chosen for.
    locks_new = False  # Do rows of new records lock anything that is on record already?
    # What people are asked for, beside all of it: the columns by what that is called.
    extracts: dict[str, tuple[str, ...]] = {}
    no_mails = ""  # A sentence on the mails that an import sends.
    example: tuple[dict[str, str], ...] = ()  # Rows of the example file, by field.

    def __init_subclass__(cls) -> None:
        cls.columns = {name: one for name, one in vars(cls).items() if isinstance(one, Column)}
        keys = (name for name, column in cls.columns.items() if column.is_key)
        cls.key = next(keys, "")  # What only goes out in files needs none.

    def __init__(self, by):
        self.by = by

    def may(self, verb: str) -> bool:
        """May the user `import` or `export` these records?"""
        options = self.model._meta
        permission = f"{options.app_label}.{verb}_{options.model_name}"
        return self.by.is_active and self.by.has_perm(permission)

    # Files out

    def names(self, with_sensitive: bool) -> list[str]:
        return [name for name in self.columns if with_sensitive or name not in self.sensitive]

    def extract(self, name: str, with_sensitive: bool) -> list[str]:
        """The columns of one of the extracts, or all."""
        return list(self.extracts.get(name, ())) or self.names(with_sensitive)

    def headings(self, names: list[str]) -> list[str]:
        return [self.columns[name].heading for name in names]

    def cells(self, record: models.Model, names: list[str]) -> list[str]:
        return [self.columns[name].text_of(record) for name in names]

    def loaded(self, records: models.QuerySet, names: list[str]) -> models.QuerySet:
        """The records with no more than these columns need."""
        return records.only(*self.stored_fields(names))

    def stored_fields(self, names: list[str]) -> list[str]:
        return [self.columns[name].attribute for name in names]

    # Files in

    def column_of(self, heading: str) -> str | None:
        """The name of the field that a heading stands for."""
        wanted = heading_key(heading)
        for name, column in self.columns.items():
            if wanted in (heading_key(name), heading_key(column.heading)):
                return name
        return None

    def heading_of(self, name: str) -> str:
        """The heading under which a fault of this field is told; empty for the whole row."""
        known = {column.attribute: column.heading for column in self.columns.values()}
        return "" if name == NON_FIELD_ERRORS else known.get(name, name)

    def find(self, keys: set[str]) -> dict[str, Any]:
        """The records of these keys, as far as there are any that the user may see."""
        raise NotImplementedError

    def normal_key(self, cell: str) -> str | None:
        """The key as `find()` knows it; None where it is none."""
        raise NotImplementedError

    def fill(
        self, instance: models.Model, row: dict[str, str], answers: Mapping[str, list[str]]
    ) -> tuple[models.Model, Faults]:
        """A copy of the record with what the row says, and what it says in no known form.

        `row` has the cells by the names of their columns, `answers` what was answered about them.
        """
        instance = copy(instance)
        instance._state = copy(instance._state)
        faults: Faults = {}
        for name in sorted(row, key=lambda name: name not in self.read_first):
            column = self.columns[name]
            try:
                column.fill(instance, row[name], answers.get(name, ()))
            except ValueError as error:
                code = getattr(error, "code", "invalid")
                faults[column.attribute] = [ValidationError(str(error), code=code)]
        return instance, faults

    def changed(self, instance: models.Model, before: models.Model) -> list[str]:
        """The names of the fields in which the record would be stored with another value."""
        return [name for name in self.written_columns() if self.differs(name, instance, before)]

    def differs(self, name: str, instance: models.Model, before: models.Model) -> bool:
        attribute = self.columns[name].attribute
        field = self.stored_field(attribute)
        if field is None:
            return getattr(instance, attribute, None) != getattr(before, attribute, None)
        return field.to_python(getattr(instance, field.attname)) != getattr(before, field.attname)

    def stored_field(self, attribute: str) -> Any:
        """The model's field; None where a column stands for rows of another model."""
        fields = self.model._meta.concrete_fields
        return next((field for field in fields if field.name == attribute), None)

    def read_columns(self) -> list[str]:
        return [name for name, column in self.columns.items() if not column.is_only_told]

    def written_columns(self) -> list[str]:
        return [name for name in self.read_columns() if name != self.key]

    # What is shown before anything is written

    def name_of(self, record: Any) -> str:
        """What people know a record on file by."""
        return str(record)

    def is_secret(self, name: str) -> bool:
        """Is the field shown on its record's own page alone?"""
        stored = self.stored_field(self.columns[name].attribute)
        return name in self.sensitive or isinstance(stored, EncryptedTextField)

    def holds(self, instance: models.Model, name: str) -> bool:
        return bool(getattr(instance, self.columns[name].attribute, None))

    # The services behind it

    def begin_writing(self, columns: Collection[str]) -> None:
        """Called before any row is locked, with the names of the file's columns."""

    @property
    def locked_model(self) -> type[Any]:
        """Whose rows the services lock."""
        return self.model

    def locked_key(self, before: Any, instance: Any) -> Any:
        """The key of the row that the services lock to save this one; None where it is new."""
        is_changed = before is not None and self.changed(instance, before)
        return before.pk if is_changed else None

    def locked_keys(self, pairs: list[tuple[Any, Any]]) -> set[Any]:
        """The same of many records, each before and after."""
        return {self.locked_key(before, instance) for before, instance in pairs} - {None}

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


def faults_of(instance: models.Model, skip: set[str]) -> Faults:
    try:
        instance.full_clean(exclude=skip)
    except ValidationError as error:
        return error.update_error_dict({})
    return {}
