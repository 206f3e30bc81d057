"""What the routes of patients take and answer."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

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
from patients.api.record_fields import (
    AddressSerializer,
    EmergencyContactSerializer,
    FormerNamesField,
    InsuranceSerializer,
    MedicalHistoryField,
    PhotoField,
)
from patients.models import NOT_DECEASED, Invitation, Patient
from patients.models.constraints import CONTACTS

# The API's dotted names of the model's columns.
ERROR_NAMES = {
    **{name: f"address.{name}" for name in ("street", "city", "state", "zip", "country")},
    **{
        f"emergency_contact_{name}": f"emergency_contact.{name}"
        for name in ("name", "phone", "relationship")
    },
    **{f"insurance_{name}": f"insurance_info.{name}" for name in ("provider", "policy_number")},
}
PARTS_OF_NAME = ("first_name", "last_name")
REQUIRED = "This field is required."
EITHER_NAME = "Give either name, or first_name and last_name."
# What a PUT that leaves optional fields out makes of them.
BLANK: dict[str, Any] = {
    **dict.fromkeys(
        ("first_name", "preferred_name", "former_names", "email", "phone"),
        "",
    ),
    **dict.fromkeys(
        ("gender", "street", "city", "state", "zip", "medical_history", *ERROR_NAMES),
        "",
    ),
    "date_of_birth": None,
}
del BLANK["country"]


class PatientSerializer(RecordSerializer):
    """A patient's record. The name is given as `name`, or as `first_name` and `last_name`."""

    model = Patient
    error_names = ERROR_NAMES
    record: Patient | None = None  # What the request makes of it.
    always_answered = frozenset(CONTACTS)

    id = IdField(read_only=True)
    record_number = serializers.CharField(read_only=True)
    name = TextField(max_length=101, required=False)
    first_name = TextField(max_length=50, required=False, allow_blank=True)
    last_name = TextField(max_length=50, required=False)
    preferred_name = TextField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="What the patient wants to be called (FHIR: HumanName.use usual). A single word "
        "stands for the first names.",
    )
    former_names = FormerNamesField(
        required=False,
        max_length=10,
        help_text="Last names of before, such as the one at birth (FHIR: HumanName.use old).",
    )
    active = TruthField(
        source="is_active",
        required=False,
        help_text="FHIR: Patient.active. Who isn't is found where asked for, and not suggested at "
        "the desk; a visit that is booked makes it true. Left out of a PUT, it stays as it is.",
    )
    email = TextField(
        max_length=254, required=False, allow_blank=True, help_text="Empty where there is none."
    )
    phone = PhoneField(required=False, allow_blank=True, help_text="Empty where there is none.")
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

    def build(self, valid: dict[str, Any]) -> Patient:
        self.record = super().build(valid)
        return self.record

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


class PatientDocumentSerializer(StrictSerializer):
    """The photo of an identity document."""

    document_photo = PhotoField()


class PatientQuery(PageQuery):
    search = TextField(required=False, allow_blank=True, max_length=200)
    doctor_id = IdField(required=False)
    active = TruthField(required=False, help_text="Those in use, or those that aren't.")
    ordering = OneOfField(["last_name", "-last_name", "created_at", "-created_at"], required=False)
