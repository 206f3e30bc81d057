"""What registering a patient takes and answers: at the desk, and by patients themselves."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ErrorDetail

from accounts.services.concealment import conceals
from clinic.api.serializers import fault
from clinic.errors import UNIQUE
from patients.api.record_fields import PhotoField, consent_field
from patients.api.serializers import PatientSerializer
from patients.models import Patient
from patients.models.constraints import CONTACTS
from patients.services import self_registration_faults


class RegistrationSerializer(PatientSerializer):
    """What staff send to register a patient: the record, and the ID photo if they have it."""

    document_photo = PhotoField(required=False, write_only=True)
    privacy_consent = consent_field()

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
        for name in ("record_number", "active", "is_deceased", "deceased_on"):
            del fields[name]
        for name in CONTACTS:  # Nobody else can be asked for them.
            fields[name].required, fields[name].allow_blank = True, False
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

    always_answered = frozenset()

    def get_fields(self):
        fields = super().get_fields()
        for name in ("record_number", "active", "has_document", "created_at", "updated_at"):
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
