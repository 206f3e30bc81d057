from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.roles import Role
from appointments.models import (
    LONGEST,
    SHORTEST,
    Appointment,
    AppointmentChange,
    note_rooms,
)
from appointments.transitions import CancelReason, Status
from clinic.api.faults import model_faults
from clinic.api.fields import (
    DayField,
    IdField,
    InstantField,
    OneOfField,
    TextField,
    TruthField,
    WholeNumberField,
)
from clinic.api.money import PriceSerializer
from clinic.api.serializers import PageQuery, StrictSerializer, fault
from doctors.models import Resource

LEADS_ON = "That of a record that was merged into another stands for that one."
FEWEST, MOST = (int(length.total_seconds() // 60) for length in (SHORTEST, LONGEST))


class NamedSerializer(serializers.Serializer):
    """What is named, by its id."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class BookedResourceSerializer(NamedSerializer):
    """A room or device that an appointment has."""

    kind = serializers.ChoiceField(Resource.Kind.choices)
    pool = serializers.CharField(help_text="What it is one of.")


class AppointmentListSerializer(serializers.ListSerializer):
    """Reads the rooms and devices of all at once."""

    def to_representation(self, data):
        note_rooms(data)
        return super().to_representation(data)


class AppointmentSerializer(serializers.ModelSerializer):
    """An appointment as it is read."""

    doctor_id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    doctor_name = serializers.CharField(source="doctor.__str__")
    patient_name = serializers.CharField(source="patient.name")
    starts_at = InstantField()
    ends_at = InstantField()
    duration_minutes = serializers.IntegerField()
    overbook = serializers.SerializerMethodField()
    service_id = serializers.UUIDField(allow_null=True)
    service = NamedSerializer(allow_null=True, help_text="Its visit type; null: none.")
    location_id = serializers.UUIDField(allow_null=True)
    location = NamedSerializer(allow_null=True, help_text="Its place; null: any.")
    resources = BookedResourceSerializer(many=True, source="rooms")
    price = PriceSerializer(allow_null=True, help_text="That it was booked at; null: none.")
    series_id = serializers.UUIDField(allow_null=True)
    session_id = serializers.UUIDField(
        allow_null=True, help_text="The group session that it is a part of."
    )
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        model = Appointment
        list_serializer_class = AppointmentListSerializer
        fields = [
            "id",
            "doctor_id",
            "doctor_name",
            "patient_id",
            "patient_name",
            "starts_at",
            "ends_at",
            "duration_minutes",
            "status",
            "reason",
            "overbook",
            "overbook_reason",
            "service_id",
            "service",
            "location_id",
            "location",
            "resources",
            "price",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "series_id",
            "session_id",
            "created_at",
            "updated_at",
        ]

    def get_overbook(self, appointment: Appointment) -> bool:
        return bool(appointment.overbook_reason)


class ChangeSerializer(serializers.ModelSerializer):
    """One step of an appointment's history."""

    at = InstantField()
    by = serializers.UUIDField(source="by_id", allow_null=True)
    from_starts_at = InstantField(allow_null=True)
    from_ends_at = InstantField(allow_null=True)
    from_doctor_id = serializers.UUIDField(allow_null=True)
    to_starts_at = InstantField()
    to_ends_at = InstantField()
    to_doctor_id = serializers.UUIDField()

    class Meta:
        model = AppointmentChange
        fields = [
            "at",
            "by",
            "from_status",
            "to_status",
            "from_starts_at",
            "from_ends_at",
            "from_doctor_id",
            "to_starts_at",
            "to_ends_at",
            "to_doctor_id",
            "reason",
            "reason_code",
        ]


class AppointmentDetailSerializer(AppointmentSerializer):
    history = ChangeSerializer(many=True)

    class Meta(AppointmentSerializer.Meta):
        fields = [*AppointmentSerializer.Meta.fields, "history"]


class BookedSerializer(AppointmentDetailSerializer):
    """An appointment that was given its time."""

    warnings = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="What staff should know, such as that it is outside of the working hours.",
    )

    class Meta(AppointmentDetailSerializer.Meta):
        fields = [*AppointmentDetailSerializer.Meta.fields, "warnings"]


class TimeSerializer(StrictSerializer):
    """A start and a length."""

    starts_at = InstantField()
    duration_minutes = WholeNumberField(min_value=FEWEST, max_value=MOST)
    overbook = TruthField(required=False)
    overbook_reason = TextField(required=False, allow_blank=True, max_length=200)

    def faults_beyond_fields(self, valid, errors):
        faults = self.faults_of_model(valid)
        if {"overbook", "overbook_reason"} & set(errors):
            return faults
        overbook, reason = valid.get("overbook", False), valid.get("overbook_reason", "")
        if overbook and not reason:
            faults["overbook_reason"] = fault("Say why this time may be overbooked.")
        if reason and not overbook:
            faults["overbook"] = fault("A reason for overbooking goes with overbook: true.")
        return faults

    def faults_of_model(self, valid: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        """What the model finds in the fields that are valid, although others may be faulty."""
        given = {name: valid[name] for name in ("reason", "overbook_reason") if name in valid}
        unknown = {"doctor", "patient", "starts_at", "ends_at"}
        if "starts_at" in valid:
            length = timedelta(minutes=valid.get("duration_minutes", FEWEST))
            try:
                given |= {"starts_at": valid["starts_at"], "ends_at": valid["starts_at"] + length}
            except OverflowError:
                return {"starts_at": fault("Too far in the future.")}
            unknown = {"doctor", "patient"}
        try:
            Appointment(**given).full_clean(
                unknown, validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            return {name: fault(sentence, code) for name, sentence, code in model_faults(error)}
        return {}


class PatientIdSerializer(StrictSerializer):
    """Names the patient whom it is about. Patients themselves may leave that out."""

    patient_id = IdField(
        required=False, help_text=f"A patient who is signed in may leave it out. {LEADS_ON}"
    )

    def faults_beyond_fields(self, valid, errors):
        faults = dict(super().faults_beyond_fields(valid, errors))
        is_own = self.context["request"].user.role == Role.PATIENT
        if not is_own and not {"patient_id"} & (set(valid) | set(errors)):
            faults["patient_id"] = fault("This field is required.", "required")
        return faults


class BookingSerializer(PatientIdSerializer, TimeSerializer):
    """Who is to see whom, when, why and where."""

    doctor_id = IdField()
    duration_minutes = WholeNumberField(
        min_value=FEWEST,
        max_value=MOST,
        required=False,
        help_text="May be left out with a service: as long as that takes with this doctor.",
    )
    service_id = IdField(required=False, allow_null=True, help_text="A visit type.")
    location_id = IdField(
        required=False, allow_null=True, help_text="A place; left out: that of the doctor's hours."
    )
    reason = TextField(required=False, allow_blank=True, max_length=500)

    def faults_beyond_fields(self, valid, errors):
        faults = dict(super().faults_beyond_fields(valid, errors))
        is_lasting = {"duration_minutes"} & (set(valid) | set(errors))
        if not is_lasting and not valid.get("service_id") and "service_id" not in errors:
            faults["duration_minutes"] = fault("This field is required.", "required")
        return faults


class RescheduleSerializer(TimeSerializer):
    """The new start; length, doctor and place stay as they are where they are left out. In hours
    at another place, the appointment takes place there then."""

    duration_minutes = WholeNumberField(min_value=FEWEST, max_value=MOST, required=False)
    doctor_id = IdField(required=False)
    location_id = IdField(
        required=False, allow_null=True, help_text="Another place; null: wherever it can be."
    )


class ReasonSerializer(StrictSerializer):
    """Why the step was taken, which its history keeps."""

    reason = TextField(required=False, allow_blank=True, max_length=500)


class CheckInSerializer(ReasonSerializer):
    """Whether a visit of another day is meant."""

    early = TruthField(
        required=False,
        default=False,
        help_text="Check in a visit of another day of the clinic: without it, that is 409.",
    )


class CancelSerializer(ReasonSerializer):
    """Why the visit is cancelled: in words, and as one of FHIR's codes."""

    reason_code = OneOfField(CancelReason.choices, required=False)


class AppointmentQuery(PageQuery):
    date = DayField(required=False, help_text="A day in the clinic's time zone.")
    doctor_id = IdField(required=False)
    patient_id = IdField(required=False, help_text=LEADS_ON)
    service_id = IdField(required=False)
    location_id = IdField(required=False)
    resource_id = IdField(required=False, help_text="Of a room or device that it has.")
    status = OneOfField(Status.choices, required=False)
    ordering = OneOfField(["starts_at", "-starts_at"], required=False)

    def get_fields(self):
        """`from` is no name that Python lets a class attribute have."""
        bounds = {
            "from": InstantField(required=False, help_text="Starts at this instant or later."),
            "to": InstantField(required=False, help_text="Starts before this instant."),
        }
        return {**super().get_fields(), **bounds}
