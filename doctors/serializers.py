from rest_framework import serializers

from clinic.api.fields import (
    IdField,
    InstantField,
    OneOfField,
    PhoneField,
    TextField,
    TruthField,
    WholeNumberField,
)
from clinic.api.serializers import PageQuery, RecordSerializer
from doctors.models import Doctor


class PublicDoctorSerializer(serializers.ModelSerializer):
    """What anybody may know of a doctor."""

    class Meta:
        model = Doctor
        fields = ["id", "first_name", "last_name", "specialization", "default_duration_minutes"]


class DoctorSerializer(RecordSerializer):
    """A doctor's record, as the front office sees it."""

    model = Doctor

    id = IdField(read_only=True)
    first_name = TextField(max_length=50)
    last_name = TextField(max_length=50)
    email = TextField(max_length=254)
    phone = PhoneField(required=False, allow_blank=True, max_length=20)
    specialization = TextField(max_length=100)
    license_number = TextField(required=False, allow_blank=True, max_length=50)
    is_active = TruthField(required=False)
    default_duration_minutes = WholeNumberField(required=False, min_value=15, max_value=180)
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)

    def apply(self, instance: Doctor, valid: dict) -> Doctor:
        if self.instance is not None and not self.partial:
            fields = ("phone", "license_number", "is_active", "default_duration_minutes")
            defaults = {name: Doctor._meta.get_field(name).get_default() for name in fields}
            valid = {**defaults, **valid}
        return super().apply(instance, valid)


class DoctorQuery(PageQuery):
    specialization = TextField(required=False, max_length=100)
    ordering = OneOfField(
        ["last_name", "-last_name", "specialization", "-specialization"], required=False
    )
