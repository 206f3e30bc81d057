"""What the console's calendar sends: days to show, a visit to book, a visit to move."""

import re
from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from clinic.api.fields import DayField, IdField, InstantField, TextField, WholeNumberField
from clinic.api.serializers import StrictSerializer, fault
from clinic.days import SKIPPED, clock_readings

MOST_DAYS = 62
DAY_MINUTES = 24 * 60
LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class LocalStartField(serializers.Field):
    """What the clinic's clocks show, YYYY-MM-DDTHH:MM; an instant in UTC within.

    What they show twice, when they are turned back, is the first of both.
    """

    default_error_messages = {
        "invalid": "Not a day and time.",
        "skipped": SKIPPED,
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not LOCAL.fullmatch(data):
            self.fail("invalid")
        try:
            local = datetime.fromisoformat(data)
            found = clock_readings(local)
        except (ValueError, OverflowError):
            self.fail("invalid")
        if not found:
            self.fail("skipped", time=f"{local:%H:%M}")
        return found[0]


class Window(StrictSerializer):
    """The days of the clinic from `from` on, and before `to`: of one doctor, or one day of all."""

    doctor = IdField(required=False)
    place = IdField(required=False)
    by = serializers.ChoiceField(["rooms"], required=False)
    to = DayField()

    def get_fields(self):
        return super().get_fields() | {"from": DayField()}

    def faults_beyond_fields(self, valid, errors):
        most = MOST_DAYS if "doctor" in valid else 1
        if errors or timedelta() < valid["to"] - valid["from"] <= timedelta(days=most):
            return {}
        return {"to": fault(f"1 to {most} days after `from`.")}


class Start(StrictSerializer):
    """A start: as an instant, or as the clinic's clocks show it."""

    starts_at = InstantField(required=False)
    local_start = LocalStartField(required=False)
    overbook_reason = TextField(required=False, allow_blank=True, default="")
    all_the_same = TextField(required=False, allow_blank=True, default="")

    def faults_beyond_fields(self, valid, errors):
        starts = [valid[name] for name in ("starts_at", "local_start") if name in valid]
        if errors:
            return {}
        if len(starts) != 1:
            return {"starts_at": fault("Either this or `local_start`.")}
        if not 2000 <= starts[0].year <= 2999:
            return {"starts_at": fault("Choose a day before the year 3000.")}
        valid["starts_at"] = starts[0]
        return {}


class Wish(Start):
    """A visit to book. Whether its length will do, the service says."""

    doctor = IdField()
    patient = IdField()
    service = IdField(required=False)
    location = IdField(required=False)
    duration_minutes = WholeNumberField(min_value=0, max_value=DAY_MINUTES)
    reason = TextField(required=False, allow_blank=True, default="")


class Move(Start):
    """Another time, length or doctor. `sequence` is that of the visit as it was shown."""

    doctor = IdField(required=False)
    duration_minutes = WholeNumberField(min_value=0, max_value=DAY_MINUTES, required=False)
    sequence = WholeNumberField(min_value=0)
