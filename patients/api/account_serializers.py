"""What patients with an account send and get: the `/patient/...` routes."""

import unicodedata
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.password_serializers import NO_MATCH, PasswordField
from accounts.api.serializers import TokenPairSerializer
from accounts.services import passwords
from accounts.services.concealment import conceals
from clinic.api.faults import model_faults
from clinic.api.fields import DayField, IdField, InstantField, OneOfField, PhoneField, TextField
from clinic.api.serializers import RecordSerializer, StrictSerializer, fault
from clinic.errors import UNIQUE
from patients import services
from patients.api.record_fields import (
    AddressSerializer,
    CountryField,
    EmergencyContactSerializer,
    FormerNamesField,
    InsuranceSerializer,
    MedicalHistoryField,
    PhotoField,
    consent_field,
)
from patients.api.serializers import ERROR_NAMES
from patients.models import Patient
from patients.postal import missing_parts, postal_code_fault

# The `/patient/...` routes call the number otherwise than the patient resource.
ACCOUNT_ERROR_NAMES = {**ERROR_NAMES, "phone": "phone_number"}
NOT_OF_THE_RECORD = ("password", "confirm_password", "current_password", "document_photo")


class FullAddressSerializer(StrictSerializer):
    """A postal address. State and postal code are left out where the country has none."""

    street = TextField(max_length=200)
    city = TextField(max_length=100)
    state = TextField(max_length=50, required=False, allow_blank=True)
    zip = TextField(
        max_length=12, required=False, allow_blank=True, help_text="A postal code of the country."
    )
    country = CountryField(required=False)

    def faults_beyond_fields(self, valid, errors):
        """Told with the address's other faults, which keep the record from being judged."""
        country = valid.get("country", settings.CLINIC_COUNTRY)
        if "country" in errors:
            return {}
        given = {name: valid.get(name, "") for name in ("zip", "state")}
        faults = missing_parts(country, **given)
        if sentence := postal_code_fault(given["zip"], country):
            faults["zip"] = sentence
        return {name: fault(told) for name, told in faults.items() if name not in errors}


class AccountRecordSerializer(RecordSerializer):
    """The part of a patient's record that all routes of patients with an account have."""

    model = Patient
    error_names = ACCOUNT_ERROR_NAMES
    record: Patient | None = None  # What the request makes of it.

    def build(self, valid: dict[str, Any]) -> Patient:
        self.record = super().build(valid)
        return self.record

    def apply(self, instance: Patient, valid: dict[str, Any]) -> Patient:
        record = {key: value for key, value in valid.items() if key not in NOT_OF_THE_RECORD}
        return super().apply(instance, record)


class NameField(TextField):
    """A name of two characters, or of one where the script writes names so."""

    default_error_messages = {"min_length": "Ensure this field has at least 2 characters."}

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if len(name) == 1 and not is_syllabic(name):
            self.fail("min_length")
        return name


def is_syllabic(character: str) -> bool:
    """Is it Han, Hangul or Kana, in which one character may be a whole name?"""
    scripts = ("CJK ", "HANGUL ", "HIRAGANA ", "KATAKANA ")
    return unicodedata.name(character, "").startswith(scripts)


class AccountRegistrationSerializer(AccountRecordSerializer):
    """What patients send to register themselves with an account."""

    first_name = NameField(max_length=50)
    last_name = NameField(max_length=50)
    email = TextField(max_length=254)
    phone_number = PhoneField(source="phone")
    password = PasswordField(write_only=True)
    confirm_password = PasswordField(write_only=True)
    date_of_birth = DayField()
    gender = OneOfField(Patient.Gender.choices)
    address = FullAddressSerializer(source="*")
    emergency_contact = EmergencyContactSerializer(source="*", required=False, allow_null=True)
    insurance_info = InsuranceSerializer(source="*", required=False, allow_null=True)
    medical_history = MedicalHistoryField(required=False, max_length=200)
    document_photo = PhotoField(required=False, write_only=True)
    privacy_consent = consent_field()

    def faults_beyond_fields(self, valid, errors):
        faults: dict[str, list[ErrorDetail]] = {}
        given = {"password", "confirm_password"} <= set(valid)
        if given and valid["password"] != valid["confirm_password"]:
            faults["confirm_password"] = fault(NO_MATCH)
        patient, skip = self.build(valid), self.faulty_columns(errors)
        found = services.account_registration_faults(patient, valid.get("password"), skip)
        for name, sentence, code in model_faults(ValidationError(found)):
            key = self.error_names.get(name, name)
            faults.setdefault(key, []).append(ErrorDetail(sentence, code))
        return faults

    def faulty_columns(self, errors) -> set[str]:
        """The model's fields that are missing or faulty already, whole groups of them."""
        names = {field.name for field in Patient._meta.fields}
        return {name for name in names if self.error_names.get(name, name).split(".")[0] in errors}


class AccountStateSerializer(serializers.Serializer):
    """The account of a patient. Where registrations with known addresses are concealed, the id
    isn't told here, but at the log-in."""

    patient_id = IdField(source="pk", required=False)
    email = serializers.EmailField(allow_blank=True)
    phone_number = PhoneField(source="phone", allow_blank=True)
    email_verified = serializers.SerializerMethodField()
    phone_verified = serializers.SerializerMethodField()

    def get_email_verified(self, patient: Patient) -> bool:
        return patient.email_verified_at is not None

    def get_phone_verified(self, patient: Patient) -> bool:
        return patient.phone_verified_at is not None


class ProfileSerializer(AccountStateSerializer, AccountRecordSerializer):
    """A patient's record as the `/patient/profile` routes have it, for staff."""

    always_answered = frozenset({"email", "phone_number"})

    patient_id = IdField(source="pk", read_only=True)
    record_number = serializers.CharField(read_only=True)
    first_name = TextField(max_length=50, required=False, allow_blank=True)
    last_name = TextField(max_length=50, required=False)
    preferred_name = TextField(max_length=100, required=False, allow_blank=True)
    former_names = FormerNamesField(required=False, max_length=10)
    email = TextField(max_length=254, required=False, allow_blank=True)
    phone_number = PhoneField(source="phone", required=False, allow_blank=True)
    date_of_birth = DayField(required=False, allow_null=True)
    gender = OneOfField(Patient.Gender.choices, required=False, allow_blank=True)
    address = AddressSerializer(source="*", required=False)
    emergency_contact = EmergencyContactSerializer(source="*", required=False, allow_null=True)
    insurance_info = InsuranceSerializer(source="*", required=False, allow_null=True)
    medical_history = MedicalHistoryField(required=False, max_length=200)
    has_document = serializers.SerializerMethodField()
    pending_email = serializers.SerializerMethodField(
        help_text="The new address that waits to be confirmed by the link mailed to it."
    )
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)

    def get_has_document(self, patient: Patient) -> bool:
        return hasattr(patient, "document")

    def get_pending_email(self, patient: Patient) -> str | None:
        """Of an account, and so for nobody who only acts for its patient."""
        by = self.context["request"].user
        is_open = patient.user_id == by.pk or by.is_staff
        return (patient.user.pending_email if patient.user and is_open else "") or None


class OwnProfileSerializer(ProfileSerializer):
    """The same for patients themselves, who change their contact data only."""

    current_password = PasswordField(
        required=False, write_only=True, help_text="Needed to change `email`."
    )

    first_name = TextField(read_only=True)
    last_name = TextField(read_only=True)
    former_names = FormerNamesField(read_only=True)
    date_of_birth = DayField(read_only=True)
    gender = OneOfField(Patient.Gender.choices, read_only=True)
    insurance_info = InsuranceSerializer(source="*", read_only=True)
    medical_history = MedicalHistoryField(read_only=True)

    def faults_beyond_fields(self, valid, errors):
        """Whether an address is known, the service says, to whom it may be told."""
        faults = super().faults_beyond_fields(valid, errors)
        if conceals() and "email" in faults:
            faults["email"] = [told for told in faults["email"] if told.code != UNIQUE]
        return {name: told for name, told in faults.items() if told}


class PatientLoginSerializer(StrictSerializer):
    email = TextField(max_length=254)
    password = PasswordField()
    otp = TextField(
        required=False,
        allow_blank=True,
        max_length=20,
        help_text="A code of the authenticator app, or a recovery code, where there is one.",
    )


class PatientTokensSerializer(TokenPairSerializer):
    patient_id = IdField()


class TokenSerializer(StrictSerializer):
    token = TextField(max_length=200, help_text="From the link in the mail.")


class ClaimSerializer(StrictSerializer):
    """What opens the account of a patient on record."""

    token = TextField(max_length=200, help_text="The code of the invitation, or of its link.")
    date_of_birth = DayField()
    password = PasswordField()
    confirm_password = PasswordField()
    email = TextField(max_length=254, required=False, help_text="Where none is on record.")
    phone_number = PhoneField(source="phone", required=False, help_text="Where none is on record.")

    def faults_beyond_fields(self, valid, errors):
        """What can be said of the password before it is known whose it is."""
        new = valid.get("password")
        told = [] if new is None else passwords.faults_of(new, None)
        faults: dict[str, list[ErrorDetail]] = {}
        for _, sentence, code in model_faults(ValidationError(told)):
            faults.setdefault("password", []).append(ErrorDetail(sentence, code))
        given = {"password", "confirm_password"} <= set(valid)
        if given and new != valid["confirm_password"]:
            faults["confirm_password"] = fault(NO_MATCH)
        return faults


class CodeSerializer(StrictSerializer):
    code = TextField(validators=[RegexValidator(r"\A[0-9]{6}\Z", "A code has six digits.")])


def in_success(inner: type[serializers.Serializer], name: str) -> type[serializers.Serializer]:
    """The success shape of the `/patient/...` routes around some data."""
    fields = {
        "success": serializers.BooleanField(),
        "message": serializers.CharField(),
        "data": inner(),
    }
    return type(name, (serializers.Serializer,), fields)


Registered = in_success(AccountStateSerializer, "RegisteredPatientSerializer")
SignedIn = in_success(PatientTokensSerializer, "PatientSignedInSerializer")
Profile = in_success(ProfileSerializer, "PatientProfileSerializer")
