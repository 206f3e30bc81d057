"""The forms of a doctor's hours."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from clinic.forms import NOT_SAVED, FaultsForm, only_shown
from doctors.models import WorkingHours

MOST_ROWS = 150
Weekday = WorkingHours.Weekday
MONDAY, FRIDAY = Weekday.MONDAY.value, Weekday.FRIDAY.value
FIELDS = ("weekday", "starts", "ends", "valid_from", "valid_until")


def time_field(label: str) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": 300})
    return forms.TimeField(label=label, required=False, widget=widget)


def date_field(label: str) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


class SpanForm(FaultsForm):
    """One span of a weekday. A row without any time says nothing."""

    weekday = forms.TypedChoiceField(
        choices=Weekday.choices, coerce=int, widget=forms.HiddenInput, initial=MONDAY
    )
    starts = time_field("From")
    ends = time_field("To")
    valid_from = date_field("Valid from")
    valid_until = date_field("Valid until")

    @property
    def is_blank(self) -> bool:
        return not any(self[name].value() for name in FIELDS[1:])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("starts", "ends"):
            if not self.is_blank and name in cleaned and cleaned[name] is None:
                self.add_error(name, "Enter a time.")
        return cleaned

    def hours(self) -> WorkingHours:
        return WorkingHours(**{name: self.cleaned_data[name] for name in FIELDS})


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


def week_forms(week: Iterable[WorkingHours]) -> BaseWeekForms:
    """The rows of these hours, and a blank one a weekday."""
    rows = [{name: getattr(hours, name) for name in FIELDS} for hours in week]
    return WeekForms(initial=[*rows, *blank_rows()], prefix="span")


def blank_rows() -> list[dict[str, Any]]:
    return [{"weekday": day.value} for day in Weekday]


def sent_rows(data: QueryDict) -> list[dict[str, Any]]:
    """The rows as they were typed, faulty or not."""
    forms = WeekForms(data, prefix="span").forms
    rows = [{name: form[name].value() for name in FIELDS} for form in forms]
    return [row for row in rows if any(row[name] for name in FIELDS[1:])]


def with_blank_row(data: QueryDict) -> BaseWeekForms:
    """The rows as they were typed, and one more for the weekday that `add` names."""
    number = str(data["add"])
    more = {"weekday": number} if number in map(str, Weekday.values) else {}
    rows = [*sent_rows(data), *blank_rows(), more]
    return WeekForms(initial=[row for row in rows if row], prefix="span")


def with_monday_copied(data: QueryDict) -> BaseWeekForms:
    """The rows as they were typed, those of Tuesday to Friday replaced by Monday's."""
    rows = sent_rows(data)
    days = {str(number) for number in range(MONDAY + 1, FRIDAY + 1)}
    monday = [row for row in rows if str(row["weekday"]) == str(MONDAY)]
    kept = [row for row in rows if str(row["weekday"]) not in days]
    copied = [row | {"weekday": day} for day in sorted(days) for row in monday]
    return WeekForms(initial=[*kept, *copied, *blank_rows()], prefix="span")
