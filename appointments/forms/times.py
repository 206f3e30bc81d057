"""The forms of time off and extra hours: days and clocks of the clinic, which become instants."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from appointments.scheduling.slots import instant
from clinic.days import day_bounds
from clinic.forms import FaultsForm
from doctors.forms.hours import place_field
from doctors.models import Absence, Doctor, ExtraHours, Location, Resource, ResourceOutage

YEARS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31)))
SENTENCE = {"required": "Enter a day."}


def day_field(label: str, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(
        label=label, required=required, widget=widget, validators=YEARS, error_messages=SENTENCE
    )


def clock_field(label: str, *, required: bool) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": 300})
    return forms.TimeField(label=label, required=required, widget=widget)


def at(day: date, clock: time) -> datetime:
    return instant(day, clock, timezone.get_default_timezone())


class TimeForm(FaultsForm):
    """A stretch of a doctor's time. Its fields are told from the model's by `stands_for`."""

    model: Callable[..., Absence | ExtraHours]

    def period(self) -> tuple[datetime, datetime]:
        raise NotImplementedError

    def instance(self, doctor: Doctor) -> Any:
        """What is to be saved, once the form is valid."""
        starts_at, ends_at = self.period()
        reason = self.cleaned_data["reason"]
        return self.model(doctor=doctor, starts_at=starts_at, ends_at=ends_at, reason=reason)


class AbsenceForm(TimeForm):
    """Whole days, unless times are given."""

    model = Absence
    first = day_field("First day")
    starts = clock_field("from", required=False)
    last = day_field("Last day", required=False)
    ends = clock_field("to", required=False)
    reason = forms.CharField(required=False, max_length=200)
    stands_for = {"starts_at": "first", "ends_at": "last"}

    def period(self) -> tuple[datetime, datetime]:
        first, starts = self.cleaned_data["first"], self.cleaned_data["starts"]
        last, ends = self.cleaned_data["last"] or first, self.cleaned_data["ends"]
        starts_at = at(first, starts) if starts else day_bounds(first)[0]
        return starts_at, at(last, ends) if ends else day_bounds(last)[1]


class ExtraHoursForm(TimeForm):
    """Hours of one day; an end that isn't after the start is on the next day."""

    model = ExtraHours
    day = day_field("Day")
    starts = clock_field("from", required=True)
    ends = clock_field("to", required=True)
    reason = forms.CharField(required=False, max_length=200)
    stands_for = {"starts_at": "day", "ends_at": "ends"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if places := list(Location.objects.active()):
            self.fields["location"] = place_field(places)

    def instance(self, doctor: Doctor) -> ExtraHours:
        extra = super().instance(doctor)
        extra.location_id = self.cleaned_data.get("location")
        return extra

    def period(self) -> tuple[datetime, datetime]:
        day, starts = self.cleaned_data["day"], self.cleaned_data["starts"]
        ends = self.cleaned_data["ends"]
        last = day if ends > starts else day + timedelta(days=1)
        return at(day, starts), at(last, ends)


class OutageForm(AbsenceForm):
    """When a room or device can't be used: as time off of it."""

    def outage(self, resource: Resource) -> ResourceOutage:
        starts_at, ends_at = self.period()
        reason = self.cleaned_data["reason"]
        return ResourceOutage(
            resource=resource, starts_at=starts_at, ends_at=ends_at, reason=reason
        )
