import re
from collections.abc import Container, Mapping
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model
from django.utils.datastructures import MultiValueDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, get_error_detail

from clinic.api.faults import model_faults
from clinic.api.fields import WholeNumberField, from_form
from clinic.api.pagination import LARGEST_SIZE

UNKNOWN = "Unknown field."
READ_ONLY = "This field can't be set."
REPEATED = "Given more than once."
EMPTY = "May not be empty."
NESTED = re.compile(r"([^.\[]*)([.\[]?)(.*)", re.DOTALL)


def fault(sentence: str, code: str = "invalid") -> list[ErrorDetail]:
    return [ErrorDetail(sentence, code)]


def is_repeated(data: Mapping, name: str) -> bool:
    return isinstance(data, MultiValueDict) and len(data.getlist(name)) > 1


def is_list(field: serializers.Field, name: str) -> bool:
    return isinstance(field, serializers.ListField) and field.field_name == name


def without_fields(data: Mapping, names: Container[str]) -> Mapping:
    """The same form, query or object, but for these names."""
    if not isinstance(data, MultiValueDict):
        return {name: value for name, value in data.items() if str(name) not in names}
    return MultiValueDict({name: values for name, values in data.lists() if name not in names})


class StrictSerializer(serializers.Serializer):
    """Refuses and names what it doesn't know, and tells every fault in one answer."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)  # Raises.
        errors = self.faulty_names(data)
        known = without_fields(data, errors)
        valid: dict[str, Any] = {}
        for field in self._writable_fields:
            try:
                value = field.run_validation(field.get_value(known))
            except ValidationError as error:
                errors.setdefault(field.field_name, error.detail)
            except ModelValidationError as error:
                errors.setdefault(field.field_name, get_error_detail(error))
            except SkipField:
                continue
            else:
                self.set_value(valid, field.source_attrs, value)
        errors.update(self.faults_beyond_fields(valid, errors))
        if errors:
            raise ValidationError(errors)
        return valid

    def faulty_names(self, data: Mapping) -> dict[str, Any]:
        """The names that are unknown, or stand in the form or query more than once."""
        errors = {}
        for name in data:
            field = self.named(str(name))
            if field is None:
                is_fixed = getattr(self.fields.get(str(name)), "read_only", False)
                errors[str(name)] = fault(READ_ONLY if is_fixed else UNKNOWN, "unknown")
            elif is_repeated(data, name) and not is_list(field, name):
                errors[str(name)] = fault(REPEATED, "repeated")
        return errors

    def named(self, name: str) -> serializers.Field | None:
        """The field that a name belongs to. In a form, nested names are written
        `address.street` and `medical_history[0]`."""
        plain, mark, rest = name, "", ""
        if from_form(self):
            plain, mark, rest = NESTED.fullmatch(name).groups("")
        field = next((field for field in self._writable_fields if field.field_name == plain), None)
        if isinstance(field, serializers.BaseSerializer) and from_form(self):
            return field if mark == "." else None
        if isinstance(field, serializers.ListField) and mark == "[":
            return field if re.fullmatch(r"[0-9]{1,4}\]", rest, re.ASCII) else None
        return None if mark else field

    def faults_beyond_fields(
        self, valid: dict[str, Any], errors: Mapping[str, Any]
    ) -> dict[str, list[ErrorDetail]]:
        """What is wrong with the valid fields together, although others may be faulty."""
        return {}


class WholeSerializer(StrictSerializer):
    """An object within a record that is sent whole, also where PATCH changes some fields of it."""

    def faults_beyond_fields(self, valid, errors):
        missing = [
            field
            for field in self._writable_fields
            if field.required and field.field_name not in {*valid, *errors}
        ]
        return {
            field.field_name: fault(field.error_messages["required"], "required")
            for field in missing
        }


class RecordSerializer(StrictSerializer):
    """A model's record: what its `full_clean()` finds is told along with the field's faults."""

    model: type[Model]
    error_names: dict[str, str] = {}

    def apply(self, instance: Model, valid: dict[str, Any]) -> Model:
        """Put valid data into the unsaved or stored instance, without saving it."""
        for name, value in valid.items():
            setattr(instance, name, value)
        return instance

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if self.instance is not None and isinstance(data, Mapping):
            data = self.changes(data, self.to_representation(self.instance))
        return super().to_internal_value(data)

    def changes(self, data: Mapping, stored: dict[str, Any]) -> Mapping:
        """The record as a client changed it, less the read-only fields that it sent back."""
        fixed = {field.field_name for field in self.fields.values() if field.read_only}
        return without_fields(
            data, {name for name in fixed & set(data) if data[name] == stored[name]}
        )

    def build(self, valid: dict[str, Any]) -> Model:
        if self.instance is None:
            return self.apply(self.model(), valid)
        stored = self.model._default_manager.get(pk=self.instance.pk)
        return self.apply(stored, valid)

    def faults_beyond_fields(self, valid, errors):
        names = {field.name for field in self.model._meta.fields}
        roots = {name: self.error_names.get(name, name).split(".")[0] for name in names}
        told = {name for name, root in roots.items() if root in errors}
        faults: dict[str, list[ErrorDetail]] = {}
        try:
            self.build(valid).full_clean(exclude=told | self.missing(valid, errors))
        except ModelValidationError as error:
            for name, sentence, code in model_faults(error):
                key = self.error_names.get(name, name)
                faults.setdefault(key, []).append(ErrorDetail(sentence, code))
        return faults

    def missing(self, valid: dict[str, Any], errors: Mapping[str, Any]) -> set[str]:
        """Model fields that can't be judged because of faults in other fields."""
        return set()


class Query(StrictSerializer):
    """The query of a route. A parameter that is sent without a value is refused as well."""

    def faulty_names(self, data):
        errors = super().faulty_names(data)
        for name, value in data.items():
            field = self.named(str(name))
            if value == "" and not getattr(field, "allow_blank", False):
                errors.setdefault(str(name), fault(EMPTY, "blank"))
        return errors


class NoQuery(Query):
    """The query of a route that takes none."""


class PageQuery(Query):
    """The query of a list."""

    page = WholeNumberField(required=False, min_value=1, help_text="From 1.")
    page_size = WholeNumberField(
        required=False, min_value=1, max_value=LARGEST_SIZE, help_text="50 if left out."
    )


class NoBody(StrictSerializer):
    """The body of a request that needs none: left out, or an empty object."""
