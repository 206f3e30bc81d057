from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django_countries import countries
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import get_error_detail

from accounts.services.concealment import conceals
from clinic.api.fields import (
    DayField,
    IdField,
    InstantField,
    OneOfField,
    PhoneField,
    TextField,
    TruthField,
)
from clinic.api.serializers import (
    PageQuery,
    RecordSerializer,
    StrictSerializer,
    fault,
    without_fields,
)
from clinic.errors import UNIQUE
from patients.models import NOT_DECEASED, Invitation, Patient
from patients.photos import CleanPhoto, clean_photo
from patients.services import self_registration_faults

# The API's dotted names of the model's columns.
ERROR_NAMES = {
    **{name: f"address.{name}" for name in ("street", "city", "state", "zip", "country")},
    **{
        f"emergency_contact_{name}": f"emergency_contact.{name}"
        for name in ("name", "phone", "relationship")
    },
    **{f"insurance_{name}": f"insurance_info.{name}" for name in ("provider", "policy_number")},
}


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


class MedicalHistoryField(serializers.ListField):
    """A list of entries, which the record keeps one a line."""

    child = TextField(max_length=1000)

    def to_internal_value(self, data: Any) -> str:
        entries = super().to_internal_value(data)
        if any("\n" in entry or "\r" in entry for entry in entries):
            raise serializers.ValidationError("An entry is a single line.")
        return "\n".join(entries)

    def to_representation(self, value: str) -> list[str]:
        return value.split("\n") if value else []


class PatientSerializer(RecordSerializer):
    """A patient's record. The name is given as `name`, or as `first_name` and `last_name`."""

    model = Patient
    error_names = ERROR_NAMES

    id = IdField(read_only=True)
    record_number = serializers.CharField(read_only=True)
    name = TextField(max_length=101, required=False)
    first_name = TextField(max_length=50, required=False, allow_blank=True)
    last_name = TextField(max_length=50, required=False)
    email = TextField(max_length=254)
    phone = PhoneField()
    date_of_birth = DayField(required=False, allow_null=True)
    is_deceased = TruthField(
        required=False,
        help_text="Staff mark it: no mail, reminder or booking any more, and the account is shut. "
        "False takes that back. Left out of a PUT, it stays as it is.",
    )
    deceased_on = DayField(
        required=False,
        allow_null=True,
        help_text="The day of death, if it is known; it implies `is_deceased`.",
    )
    gender = OneOfField(Patient.Gender.choices, required=False, allow_blank=True)
    address = AddressSerializer(source="*", required=False)
    emergency_contact = EmergencyContactSerializer(source="*", required=False, allow_null=True)
    insurance_info = InsuranceSerializer(source="*", required=False, allow_null=True)
    medical_history = MedicalHistoryField(required=False, max_length=200)
    has_document = serializers.SerializerMethodField()
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)

    def get_has_document(self, patient: Patient) -> bool:
        return hasattr(patient, "document")

    def apply(self, instance: Patient, valid: dict[str, Any]) -> Patient:
        fields = {key: value for key, value in valid.items() if key != "document_photo"}
        if self.instance is not None and not self.partial:
            fields = {**BLANK, "country": settings.CLINIC_COUNTRY, **fields}
        if name := fields.pop("name", ""):
            instance.name = name
            fields = {key: value for key, value in fields.items() if key not in PARTS_OF_NAME}
        return super().apply(instance, fields)

    def changes(self, data, stored):
        """Of the whole name and its parts, what is sent back as it was read is no change."""
        data = super().changes(data, stored)
        if "name" in data and any(part in data for part in PARTS_OF_NAME):
            names = {part for part in PARTS_OF_NAME if data.get(part) == stored[part]}
            data = without_fields(data, {"name"} if data["name"] == stored["name"] else names)
        return data

    def faults_beyond_fields(self, valid, errors):
        faults = self.name_faults(valid, errors)
        if valid.get("is_deceased") is False and valid.get("deceased_on"):
            faults["deceased_on"] = fault(NOT_DECEASED)
        found = super().faults_beyond_fields(valid, {**errors, **faults})
        if "name" in valid:  # Its parts have no names of their own in this request.
            parts = [found.pop(part, []) for part in PARTS_OF_NAME]
            if told := [*parts[0], *parts[1]]:
                found["name"] = told
        return {**found, **faults}

    def name_faults(self, valid, errors) -> dict[str, list[ErrorDetail]]:
        given = {"name", *PARTS_OF_NAME} & {*valid, *errors}
        if "name" in given:
            return {"name": fault(EITHER_NAME)} if len(given) > 1 else {}
        if self.partial:
            return {}
        if not given:
            return {"name": fault(REQUIRED)}
        # Whoever has one name alone has a last name.
        return {} if "last_name" in given else {"last_name": fault(REQUIRED)}

    def missing(self, valid, errors):
        return set(PARTS_OF_NAME) if {"name", *PARTS_OF_NAME} & set(errors) else set()


class InviteSerializer(StrictSerializer):
    channel = OneOfField([(name, name) for name in ("mail", "text")])


class InvitationSerializer(serializers.Serializer):
    """An invitation to open an account. Its code is in the message alone."""

    patient_id = IdField()
    channel = OneOfField(Invitation.Channel.choices)
    created_at = InstantField()
    expires_at = InstantField()


PARTS_OF_NAME = ("first_name", "last_name")
REQUIRED = "This field is required."
EITHER_NAME = "Give either name, or first_name and last_name."
# What a PUT that leaves optional fields out makes of them.
BLANK: dict[str, Any] = {
    **dict.fromkeys(
        ("first_name", "gender", "street", "city", "state", "zip", "medical_history", *ERROR_NAMES),
        "",
    ),
    "date_of_birth": None,
}
del BLANK["country"]


class RegistrationSerializer(PatientSerializer):
    """What staff send to register a patient: the record, and the ID photo if they have it."""

    document_photo = PhotoField(required=False, write_only=True)

    def get_fields(self):
        fields = super().get_fields()
        for name in ("is_deceased", "deceased_on"):
            fields[name].read_only, fields[name].required = True, False
        return fields


class SelfRegistrationSerializer(RegistrationSerializer):
    """What patients send to register themselves. They get back what they sent, and the id."""

    document_photo = PhotoField(write_only=True)

    def get_fields(self):
        fields = super().get_fields()
        # Whose registration is concealed has no number; nobody who registers has died.
        for name in ("record_number", "is_deceased", "deceased_on"):
            del fields[name]
        return fields

    def faults_beyond_fields(self, valid, errors):
        found = super().faults_beyond_fields(valid, errors)
        if conceals():
            found = {name: left for name, told in found.items() if (left := not_known(told))}
        patient, photo = self.build(valid), valid.get("document_photo")
        for field, sentence in self_registration_faults(patient, photo).items():
            if field not in errors:
                found.setdefault(field, []).extend(fault(sentence))
        return found

    def to_representation(self, instance: Patient) -> dict[str, Any]:
        values = super().to_representation(instance)
        own = {} if conceals() else {"id": values["id"]}
        return {**own, **only_sent(values, self.initial_data)}


class SelfRegisteredSerializer(PatientSerializer):
    """What patients who registered themselves get back: the fields that they sent, and the id but
    where the clinic conceals who is known."""

    def get_fields(self):
        fields = super().get_fields()
        for name in ("record_number", "has_document", "created_at", "updated_at"):
            del fields[name]
        for field in fields.values():
            field.required = field.read_only = False
        return fields


def not_known(faults: list[ErrorDetail]) -> list[ErrorDetail]:
    """The faults that may be told where it is concealed that something is known."""
    return [one for one in faults if one.code != UNIQUE]


def only_sent(values: dict[str, Any], sent: Mapping) -> dict[str, Any]:
    """The values that were sent, as JSON or as a form with names such as `address.street`."""
    told = {}
    for name, value in values.items():
        inner = {key.removeprefix(f"{name}."): None for key in sent if key.startswith(f"{name}.")}
        given = inner or sent.get(name)
        if isinstance(value, dict) and isinstance(given, Mapping):
            told[name] = only_sent(value, given)
        elif name in sent or any(key.startswith(f"{name}[") for key in sent):
            told[name] = value
    return told


class PatientDocumentSerializer(StrictSerializer):
    """The photo of an identity document."""

    document_photo = PhotoField()


class PatientQuery(PageQuery):
    search = TextField(required=False, allow_blank=True, max_length=200)
    doctor_id = IdField(required=False)
    ordering = OneOfField(["last_name", "-last_name", "created_at", "-created_at"], required=False)
