import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, get_error_detail

from clinic.api.errors import model_faults
from clinic.api.fields import from_form

UNKNOWN = "Unknown field."


class StrictSerializer(serializers.Serializer):
    """Refuses and names what it doesn't know, and tells every fault in one answer."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)  # Raises.
        valid: dict[str, Any] = {}
        errors: dict[str, Any] = {
            name: [ErrorDetail(UNKNOWN, "unknown")] for name in self.unknown_names(data)
        }
        for field in self._writable_fields:
            try:
                value = field.run_validation(field.get_value(data))
            except ValidationError as error:
                errors[field.field_name] = error.detail
            except ModelValidationError as error:
                errors[field.field_name] = get_error_detail(error)
            except SkipField:
                continue
            else:
                self.set_value(valid, field.source_attrs, value)
        errors.update(self.faults_beyond_fields(valid, errors))
        if errors:
            raise ValidationError(errors)
        return valid

    def unknown_names(self, data: Mapping) -> list[str]:
        known = {field.field_name for field in self._writable_fields}
        return sorted(str(name) for name in data if self.root_name(name) not in known)

    def root_name(self, name: Any) -> str:
        """In a form, nested names are written `address.street` and `medical_history[0]`."""
        return re.split(r"[.\[]", str(name))[0] if from_form(self) else str(name)

    def faults_beyond_fields(
        self, valid: dict[str, Any], errors: Mapping[str, Any]
    ) -> dict[str, list[ErrorDetail]]:
        """What is wrong with the valid fields together, although others may be faulty."""
        return {}


class RecordSerializer(StrictSerializer):
    """A model's record: what its `full_clean()` finds is told along with the field's faults."""

    model: type[Model]
    error_names: dict[str, str] = {}

    def apply(self, instance: Model, valid: dict[str, Any]) -> Model:
        """Put valid data into the unsaved or stored instance, without saving it."""
        for name, value in valid.items():
            setattr(instance, name, value)
        return instance

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


class PageQuery(StrictSerializer):
    """The query of a list; `page` and `page_size` are read by the paginator."""

    page = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class NoQuery(StrictSerializer):
    """The query of a route that takes none."""
