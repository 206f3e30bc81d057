"""Parts of a patient's record, as the API spells them."""

from typing import Any

from django.core.exceptions import ValidationError
from django_countries import countries
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from clinic.api.fields import PhoneField, TextField, TruthField
from clinic.api.serializers import StrictSerializer
from patients.models import Patient
from patients.models.names import LONGEST_LAST_NAME, list_of_names
from patients.photos import CleanPhoto, clean_photo


def consent_field() -> TruthField:
    """Left out, or false: nothing is noted."""
    return TruthField(
        source="has_consented",
        required=False,
        write_only=True,
        help_text="The patient agrees to the clinic's privacy notice: when, and to which version "
        "of it, is noted.",
    )


@extend_schema_field({"type": "string", "format": "binary"})
class PhotoField(serializers.FileField):
    """A photo of an identity document: JPEG or PNG, 5 MiB and 40 megapixels at most."""

    def to_internal_value(self, data: Any) -> CleanPhoto:
        upload = super().to_internal_value(data)
        try:
            return clean_photo(upload)
        except ValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from error


class CountryField(TextField):
    """An ISO 3166-1 alpha-2 code."""

    default_error_messages = {"country": "Not an ISO 3166 country code."}

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in countries:
            self.fail("country")
        return code

    def to_representation(self, value: Any) -> str:
        return str(value)


class AddressSerializer(StrictSerializer):
    """A postal address."""

    street = TextField(max_length=200, required=False, allow_blank=True)
    city = TextField(max_length=100, required=False, allow_blank=True)
    state = TextField(max_length=50, required=False, allow_blank=True)
    zip = TextField(max_length=12, required=False, allow_blank=True)
    country = CountryField(required=False)


class OptionalGroup(StrictSerializer):
    """Fields that a patient has together or not at all: null then."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None:
            return {field.source: "" for field in self._writable_fields}
        return super().run_validation(data)

    def to_representation(self, patient: Patient) -> dict[str, Any] | None:
        values = super().to_representation(patient)
        return values if any(values.values()) else None


class EmergencyContactSerializer(OptionalGroup):
    name = TextField(max_length=100, source="emergency_contact_name")
    phone = PhoneField(source="emergency_contact_phone")
    relationship = TextField(
        max_length=50, required=False, allow_blank=True, source="emergency_contact_relationship"
    )


class InsuranceSerializer(OptionalGroup):
    provider = TextField(max_length=100, source="insurance_provider")
    policy_number = TextField(
        max_length=100, required=False, allow_blank=True, source="insurance_policy_number"
    )


class ListInText(serializers.ListField):
    """A list that the record keeps in one text. Counted are its entries."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        entries = super().run_validation(data)
        return entries if entries is None else self.text_of(entries)

    def text_of(self, entries: list[str]) -> str:
        raise NotImplementedError


class FormerNamesField(ListInText):
    """Last names of before, which the record separates by commas."""

    child = TextField(max_length=LONGEST_LAST_NAME)

    def text_of(self, entries: list[str]) -> str:
        if any("," in name for name in entries):
            raise serializers.ValidationError("A name has no comma: send each on its own.")
        return ", ".join(entries)

    def to_representation(self, value: str) -> list[str]:
        return list_of_names(value)


class MedicalHistoryField(ListInText):
    """A list of entries, which the record keeps one a line."""

    child = TextField(max_length=1000)

    def text_of(self, entries: list[str]) -> str:
        if any("\n" in entry or "\r" in entry for entry in entries):
            raise serializers.ValidationError("An entry is a single line.")
        return "\n".join(entries)

    def to_representation(self, value: str) -> list[str]:
        return value.split("\n") if value else []
