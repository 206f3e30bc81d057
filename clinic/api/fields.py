"""Fields that take exactly what the contract says, where REST framework's own take more."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.phones import LONGEST

INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?)"
    r"([Zz]|[+-](?:0\d|1[0-4]):[0-5]\d)",
    re.ASCII,
)
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)
CANONICAL_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.I)
MOST_IDS = 1000
WEST, EAST = timedelta(hours=-12), timedelta(hours=14)


def from_form(field: serializers.Field) -> bool:
    """Does the value come from a form or a query, where everything is text?"""
    return isinstance(getattr(field.root, "initial_data", None), QueryDict)


class TextField(serializers.CharField):
    """A JSON string; numbers are no text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class OneOfField(serializers.ChoiceField):
    """One of some strings. What was sent instead is not repeated in the answer."""

    default_error_messages = {"invalid_choice": "Must be one of: {known}."}

    def to_internal_value(self, data: Any) -> str:
        if data == "" and self.allow_blank:
            return ""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", known=", ".join(map(str, self.choices)))
        return data


class WholeNumberField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and from_form(self) and INTEGER.fullmatch(data):
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class TruthField(serializers.BooleanField):
    default_empty_html = serializers.empty  # What a form or query leaves out isn't false.

    def to_internal_value(self, data: Any) -> bool:
        if from_form(self) and data in ("true", "false"):
            return data == "true"
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class IdField(serializers.UUIDField):
    """A UUID as RFC 9562 writes it, with hyphens."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not CANONICAL_UUID.fullmatch(data):
            self.fail("invalid", value="...")
        return UUID(data)


class IdsField(serializers.ListField):
    """Ids, each of them once."""

    default_error_messages = {"twice": "Name each once."}

    def __init__(self, **options):
        super().__init__(**{"child": IdField(), "max_length": MOST_IDS, **options})

    def to_internal_value(self, data: Any) -> list[UUID]:
        keys: list[UUID] = super().to_internal_value(data)
        if len(set(keys)) < len(keys):
            self.fail("twice")
        return keys


class DayField(serializers.DateField):
    """A calendar day, YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> date:
        if isinstance(value, str) and DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        return self.fail("invalid", format="YYYY-MM-DD")


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class ClockField(serializers.TimeField):
    """A local time of the day, HH:MM."""

    def to_internal_value(self, value: Any) -> time:
        if isinstance(value, str) and CLOCK.fullmatch(value):
            return time.fromisoformat(value)
        return self.fail("invalid", format="HH:MM")

    def to_representation(self, value: time | None) -> str | None:
        return None if value is None else f"{value:%H:%M}"


class InstantField(serializers.DateTimeField):
    """An RFC 3339 instant with an offset between -12:00 and +14:00; UTC with Z out."""

    def to_internal_value(self, value: Any) -> datetime:
        parts = INSTANT.fullmatch(value) if isinstance(value, str) else None
        if parts:
            offset = "+00:00" if parts[3] in "Zz" else parts[3]
            try:
                instant = datetime.fromisoformat(f"{parts[1]}T{parts[2]}{offset}")
                if WEST <= (instant.utcoffset() or timedelta()) <= EAST:
                    return instant.astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        return self.fail("invalid", format="2026-11-23T09:30:00+01:00")

    def to_representation(self, value: datetime | None) -> str | None:
        return None if value is None else instant_text(value)


def instant_text(value: datetime) -> str:
    """UTC with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@extend_schema_field({"type": "string", "maxLength": LONGEST, "example": "+4930123456"})
class PhoneField(TextField):
    """A phone number as it is written; its record reads it, in its own country. E.164 out."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": LONGEST, **kwargs})

    def to_representation(self, value: Any) -> str:
        return str(value) if value else ""
