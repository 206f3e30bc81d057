"""What is read and written of group sessions."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from appointments.api.serializers import (
    FEWEST,
    MOST,
    AppointmentSerializer,
    BookedResourceSerializer,
    NamedSerializer,
    PatientIdSerializer,
)
from appointments.models import FEWEST_PLACES, MOST_PLACES, Appointment, GroupSession
from clinic.api.faults import model_faults
from clinic.api.fields import DayField, IdField, InstantField, TextField, WholeNumberField
from clinic.api.money import PriceSerializer
from clinic.api.serializers import PageQuery, StrictSerializer, fault

PLACES: dict[str, Any] = {
    "min_value": FEWEST_PLACES,
    "max_value": MOST_PLACES,
    "help_text": f"How many can take part, {FEWEST_PLACES} to {MOST_PLACES}.",
}


class SessionSerializer(serializers.ModelSerializer):
    """A group session as it is read: of those who take part, how many places they leave free."""

    doctor_id = serializers.UUIDField()
    doctor_name = serializers.CharField(source="doctor.__str__")
    name = serializers.CharField(help_text="The title, or else the name of the visit type.")
    title = serializers.CharField(help_text="Empty where the visit type's name is enough.")
    starts_at = InstantField()
    ends_at = InstantField()
    duration_minutes = serializers.IntegerField()
    free_places = serializers.IntegerField()
    service_id = serializers.UUIDField(allow_null=True)
    service = NamedSerializer(allow_null=True)
    location_id = serializers.UUIDField(allow_null=True)
    location = NamedSerializer(allow_null=True)
    resources = BookedResourceSerializer(source="rooms", many=True)
    price = PriceSerializer(allow_null=True)
    cancelled_at = InstantField(allow_null=True)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        model = GroupSession
        fields = [
            "id",
            "doctor_id",
            "doctor_name",
            "name",
            "title",
            "starts_at",
            "ends_at",
            "duration_minutes",
            "capacity",
            "free_places",
            "service_id",
            "service",
            "location_id",
            "location",
            "resources",
            "price",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "cancelled_at",
            "created_at",
            "updated_at",
        ]


class SessionDetailSerializer(SessionSerializer):
    """With the appointments in it that the reader may see: of a patient, the own ones alone."""

    participants = serializers.SerializerMethodField()

    class Meta(SessionSerializer.Meta):
        fields = [*SessionSerializer.Meta.fields, "participants"]

    @extend_schema_field(AppointmentSerializer(many=True))
    def get_participants(self, session: GroupSession) -> list[dict[str, Any]]:
        found = self.context["view"].participants_of(session)
        return AppointmentSerializer(found, many=True, context=self.context).data


class OpenedSerializer(SessionDetailSerializer):
    """A session that was given its time."""

    warnings = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="What staff should know, such as that it is outside of the working hours.",
    )

    class Meta(SessionDetailSerializer.Meta):
        fields = [*SessionDetailSerializer.Meta.fields, "warnings"]


class OpeningSerializer(StrictSerializer):
    """Whose time it takes, when, and how many can take part."""

    doctor_id = IdField()
    starts_at = InstantField()
    duration_minutes = WholeNumberField(
        min_value=FEWEST,
        max_value=MOST,
        required=False,
        help_text="Left out: as long as the visit type, or a visit to the doctor, usually is.",
    )
    capacity = WholeNumberField(**PLACES)
    title = TextField(required=False, allow_blank=True, max_length=100)
    service_id = IdField(required=False, allow_null=True)
    location_id = IdField(required=False, allow_null=True)

    def faults_beyond_fields(self, valid, errors):
        return model_faults_of(valid)


class MovingSerializer(StrictSerializer):
    """The new start; length and doctor stay as they are where they are left out."""

    starts_at = InstantField()
    duration_minutes = WholeNumberField(min_value=FEWEST, max_value=MOST, required=False)
    doctor_id = IdField(required=False)

    def faults_beyond_fields(self, valid, errors):
        return model_faults_of(valid)


class ChangingSerializer(StrictSerializer):
    """How many can take part, and what it is called."""

    capacity = WholeNumberField(required=False, **PLACES)
    title = TextField(required=False, allow_blank=True, max_length=100)

    def faults_beyond_fields(self, valid, errors):
        return model_faults_of(valid)


class ParticipantSerializer(PatientIdSerializer):
    """Who is to take part, and why."""

    reason = TextField(required=False, allow_blank=True, max_length=500)

    def faults_beyond_fields(self, valid, errors):
        faults = dict(super().faults_beyond_fields(valid, errors))
        if "reason" in valid:
            faults |= faults_found(Appointment(reason=valid["reason"]), {"reason"})
        return faults


def model_faults_of(valid: dict[str, Any]) -> dict[str, Any]:
    """What the model finds in the fields that are valid, although others may be faulty."""
    given = {name: valid[name] for name in ("title", "capacity") if name in valid}
    if "starts_at" in valid:
        length = timedelta(minutes=valid.get("duration_minutes", FEWEST))
        try:
            given |= {"starts_at": valid["starts_at"], "ends_at": valid["starts_at"] + length}
        except OverflowError:
            return {"starts_at": fault("Too far in the future.")}
    return faults_found(GroupSession(**given), set(given))


def faults_found(record: Appointment | GroupSession, names: set[str]) -> dict[str, Any]:
    others = {field.name for field in record._meta.fields} - names
    try:
        record.full_clean(others, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        return {name: fault(sentence, code) for name, sentence, code in model_faults(error)}
    return {}


class SessionQuery(PageQuery):
    date = DayField(required=False, help_text="A day in the clinic's time zone.")
    doctor_id = IdField(required=False)
    service_id = IdField(required=False)

    def get_fields(self):
        """`from` is no name that Python lets a class attribute have."""
        bounds = {
            "from": InstantField(required=False, help_text="Starts at this instant or later."),
            "to": InstantField(required=False, help_text="Starts before this instant."),
        }
        return {**super().get_fields(), **bounds}
