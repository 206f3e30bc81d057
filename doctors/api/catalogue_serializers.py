"""What the routes of visit types, places and rooms take and answer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from clinic.api.faults import model_faults
from clinic.api.fields import (
    IdField,
    IdsField,
    InstantField,
    OneOfField,
    PhoneField,
    TextField,
    TruthField,
    WholeNumberField,
)
from clinic.api.money import PriceSerializer
from clinic.api.serializers import PageQuery, RecordSerializer, WholeSerializer, fault
from doctors import services
from doctors.models import HealthcareService, Location, Resource, ResourceOutage

NOT_NAMED = "Only who is in doctor_ids has a length of their own."
TWICE = "Name each once."
MOST_LENGTHS, MOST_NEEDS = 1000, 20


class ReplacedSerializer(RecordSerializer):
    """A record of which PUT replaces all: what is left out gets its default."""

    sometimes_answered: frozenset[str] = frozenset()

    @property
    def always_answered(self) -> frozenset[str]:
        return frozenset(self.fields) - self.sometimes_answered

    def apply(self, instance, valid):
        if self.instance is not None and not self.partial:
            valid = {**self.defaults(), **valid}
        return super().apply(instance, valid)

    def defaults(self) -> dict[str, Any]:
        """Of the optional fields of the model."""
        stored = {field.attname: field for field in self.model._meta.concrete_fields}
        names = {name for name, field in self.fields.items() if not field.read_only}
        return {name: stored[name].get_default() for name in names & set(stored)}


class DoctorLengthSerializer(WholeSerializer):
    """How long a visit of this type takes with one doctor."""

    doctor_id = IdField()
    duration_minutes = WholeNumberField(min_value=15, max_value=180)


class NeedSerializer(WholeSerializer):
    """How many rooms or devices of a pool a visit of this type has."""

    pool = TextField(max_length=50)
    count = WholeNumberField(min_value=1, max_value=5)


class LinkedIdsField(IdsField):
    """The ids that a list of the record names; empty where it names none."""

    def __init__(self, links: str, key: str, **options):
        self.links, self.key = links, key
        super().__init__(required=False, **options)

    def get_attribute(self, instance):
        return sorted(getattr(link, self.key) for link in getattr(instance, self.links).all())


class HealthcareServiceSerializer(ReplacedSerializer):
    """A visit type: what patients can come for (FHIR: HealthcareService)."""

    model = HealthcareService
    error_names = {
        "price_amount": "price.amount",
        "price_currency": "price.currency",
        "doctors": "doctor_ids",
        "locations": "location_ids",
    }

    id = IdField(read_only=True)
    name = TextField(max_length=100, help_text="Unique, whatever the case of its letters.")
    code = TextField(
        required=False, allow_blank=True, max_length=50, help_text="The clinic's own. Unique."
    )
    description = TextField(
        required=False, allow_blank=True, max_length=500, help_text="Words for patients."
    )
    duration_minutes = WholeNumberField(
        min_value=15, max_value=180, help_text="With the buffers 180 at most."
    )
    buffer_before_minutes = WholeNumberField(
        required=False, min_value=0, max_value=60, help_text="Kept free before: to prepare."
    )
    buffer_after_minutes = WholeNumberField(
        required=False, min_value=0, max_value=60, help_text="Kept free after: to clean up."
    )
    price = PriceSerializer(
        required=False, allow_null=True, help_text="null: none is told, which isn't 0."
    )
    is_online = TruthField(required=False, help_text="Patients may book it for themselves.")
    for_new_patients = OneOfField(
        HealthcareService.NewPatients.choices,
        required=False,
        help_text="`only` and `never`: for those who have never been here, and for the others.",
    )
    doctor_ids = LinkedIdsField(
        "service_doctors", "doctor_id", help_text="Who offers it; empty: every doctor."
    )
    lengths: serializers.Field = serializers.ListSerializer(
        child=DoctorLengthSerializer(),
        required=False,
        max_length=MOST_LENGTHS,
        help_text="Doctors of `doctor_ids` with whom it takes another time than usual.",
    )
    location_ids = LinkedIdsField(
        "service_locations", "location_id", help_text="Where; empty: at every place."
    )
    needs: serializers.Field = serializers.ListSerializer(
        child=NeedSerializer(),
        required=False,
        max_length=MOST_NEEDS,
        help_text="Of which pools of rooms and equipment (`pool` of `/resources`) it has how many.",
    )
    is_active = TruthField(required=False, help_text="False: not offered any more.")
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)

    def apply(self, instance, valid):
        record = {name: value for name, value in valid.items() if name not in LISTS}
        return super().apply(instance, record)

    def defaults(self):
        return {**super().defaults(), "price": None}

    def lists(self, valid: Mapping[str, Any]) -> dict[str, Any]:
        """The lists that the service is to save, by the names of its arguments."""
        if self.instance is not None and not self.partial:
            valid = {**dict.fromkeys(LISTS, ()), **valid}
        found: dict[str, Any] = {}
        if {"doctor_ids", "lengths"} & set(valid):
            found["doctors"] = self.doctors(valid)
        if "location_ids" in valid:
            found["locations"] = list(valid["location_ids"])
        if "needs" in valid:
            found["needs"] = {need["pool"]: need["count"] for need in valid["needs"]}
        return found

    def doctors(self, valid: Mapping[str, Any]) -> dict[UUID, int | None]:
        """Those who stay keep the lengths that they have, where none are sent."""
        stored: dict[UUID, int | None] = {}
        if self.instance is not None:
            links = self.instance.service_doctors.all()
            stored = {link.doctor_id: link.duration_minutes for link in links}
        own = stored
        if "lengths" in valid:
            own = {one["doctor_id"]: one["duration_minutes"] for one in valid["lengths"]}
        return {key: own.get(key) for key in valid.get("doctor_ids", stored)}

    def faults_beyond_fields(self, valid, errors):
        faults = super().faults_beyond_fields(valid, errors)
        lists = self.lists(valid)
        found = services.list_faults(
            self.build(valid), lists.get("doctors"), lists.get("locations"), lists.get("needs")
        )
        for name, sentence, code in model_faults(ValidationError(found)):
            key = self.error_names.get(name, name)
            if key not in errors:
                faults.setdefault(key, []).append(ErrorDetail(sentence, code))
        for name, key in (("lengths", "doctor_id"), ("needs", "pool")):
            named = [one[key] for one in valid.get(name, ())]
            if len(set(named)) < len(named):
                faults.setdefault(name, []).extend(fault(TWICE))
        if {one["doctor_id"] for one in valid.get("lengths", ())} - set(lists.get("doctors", ())):
            faults.setdefault("lengths", []).extend(fault(NOT_NAMED))
        return faults


LISTS = ("doctor_ids", "lengths", "location_ids", "needs")


class SavedServiceSerializer(HealthcareServiceSerializer):
    """A visit type as it was saved."""

    sometimes_answered = frozenset({"warnings"})
    warnings = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Pools of which there are fewer in use than a visit needs: none can be booked.",
    )


class ServiceQuery(PageQuery):
    doctor_id = IdField(required=False, help_text="Those that this doctor offers.")
    location_id = IdField(required=False, help_text="Those that are offered at this place.")
    is_online = TruthField(required=False, help_text="Those that patients may book themselves.")


@extend_schema_field({"type": "number", "example": 52.520008})
class DegreesField(serializers.Field):
    """Degrees as a JSON number, kept with six decimals, which is a tenth of a metre."""

    default_error_messages = {"invalid": "Write degrees as a number, such as 52.520008."}

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float) or abs(data) > 360:
            self.fail("invalid")
        return round(Decimal(str(data)), 6)

    def to_representation(self, value: Decimal) -> float:
        return float(value)


class LocationSerializer(ReplacedSerializer):
    """A place of the clinic (FHIR: Location)."""

    model = Location

    id = IdField(read_only=True)
    name = TextField(max_length=100, help_text="Unique, whatever the case of its letters.")
    address = TextField(
        required=False, allow_blank=True, max_length=300, help_text="As patients read it."
    )
    phone = PhoneField(required=False, allow_blank=True)
    latitude = DegreesField(
        required=False, allow_null=True, help_text="-90 to 90, with `longitude` or not at all."
    )
    longitude = DegreesField(required=False, allow_null=True, help_text="-180 to 180.")
    is_active = TruthField(required=False, help_text="False: not in use any more.")
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)


class LocationQuery(PageQuery):
    """Places are listed by name."""


class ResourceSerializer(ReplacedSerializer):
    """A room or a piece of equipment, which no two visits have at the same time."""

    model = Resource
    error_names = {"location": "location_id"}

    id = IdField(read_only=True)
    name = TextField(max_length=100, help_text="Unique at its place.")
    kind = OneOfField(Resource.Kind.choices, required=False, help_text="`room` if left out.")
    pool = TextField(
        max_length=50,
        help_text="What it is one of: a visit has the first that is free. Spelled as the pool is "
        "already, whatever the case of its letters.",
    )
    location_id = IdField(
        required=False, allow_null=True, help_text="Where it is; null: it can be had everywhere."
    )
    is_active = TruthField(required=False, help_text="False: not in use any more.")
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)


class ResourceQuery(PageQuery):
    pool = TextField(required=False, max_length=50, help_text="Whatever the case of its letters.")
    kind = OneOfField(Resource.Kind.choices, required=False)
    location_id = IdField(required=False, help_text="Those that are at this place.")


class OutageSerializer(RecordSerializer):
    """When a room or device is out of service, from one instant to another."""

    model = ResourceOutage
    always_answered = frozenset({"reason"})

    id = IdField(read_only=True)
    starts_at = InstantField()
    ends_at = InstantField()
    reason = TextField(required=False, allow_blank=True, max_length=200)

    def missing(self, valid, errors):
        return {"resource"}


class OutageQuery(PageQuery):
    """Times out of service are listed by their start."""
