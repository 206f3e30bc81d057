from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from appointments.forms.offered import minutes_with
from appointments.forms.start_field import StartField
from appointments.models import (
    FUTURE_SENTENCE,
    LENGTH_SENTENCE,
    LONGEST,
    SHORTEST,
    Appointment,
    WaitlistEntry,
)
from appointments.transitions import CancelReason
from clinic.alike import folded_text
from clinic.console.parts import RefusableForm
from clinic.forms import FaultsForm
from doctors.models import Doctor

SHORTEST_MINUTES = SHORTEST // timedelta(minutes=1)
LONGEST_MINUTES = LONGEST // timedelta(minutes=1)
USUAL_LENGTH = "Minutes. Left empty: as long as a visit to this doctor usually is."
LENGTH_OF_TYPE = "Minutes. Left empty: as long as the type takes with this doctor."


class BookingForm(RefusableForm):
    """Books an appointment, or moves one to another time, length or doctor.

    `take` is a free time that was offered instead of a refused one: a button that sends the
    form again, with this start.
    """

    take = forms.CharField(required=False, widget=forms.HiddenInput)

    starts_at = StartField(label="Start")
    duration_minutes = forms.IntegerField(
        label="Length",
        required=False,
        min_value=SHORTEST_MINUTES,
        max_value=LONGEST_MINUTES,
        error_messages={"min_value": LENGTH_SENTENCE, "max_value": LENGTH_SENTENCE},
        widget=forms.NumberInput(attrs={"step": 5}),
        help_text=USUAL_LENGTH,
    )
    stands_for = {"ends_at": "duration_minutes"}
    is_whole = True  # A visit that a colleague has moved isn't where this form saw it.

    def __init__(self, data=None, *args, **kwargs):
        self.taken = instant_of(data.get("take", "")) if data else None
        if self.taken:
            local = timezone.localtime(self.taken)
            data = data.copy()
            data["starts_at_0"], data["starts_at_1"] = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
            data["starts_at_2"] = f"{local.fold}"
        visit = kwargs.get("instance")
        if visit is not None and not visit._state.adding:
            minutes = {"duration_minutes": visit.duration_minutes}
            kwargs["initial"] = minutes | (kwargs.get("initial") or {})
        super().__init__(data, *args, **kwargs)
        if "service" in self.fields:
            self.fields["duration_minutes"].help_text = LENGTH_OF_TYPE
        if "location" in self.fields and self.instance.location_id:
            self.fields["location"].offer(self.instance.location)

    def clean(self):
        cleaned = super().clean()
        if self.taken:  # To the second.
            cleaned["starts_at"] = self.taken
        starts_at = cleaned.get("starts_at")
        minutes = cleaned.get("duration_minutes") or self.usual_minutes(cleaned)
        if starts_at and minutes and "duration_minutes" not in self.errors:
            try:
                self.instance.ends_at = starts_at + timedelta(minutes=minutes)
                timezone.localtime(self.instance.ends_at)
            except OverflowError:  # The last minutes of the year 9999.
                self.add_error("starts_at", FUTURE_SENTENCE)
        return cleaned

    def usual_minutes(self, cleaned) -> int | None:
        doctor, service = cleaned.get("doctor"), cleaned.get("service")
        if doctor is None:
            return None
        return minutes_with(service, doctor.pk) if service else doctor.default_duration_minutes

    def validate_constraints(self):
        """Left to the service, which knows what to offer instead."""

    class Meta:
        model = Appointment
        fields = ("patient", "doctor", "starts_at", "reason", "overbook_reason")
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}


def instant_of(text: str) -> datetime | None:
    """The instant that a button sends; None where it is none that a clinic could book."""
    try:
        instant = parse_datetime(text)
    except ValueError:
        return None
    if instant is None or timezone.is_naive(instant) or not 2000 <= instant.year <= 2999:
        return None
    return instant


class ReasonForm(FaultsForm):
    """Why a visit was entered in error. It is kept in the visit's history."""

    reason = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3, "autofocus": True})
    )


class CancelForm(ReasonForm):
    """Why a visit is cancelled: as a code, and in words."""

    reason_code = forms.ChoiceField(
        label="Why",
        required=False,
        choices=[("", "Not stated"), *CancelReason.choices],
        widget=forms.Select(attrs={"autofocus": True}),
    )
    reason = forms.CharField(
        label="In words", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("reason_code", "reason")


def specializations() -> list[tuple[str, str]]:
    """What can be waited for: the specializations of those who take appointments."""
    names = [doctor.field_name for doctor in Doctor.objects.active().one_of_each_field()]
    return [("", "---------"), *((name, name) for name in sorted(names, key=folded_text))]


class WaitlistForm(RefusableForm):
    """Puts a patient on the waitlist."""

    specialization = forms.ChoiceField(required=False, choices=specializations)

    def validate_constraints(self):
        """Left to the service."""

    class Meta:
        model = WaitlistEntry
        fields = (
            "patient",
            "service",
            "doctor",
            "specialization",
            "location",
            "from_date",
            "to_date",
            "earliest",
            "latest",
            "duration_minutes",
        )
        widgets = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": 300})
            for name in ("earliest", "latest")
        }
