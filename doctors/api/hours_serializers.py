"""Hours, absences and closures as the API reads and writes them."""

from rest_framework.exceptions import ErrorDetail

from clinic.api.fields import (
    ClockField,
    DayField,
    IdField,
    IdsField,
    InstantField,
    TextField,
    WholeNumberField,
)
from clinic.api.serializers import PageQuery, RecordSerializer
from doctors.models import Absence, Closure, ExtraHours, WorkingHours


class NamedServicesField(IdsField):
    """The ids of some visit types, or null where none are named."""

    def __init__(self, **options):
        super().__init__(**{"allow_null": True, "allow_empty": False, **options})

    def get_attribute(self, instance):
        return sorted(instance.service_ids) or None


class WorkingHoursSerializer(RecordSerializer):
    """A span of a weekday, in the clinic's local time."""

    model = WorkingHours
    always_answered = frozenset({"valid_from", "valid_until", "location_id", "service_ids"})

    weekday = WholeNumberField(min_value=0, max_value=6, help_text="Monday is 0.")
    starts = ClockField()
    ends = ClockField(help_text="00:00 is the midnight at which the day ends.")
    valid_from = DayField(required=False, allow_null=True, help_text="The first day.")
    valid_until = DayField(required=False, allow_null=True, help_text="The last day.")
    location_id = IdField(
        required=False, allow_null=True, help_text="Where the doctor is then; null: any place."
    )
    service_ids = NamedServicesField(
        required=False,
        help_text="The visit types that alone are offered then; null: whatever the doctor offers.",
    )

    def missing(self, valid, errors):
        return {"doctor", "location"}


class DoctorsTimeSerializer(RecordSerializer):
    """A stretch of a doctor's time, from one instant to another."""

    id = IdField(read_only=True)
    starts_at = InstantField()
    ends_at = InstantField()
    reason = TextField(required=False, allow_blank=True, max_length=200)

    def missing(self, valid, errors):
        return {"doctor"}

    def faults_beyond_fields(self, valid, errors) -> dict[str, list[ErrorDetail]]:
        faults = super().faults_beyond_fields(valid, errors)
        faults.pop("doctor", None)
        return faults


class AbsenceSerializer(DoctorsTimeSerializer):
    model = Absence


class ExtraHoursSerializer(DoctorsTimeSerializer):
    model = ExtraHours
    always_answered = frozenset({"reason", "location_id"})

    location_id = IdField(
        required=False, allow_null=True, help_text="Where the doctor is then; null: any place."
    )

    def missing(self, valid, errors):
        return {"doctor", "location"}


class ClosureSerializer(RecordSerializer):
    """Days on which the whole clinic is closed, both included."""

    model = Closure

    id = IdField(read_only=True)
    starts_on = DayField()
    ends_on = DayField()
    reason = TextField(required=False, allow_blank=True, max_length=200)


class ClosureQuery(PageQuery):
    """Closures are listed by their first day."""
