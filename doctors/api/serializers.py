from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.serializers import AccountSerializer
from accounts.models import User
from accounts.roles import STAFF_ROLES, Role
from accounts.services.concealment import conceals
from clinic.api.faults import model_faults
from clinic.api.fields import (
    IdField,
    InstantField,
    OneOfField,
    PhoneField,
    TextField,
    TruthField,
    WholeNumberField,
)
from clinic.api.serializers import PageQuery, RecordSerializer, StrictSerializer, fault
from doctors import services
from doctors.models import Doctor


class SpecializationCodeField(serializers.CharField):
    """The code of a field of medicine, read from what `specialization` says."""

    def __init__(self, **options):
        super().__init__(
            read_only=True,
            help_text="The field's code in SNOMED CT (FHIR's `c80-practice-codes`), where the "
            "words of `specialization` are known in any language, typos forgiven; empty else.",
            **options,
        )


class PublicDoctorSerializer(serializers.ModelSerializer):
    """What anybody may know of a doctor."""

    specialization_code = SpecializationCodeField()

    class Meta:
        model = Doctor
        fields = [
            "id",
            "first_name",
            "last_name",
            "specialization",
            "specialization_code",
            "default_duration_minutes",
        ]


class DoctorSerializer(RecordSerializer):
    """A doctor's record, as the front office sees it."""

    model = Doctor

    id = IdField(read_only=True)
    first_name = TextField(max_length=50)
    last_name = TextField(max_length=50)
    email = TextField(max_length=254)
    phone = PhoneField(required=False, allow_blank=True)
    specialization = TextField(max_length=100)
    specialization_code = SpecializationCodeField()
    license_number = TextField(required=False, allow_blank=True, max_length=50)
    is_active = TruthField(
        required=False,
        help_text="An inactive doctor takes no appointments, and the account is shut at once.",
    )
    default_duration_minutes = WholeNumberField(required=False, min_value=15, max_value=180)
    slot_interval_minutes = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=5,
        max_value=180,
        help_text="A visit may start every so many minutes; null: one after the other.",
    )
    waits_for_approval = serializers.BooleanField(read_only=True)
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)

    def apply(self, instance: Doctor, valid: dict) -> Doctor:
        if self.instance is not None and not self.partial:
            fields = ("phone", "license_number", "is_active", *LENGTHS)
            defaults = {name: Doctor._meta.get_field(name).get_default() for name in fields}
            valid = {**defaults, **valid}
        return super().apply(instance, valid)


LENGTHS = ("default_duration_minutes", "slot_interval_minutes")


FOUND_BY = (
    "A word for the field in any of the clinic's languages or as patients say it (`Kardiologie`, "
    "`heart doctor`), a slip forgiven, or its code."
)


class DoctorQuery(PageQuery):
    specialization = TextField(required=False, max_length=100, help_text=FOUND_BY)
    ordering = OneOfField(
        ["last_name", "-last_name", "specialization", "-specialization"], required=False
    )


class NewAccountSerializer(StrictSerializer):
    """What opens an account of staff, with the doctor's record where it is a doctor's."""

    email = TextField(max_length=254)
    password = TextField(max_length=4096, trim_whitespace=False)
    confirm_password = TextField(max_length=4096, trim_whitespace=False)
    first_name = TextField(max_length=50)
    last_name = TextField(max_length=50)
    phone = PhoneField(required=False, allow_blank=True)
    find_faults = staticmethod(services.registration_faults)

    def build(self, valid: dict[str, Any]) -> tuple[User, Doctor | None]:
        """The unsaved account, and the doctor's record that goes with it."""
        raise NotImplementedError

    def faults_beyond_fields(self, valid, errors):
        faults: dict[str, list[ErrorDetail]] = {}
        passwords = {"password", "confirm_password"}
        if passwords <= set(valid) and valid["password"] != valid["confirm_password"]:
            faults["confirm_password"] = fault("The passwords don't match.")
        user, doctor = self.build(valid)
        found = self.find_faults(user, valid.get("password"), doctor)
        for name, sentence, code in model_faults(ValidationError(found)):
            if name not in errors:
                faults.setdefault(name, []).append(ErrorDetail(sentence, code))
        return faults


class StaffSerializer(NewAccountSerializer):
    """What an admin sends to open an account. The fields of a doctor's record go with the role
    doctor alone; a record with this e-mail address that has no account yet is linked, and takes
    over what is sent."""

    role = OneOfField(STAFF_ROLES)
    specialization = TextField(required=False, max_length=100, help_text="Of a new doctor.")
    license_number = TextField(required=False, allow_blank=True, max_length=50)
    default_duration_minutes = WholeNumberField(required=False, min_value=15, max_value=180)

    def build(self, valid):
        user = User(**{name: valid[name] for name in (*NAME, "role") if name in valid})
        if user.role != Role.DOCTOR:
            user.phone = valid.get("phone", "")
            return user, None
        doctor = services.record_for(valid.get("email", ""))
        for name in {*valid} & {*NAME, "phone", *OF_DOCTORS}:
            setattr(doctor, name, valid[name])
        return user, doctor

    def faults_beyond_fields(self, valid, errors):
        faults = super().faults_beyond_fields(valid, errors)
        if valid.get("role", Role.DOCTOR) != Role.DOCTOR:
            faults |= {name: fault(DOCTORS_ONLY) for name in OF_DOCTORS if name in valid}
        return faults


class ApplicationSerializer(NewAccountSerializer):
    """What a doctor sends to apply."""

    specialization = TextField(max_length=100)
    license_number = TextField(max_length=50)
    privacy_consent = TruthField(
        required=False,
        help_text="The applicant agrees to the clinic's privacy notice: when, and to which version "
        "of it, is noted.",
    )
    find_faults = staticmethod(services.application_faults)

    def build(self, valid):
        fields = (*NAME, "phone", "specialization", "license_number")
        doctor = Doctor(**{name: valid[name] for name in fields if name in valid})
        return services.prepare_application(doctor), doctor


NAME = ("email", "first_name", "last_name")
OF_DOCTORS = ("specialization", "license_number", "default_duration_minutes")
DOCTORS_ONLY = "Only a doctor's account has this."


class StaffAccountSerializer(AccountSerializer):
    """An account of staff, as it was opened."""

    phone = PhoneField(help_text="Empty for a doctor, whose number is in the doctor's record.")


class ApplicantSerializer(serializers.Serializer):
    """Who applied. Where the clinic conceals who is known, the id is left out of every answer."""

    doctor_id = IdField(source="pk", required=False)
    email = serializers.EmailField()
    is_active = serializers.BooleanField(help_text="False until an admin approves.")

    def get_fields(self):
        fields = super().get_fields()
        if conceals():
            del fields["doctor_id"]
        return fields


class AppliedSerializer(serializers.Serializer):
    """An application that was taken."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    data = ApplicantSerializer()
