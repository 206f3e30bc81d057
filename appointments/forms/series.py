"""What staff fill in to repeat a visit, and to change a series from one of its visits on."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from appointments.forms.offered import Offered
from appointments.forms.start_field import StartField
from appointments.forms.visits import LONGEST_MINUTES, SHORTEST_MINUTES
from appointments.models import LENGTH_SENTENCE, Appointment
from appointments.scheduling.recurrence import LONGEST_INTERVAL, MOST_DATES, Rule, ordinals_of
from appointments.transitions import CancelReason
from clinic.console.parts import SearchSelect
from clinic.forms import FaultsForm
from doctors.models import Doctor
from patients.models import Patient

DAYS, WEEKS, MONTHS, MONTHS_BY_WEEKDAY, MONTHS_BY_LAST = "d", "w", "m", "mw", "ml"
UNITS = {
    DAYS: ("DAILY", "days"),
    WEEKS: ("WEEKLY", "weeks"),
    MONTHS: ("MONTHLY", "months, on the same date"),
    MONTHS_BY_WEEKDAY: ("MONTHLY", "months, on the same weekday, such as the second Tuesday"),
    MONTHS_BY_LAST: ("MONTHLY", "months, on the last such weekday"),
}
WEEKDAYS = [(f"{day}", f"{date(2024, 1, 1 + day):%a}") for day in range(7)]  # From a Monday on.
ONE_END = "Say how many visits there are, or until when: one of the two."


class RepeatForm(FaultsForm):
    """The first visit of a series, and how it is repeated."""

    patient = forms.ModelChoiceField(Patient.objects.none())
    doctor = forms.ModelChoiceField(Doctor.objects.none())
    service = forms.ChoiceField()
    location = forms.ChoiceField()
    starts_at = StartField(label="First visit")
    duration_minutes = forms.IntegerField(
        label="Length",
        required=False,
        min_value=SHORTEST_MINUTES,
        max_value=LONGEST_MINUTES,
        error_messages={"min_value": LENGTH_SENTENCE, "max_value": LENGTH_SENTENCE},
        widget=forms.NumberInput(attrs={"step": 5}),
        help_text="Minutes. Left empty: as long as such a visit to this doctor usually is.",
    )
    reason = forms.CharField(
        label="Reason for the visits",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    every = forms.IntegerField(min_value=1, max_value=LONGEST_INTERVAL, initial=1)
    unit = forms.ChoiceField(
        choices=[(key, name) for key, (_frequency, name) in UNITS.items()],
        initial=WEEKS,
        widget=forms.Select(attrs={"aria-label": "Days, weeks or months"}),
    )
    weekdays = forms.MultipleChoiceField(
        label="On",
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Only where it is every so many days or weeks. None: that of the first visit.",
    )
    count = forms.IntegerField(
        label="Number of visits", required=False, min_value=1, max_value=MOST_DATES
    )
    until = forms.DateField(
        label="Or until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    stands_for = {"ends_at": "duration_minutes", "rule": "every"}
    required_css_class = "required"

    def __init__(self, data: Any = None, *, user: User, site: AdminSite, **kwargs):
        super().__init__(data, label_suffix="", **kwargs)
        fields: Any = self.fields
        fields["patient"].queryset = Patient.objects.visible_to(user)
        patient = Appointment._meta.get_field("patient")
        fields["patient"].widget = SearchSelect(patient, site)
        fields["patient"].widget.choices = fields["patient"].choices
        doctors = Doctor.objects.visible_to(user)
        if not user.has_perm("appointments.manage_all_appointment"):
            doctors = doctors.filter(user=user)
            fields["doctor"].empty_label = None
        fields["doctor"].queryset = doctors
        offered = Offered.now()
        for name in ("service", "location"):
            if name in offered.names:
                fields[name] = offered.field(name)
            else:  # A clinic without any has nothing to choose.
                del fields[name]

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        has_ends = [cleaned.get("count") is not None, cleaned.get("until") is not None]
        if sum(has_ends) != 1 and not {"count", "until"} & set(self.errors):
            self.add_error("count", ONE_END)
        return cleaned

    def first_visit(self) -> Appointment:
        """Unsaved. Without an end, where the length is to be the usual one."""
        given = self.cleaned_data
        minutes, starts_at = given["duration_minutes"], given["starts_at"]
        return Appointment(
            patient=given["patient"],
            doctor=given["doctor"],
            service=given.get("service"),
            location=given.get("location"),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes) if minutes else None,
            reason=given["reason"],
        )

    def rule_text(self) -> str:
        """What was filled in, as an RRULE."""
        given = self.cleaned_data
        unit, first = given["unit"], timezone.localdate(given["starts_at"])
        by_day: tuple[tuple[int | None, int], ...] = ()
        if unit in (DAYS, WEEKS):
            by_day = tuple((None, int(day)) for day in given["weekdays"])
        elif unit == MONTHS_BY_WEEKDAY:
            by_day = ((ordinals_of(first)[0], first.weekday()),)
        elif unit == MONTHS_BY_LAST:
            by_day = ((-1, first.weekday()),)
        frequency, _name = UNITS[unit]
        return str(Rule(frequency, given["every"], by_day, given["count"], given["until"]))


class FromForm(FaultsForm):
    """From which visit on something is done. `sequence` is that of the series as it was shown."""

    start = forms.ChoiceField(label="From")
    sequence = forms.IntegerField(widget=forms.HiddenInput)
    required_css_class = "required"

    def __init__(self, data: Any = None, *, visits: Iterable[Appointment], **kwargs):
        super().__init__(data, label_suffix="", **kwargs)
        self.visits = {str(visit.pk): visit for visit in visits}
        choices = [(key, told_start(visit.starts_at)) for key, visit in self.visits.items()]
        self.fields["start"].choices = choices

    @property
    def first(self) -> Appointment:
        return self.visits[self.cleaned_data["start"]]


class MoveSeriesForm(FromForm):
    """And when that one is to be."""

    starts_at = StartField(
        label="To", help_text="The later ones move by as much on the clinic's clocks."
    )


class CancelSeriesForm(FromForm):
    """And why."""

    reason_code = forms.ChoiceField(
        label="Why", required=False, choices=[("", "Not stated"), *CancelReason.choices]
    )
    reason = forms.CharField(
        label="In words", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


def told_start(starts_at: datetime) -> str:
    local = timezone.localtime(starts_at)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def choices_of(data: Any) -> dict[datetime, datetime | None]:
    """What was chosen for each date: `date-<instant>` is `book`, `skip`, or another instant.

    Raises ValidationError where one can't be read.
    """
    choices: dict[datetime, datetime | None] = {}
    for name in data:
        if not name.startswith("date-"):
            continue
        value = data[name]
        at = instant_sent(name.removeprefix("date-"))
        choices[at] = (
            {"book": at, "skip": None}.get(value)
            if value in ("book", "skip")
            else (instant_sent(value))
        )
    return choices


def instant_sent(text: str) -> datetime:
    at: datetime | None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValidationError("A choice can't be read. Please look at the dates once more.")
    return at
