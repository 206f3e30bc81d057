from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as ModelValidationError
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from appointments.api.serializers import (
    AppointmentSerializer,
    BookingSerializer,
    CancelSerializer,
)
from appointments.models import AppointmentSeries, SeriesDate
from appointments.scheduling.conflicts import CONFLICT_SENTENCES, Occurrence
from appointments.scheduling.recurrence import at_clock, read_rule
from appointments.services.series import ON_CONFLICT, REFUSE
from clinic.api.faults import model_faults
from clinic.api.fields import CANONICAL_UUID, InstantField, OneOfField, TextField
from clinic.api.serializers import StrictSerializer

RULE = (
    "A recurrence rule of RFC 5545: FREQ (DAILY, WEEKLY or MONTHLY), INTERVAL, BYDAY, WKST, and "
    "COUNT (at most 52) or UNTIL. The first visit must be one of its dates. Each has the same "
    "local time, across changes of the clocks."
)
FROM = "A visit of the series by its id, or an instant: the visits that start then or later."


class DateConflictSerializer(serializers.Serializer):
    """Why there can be no visit then."""

    code = serializers.ChoiceField(list(CONFLICT_SENTENCES))
    message = serializers.CharField()


class NearestSerializer(serializers.Serializer):
    """A free time of the doctor."""

    starts_at = InstantField()
    ends_at = InstantField()
    location_id = serializers.UUIDField(allow_null=True)


class OccurrenceSerializer(serializers.Serializer):
    """A date of a series that isn't booked yet."""

    starts_at = InstantField()
    ends_at = InstantField()
    conflict = serializers.SerializerMethodField()
    warnings = serializers.ListField(
        child=serializers.CharField(),
        source="warning_sentences",
        help_text="What staff should know, such as that it is outside of the working hours.",
    )
    nearest = NearestSerializer(
        allow_null=True, help_text="Where there is a conflict: what is free within a week of it."
    )

    @extend_schema_field(DateConflictSerializer(allow_null=True))
    def get_conflict(self, occurrence: Occurrence) -> dict[str, str] | None:
        return told_conflict(occurrence.conflict)


class OccurrencesSerializer(serializers.Serializer):
    """All dates of a series, each with what stands in its way."""

    occurrences = OccurrenceSerializer(many=True)


class RefusedSeriesSerializer(serializers.Serializer):
    """Where a conflict refused the series, all its dates."""

    occurrences = OccurrenceSerializer(many=True, required=False)


class SkippedSerializer(serializers.Serializer):
    """A date of the rule without a visit: there was a conflict, or somebody chose so (null)."""

    starts_at = serializers.SerializerMethodField()
    conflict = serializers.SerializerMethodField()

    @extend_schema_field(InstantField())
    def get_starts_at(self, date: SeriesDate) -> str | None:
        at = at_clock(date.local_start, timezone.get_default_timezone())
        return InstantField().to_representation(at)

    @extend_schema_field(DateConflictSerializer(allow_null=True))
    def get_conflict(self, date: SeriesDate) -> dict[str, str] | None:
        return told_conflict(date.refused_code)


class ReplacedSerializer(SkippedSerializer):
    """A date of the rule whose visit was booked at the nearest free time."""

    appointment_id = serializers.UUIDField()


class SeriesSerializer(serializers.ModelSerializer):
    """A series and its visits, each of which is an appointment."""

    doctor_id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    rrule = serializers.CharField(source="rule")
    created_at = InstantField()
    appointments = AppointmentSerializer(many=True, source="visits")
    skipped = SkippedSerializer(many=True)
    replaced = ReplacedSerializer(many=True)

    class Meta:
        model = AppointmentSeries
        fields = [
            "id",
            "doctor_id",
            "patient_id",
            "rrule",
            "created_at",
            "appointments",
            "skipped",
            "replaced",
        ]


class NewSeriesSerializer(BookingSerializer):
    """The first visit, as it would be booked alone, and the rule."""

    rrule = TextField(
        max_length=500,
        help_text=RULE,
        style={"example": "FREQ=WEEKLY;BYDAY=TU;COUNT=8"},
    )

    def faults_beyond_fields(self, valid, errors):
        faults = dict(super().faults_beyond_fields(valid, errors))
        if "rrule" in valid:
            try:
                read_rule(valid["rrule"])
            except ModelValidationError as error:
                faults["rrule"] = [ErrorDetail(*told) for _name, *told in model_faults(error)]
        return faults


class BookSeriesSerializer(NewSeriesSerializer):
    on_conflict = OneOfField(
        list(ON_CONFLICT),
        required=False,
        default=REFUSE,
        help_text=" ".join(f"{name}: {what}" for name, what in ON_CONFLICT.items()),
    )


@extend_schema_field({"type": "string", "example": "2027-03-29T07:00:00Z"})
class FromField(serializers.Field):
    """A UUID, or an instant."""

    def to_internal_value(self, data: Any) -> UUID | datetime:
        if isinstance(data, str) and CANONICAL_UUID.fullmatch(data):
            return UUID(data)
        return InstantField().to_internal_value(data)


class CancelSeriesSerializer(CancelSerializer):
    """From which visit on, and why. All that are to come where that is left out."""

    def get_fields(self):
        """`from` is no name that Python lets a class attribute have."""
        return {**super().get_fields(), "from": FromField(required=False, help_text=FROM)}


class RescheduleSeriesSerializer(StrictSerializer):
    """From which visit on, and when that one is to be."""

    starts_at = InstantField(help_text="The later ones move by as much on the clinic's clocks.")

    def get_fields(self):
        return {**super().get_fields(), "from": FromField(help_text=FROM)}


def told_conflict(code: str) -> dict[str, str] | None:
    return {"code": code, "message": CONFLICT_SENTENCES[code]} if code else None
