"""The forms of a doctor's hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from clinic.forms import NOT_SAVED, FaultsForm, only_shown
from doctors.models import Doctor, HealthcareService, Location, WorkingHours

MOST_ROWS = 150
Weekday = WorkingHours.Weekday
MONDAY, FRIDAY = Weekday.MONDAY.value, Weekday.FRIDAY.value
TIMES = ("starts", "ends", "valid_from", "valid_until")
FIELDS = ("weekday", *TIMES)
ANY_PLACE, ALL_TYPES = "Any place", "All visit types"


def time_field(label: str) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": 300})
    return forms.TimeField(label=label, required=False, widget=widget)


def date_field(label: str) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


@dataclass(frozen=True)
class Choices:
    """What spans may name. Where there is nothing of a kind, its field isn't there either."""

    places: list[Location] = field(default_factory=list)
    types: list[HealthcareService] = field(default_factory=list)

    @classmethod
    def of(cls, doctor: Doctor, week: Sequence[WorkingHours]) -> "Choices":
        """What is in use, what the doctor offers, and what the week names all the same."""
        named = {key for hours in week for key in hours.service_ids}
        places = Location.objects.active() | Location.objects.filter(
            pk__in={hours.location_id for hours in week}
        )
        offered = HealthcareService.objects.active().offered_by(doctor.pk)
        types = HealthcareService.objects.filter(pk__in=named) | offered
        return cls(list(places), list(types))

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of a row."""
        places = ("location",) if self.places else ()
        return (*FIELDS, *places, *(("services",) if self.types else ()))

    def names_of(self) -> dict[UUID, str]:
        """What these are called, by id."""
        return {one.pk: str(one) for one in (*self.places, *self.types)}


class SpanForm(FaultsForm):
    """One span of a weekday. A row without any time says nothing."""

    weekday = forms.TypedChoiceField(
        choices=Weekday.choices, coerce=int, widget=forms.HiddenInput, initial=MONDAY
    )
    starts = time_field("From")
    ends = time_field("To")
    valid_from = date_field("Valid from")
    valid_until = date_field("Valid until")

    def __init__(self, *args, choices: Choices | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.choices = choices or Choices()
        if self.choices.places:
            self.fields["location"] = place_field(self.choices.places)
        if self.choices.types:
            self.fields["services"] = types_field(self.choices.types)

    @property
    def is_blank(self) -> bool:
        return not any(self[name].value() for name in TIMES)

    @property
    def types_words(self) -> str:
        """How many visit types are ticked, for a list of them that is closed."""
        ticked = set(map(str, self["services"].value() or ()))
        names = [str(one) for one in self.choices.types if str(one.pk) in ticked]
        return ALL_TYPES if not names else names[0] if len(names) == 1 else f"{len(names)} types"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("starts", "ends"):
            if not self.is_blank and name in cleaned and cleaned[name] is None:
                self.add_error(name, "Enter a time.")
        return cleaned

    def hours(self) -> WorkingHours:
        data = self.cleaned_data
        hours = WorkingHours(**{name: data[name] for name in FIELDS})
        hours.location_id = data.get("location")
        hours.service_ids = frozenset(data.get("services") or ())
        return hours


def place_field(places: Sequence[Location], label: str = "Place") -> forms.TypedChoiceField:
    choices = [("", ANY_PLACE), *((str(place.pk), str(place)) for place in places)]
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=UUID, empty_value=None, required=False
    )


def types_field(types: Sequence[HealthcareService]) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label="Visit types",
        choices=[(str(one.pk), str(one)) for one in types],
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class BaseWeekForms(forms.BaseFormSet):
    """All spans of a week, in rows grouped by weekday."""

    def clean(self) -> None:
        if only_shown():
            raise ValidationError(NOT_SAVED)

    def groups(self) -> list[tuple[str, int, list[SpanForm]]]:
        rows: dict[int, list[SpanForm]] = {day.value: [] for day in Weekday}
        for form in self.forms:
            value = str(form["weekday"].value())
            rows[int(value) if value in map(str, rows) else MONDAY].append(form)
        return [(day.label, day.value, rows[day.value]) for day in Weekday]

    def kept(self) -> list[SpanForm]:
        """The rows that say something and are to stay."""
        gone = self.deleted_forms
        return [form for form in self.forms if form not in gone and not form.is_blank]

    def add_faults(self, error: ValidationError) -> None:
        """Show beside its row what the service found, keyed `<index>.<field>` of `kept()`."""
        kept = self.kept()
        faults: dict[int, dict[str, Any]] = {}
        for key, found in error.update_error_dict({}).items():
            index, _, name = key.partition(".")
            if index.isdecimal():
                faults.setdefault(int(index), {})[name] = found
            else:
                self.non_form_errors().extend(message for each in found for message in each)
        for number, found in faults.items():
            kept[number].add_faults(ValidationError(found))


WeekForms = forms.formset_factory(
    SpanForm,
    formset=BaseWeekForms,
    extra=0,
    can_delete=True,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS,
)


def sent_week(data: QueryDict, choices: Choices) -> BaseWeekForms:
    """The rows that were sent, to be checked."""
    return WeekForms(data, prefix="span", form_kwargs={"choices": choices})


def rows_shown(rows: list[dict[str, Any]], choices: Choices) -> BaseWeekForms:
    return WeekForms(initial=rows, prefix="span", form_kwargs={"choices": choices})


def week_forms(week: Iterable[WorkingHours], choices: Choices) -> BaseWeekForms:
    """The rows of these hours, and a blank one a weekday."""
    rows = [
        {name: getattr(hours, name) for name in FIELDS}
        | {"location": hours.location_id, "services": list(map(str, hours.service_ids))}
        for hours in week
    ]
    return rows_shown([*rows, *blank_rows()], choices)


def blank_rows() -> list[dict[str, Any]]:
    return [{"weekday": day.value} for day in Weekday]


def sent_rows(data: QueryDict, choices: Choices) -> list[dict[str, Any]]:
    """The rows as they were typed, faulty or not."""
    forms = sent_week(data, choices).forms
    rows = [{name: form[name].value() for name in choices.names} for form in forms]
    return [row for row in rows if any(row[name] for name in TIMES)]


def with_blank_row(data: QueryDict, choices: Choices) -> BaseWeekForms:
    """The rows as they were typed, and one more for the weekday that `add` names."""
    number = str(data["add"])
    more = {"weekday": number} if number in map(str, Weekday.values) else {}
    rows = [*sent_rows(data, choices), *blank_rows(), more]
    return rows_shown([row for row in rows if row], choices)


def with_monday_copied(data: QueryDict, choices: Choices) -> BaseWeekForms:
    """The rows as they were typed, those of Tuesday to Friday replaced by Monday's."""
    rows = sent_rows(data, choices)
    days = {str(number) for number in range(MONDAY + 1, FRIDAY + 1)}
    monday = [row for row in rows if str(row["weekday"]) == str(MONDAY)]
    kept = [row for row in rows if str(row["weekday"]) not in days]
    copied = [row | {"weekday": day} for day in sorted(days) for row in monday]
    return rows_shown([*kept, *copied, *blank_rows()], choices)
