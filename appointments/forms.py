from datetime import timedelta

from django import forms

from appointments.models import FUTURE_SENTENCE, LENGTH_SENTENCE, LONGEST, SHORTEST, Appointment
from clinic.console import RefusableForm

SHORTEST_MINUTES = SHORTEST // timedelta(minutes=1)
LONGEST_MINUTES = LONGEST // timedelta(minutes=1)


class DayAndTime(forms.SplitDateTimeWidget):
    """A day and a time of the clinic, picked with what the browser has for it."""

    def __init__(self):
        super().__init__(
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "step": 300, "aria-label": "Time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        )


class BookingForm(RefusableForm):
    """Books an appointment, or moves one to another time, length or doctor."""

    starts_at = forms.SplitDateTimeField(label="Start", widget=DayAndTime)
    duration_minutes = forms.IntegerField(
        label="Length",
        required=False,
        min_value=SHORTEST_MINUTES,
        max_value=LONGEST_MINUTES,
        error_messages={"min_value": LENGTH_SENTENCE, "max_value": LENGTH_SENTENCE},
        widget=forms.NumberInput(attrs={"step": 5}),
        help_text="Minutes. Left empty: as long as a visit to this doctor usually is.",
    )
    stands_for = {"ends_at": "duration_minutes"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["duration_minutes"] = self.instance.duration_minutes

    def clean(self):
        cleaned = super().clean()
        starts_at, doctor = cleaned.get("starts_at"), cleaned.get("doctor")
        minutes = cleaned.get("duration_minutes") or (doctor and doctor.default_duration_minutes)
        if starts_at and minutes and "duration_minutes" not in self.errors:
            try:
                self.instance.ends_at = starts_at + timedelta(minutes=minutes)
            except OverflowError:  # The last minutes of the year 9999.
                self.add_error("starts_at", FUTURE_SENTENCE)
        return cleaned

    class Meta:
        model = Appointment
        fields = ("patient", "doctor", "starts_at", "reason", "overbook_reason")
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}


class ReasonForm(forms.Form):
    """Why a visit is cancelled or was entered in error. It is kept in the visit's history."""

    reason = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3, "autofocus": True})
    )
