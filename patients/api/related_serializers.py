"""What the routes of related persons and dependants take and answer."""

from typing import Any

from rest_framework import serializers

from clinic import languages
from clinic.api.fields import (
    DayField,
    IdField,
    InstantField,
    OneOfField,
    PhoneField,
    TextField,
    TruthField,
)
from clinic.api.serializers import RecordSerializer, fault, without_fields
from patients.api.account_serializers import NameField, in_success
from patients.models import Patient, RelatedPerson

EITHER_PERSON = "Give either related_patient_id, or name."


class RelatedPersonSerializer(RecordSerializer):
    """Somebody who belongs to a patient: another patient, or a person who is none and has a name
    and contacts here. `relationship` is what that person is to the patient."""

    model = RelatedPerson
    error_names = {"related_patient": "related_patient_id"}

    id = IdField(read_only=True)
    related_patient_id = IdField(
        required=False, allow_null=True, help_text="Fixed, once the relation is made."
    )
    name = TextField(
        required=False,
        allow_blank=True,
        max_length=101,
        source="full_name",
        help_text="Of a patient, as in the patient's own record.",
    )
    email = TextField(required=False, allow_blank=True, max_length=254)
    phone = PhoneField(required=False, allow_blank=True)
    language = OneOfField(
        languages.choices(),
        required=False,
        help_text="In which a person who is no patient is written to.",
    )
    relationship = OneOfField(RelatedPerson.Relationship.choices)
    may_act = TruthField(
        required=False, help_text="Sees and books for the patient, with an account of their own."
    )
    gets_messages = TruthField(
        required=False, help_text="Mails and texts about the patient go to this person."
    )
    valid_until = DayField(
        required=False, allow_null=True, help_text="The last day; today or later."
    )
    confirmed_at = InstantField(
        required=False,
        allow_null=True,
        help_text="When staff saw that it is so; now, if left out of a new one.",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        valid = super().to_internal_value(data)
        if "full_name" in valid:
            valid["name"] = valid.pop("full_name")
        return valid

    def changes(self, data, stored):
        """What is sent back as it was read is no change, such as the name of a patient."""
        data = super().changes(data, stored)
        return without_fields(data, {key for key in data if data[key] == stored.get(key, self)})

    def build(self, valid: dict[str, Any]) -> RelatedPerson:
        if self.instance is None:
            return self.apply(RelatedPerson(patient=self.context["patient"]), valid)
        return super().build(valid)

    def apply(self, instance: RelatedPerson, valid: dict[str, Any]) -> RelatedPerson:
        fields = {"name" if key == "full_name" else key: value for key, value in valid.items()}
        return super().apply(instance, fields)

    def faults_beyond_fields(self, valid, errors):
        person = {"related_patient_id": valid.get("related_patient_id")}
        person["name"] = valid.get("full_name")
        given = [key for key, value in person.items() if value or key in errors]
        if self.instance is None and len(given) != 1:
            return {given[0] if given else "related_patient_id": fault(EITHER_PERSON)}
        return super().faults_beyond_fields(valid, errors)

    def missing(self, valid, errors):
        return {"related_patient"}  # Whether these two are related already, the service says.


class DependantSerializer(RecordSerializer):
    """Somebody whom a patient cares for. No contacts of their own are needed."""

    model = Patient

    first_name = NameField(max_length=50)
    last_name = NameField(max_length=50)
    date_of_birth = DayField()
    gender = OneOfField(Patient.Gender.choices, required=False, allow_blank=True)
    relationship = OneOfField(
        RelatedPerson.Relationship.choices, help_text="What the caller is to this person."
    )

    def apply(self, instance: Patient, valid: dict[str, Any]) -> Patient:
        record = {key: value for key, value in valid.items() if key != "relationship"}
        return super().apply(instance, record)


class DependantStateSerializer(serializers.Serializer):
    """Whom the caller has registered, and whether the caller acts for them already."""

    patient_id = IdField()
    record_number = serializers.CharField(source="patient.record_number")
    name = serializers.CharField(source="patient.name")
    date_of_birth = DayField(source="patient.date_of_birth")
    relationship = OneOfField(RelatedPerson.Relationship.choices)
    may_act = serializers.BooleanField(help_text="False: as soon as the clinic has confirmed it.")
    confirmed_at = InstantField(allow_null=True)


Dependant = in_success(DependantStateSerializer, "RegisteredDependantSerializer")
