"""The side-by-side form in which somebody chooses what a merged record shall hold."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Field
from django.utils.formats import date_format

from clinic.forms import ShownAgainMixin
from patients.models import Patient
from patients.services.merging.values import (
    BOTH,
    CHOSEN,
    DROP,
    FORMER,
    KEEP,
    LISTS,
    OTHER,
    SURVIVOR,
    are_two_names,
    default_choice,
    version_of_pair,
)


@dataclass(frozen=True)
class Row:
    """One line of the comparison."""

    name: str
    label: str
    own: str
    others: str
    choice: str  # SURVIVOR, OTHER or BOTH; "" where there is nothing to choose.
    offers_both: bool
    errors: list[str]

    @property
    def differs(self) -> bool:
        return self.own != self.others

    @property
    def conflicts(self) -> bool:
        """Both have something, and not the same."""
        return self.differs and bool(self.own and self.others)


class MergeForm(ShownAgainMixin, forms.Form):
    """A choice for each field in which the two differ. What agrees needs none."""

    def __init__(self, *args, survivor: Patient, other: Patient, **kwargs):
        super().__init__(*args, **kwargs)
        self.survivor, self.other = survivor, other
        for name in CHOSEN:
            if shown_value(survivor, name) == shown_value(other, name):
                continue
            choices = [SURVIVOR, OTHER, *([BOTH] if self.may_keep_both(name) else [])]
            self.fields[name] = forms.ChoiceField(
                choices=[(choice, choice) for choice in choices],
                initial=default_choice(survivor, other, name),
                required=False,  # What only came to differ meanwhile was no question.
            )
        if "last_name" in self.fields:
            self.fields[FORMER] = forms.BooleanField(
                label="The other one is a former name",
                required=False,
                initial=are_two_names(survivor, other),
            )

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if FORMER in self.fields:
            cleaned[FORMER] = KEEP if cleaned.get(FORMER) else DROP
        return cleaned

    def may_keep_both(self, name: str) -> bool:
        return name in LISTS and all(shown_value(one, name) for one in (self.survivor, self.other))

    def add_error(self, field, error):
        """What the service refuses about a field that needs no choice is said above them."""
        if hasattr(error, "error_dict"):
            for name, faults in error.error_dict.items():
                super().add_error(name if name in self.fields else None, faults)
        else:
            super().add_error(field, error)

    def opened_now(self) -> str:
        return version_of_pair(self.survivor, self.other)

    def rows(self) -> list[Row]:
        return [self.row(name) for name in CHOSEN if self.is_shown(name)]

    def is_shown(self, name: str) -> bool:
        return name in self.fields or bool(shown_value(self.survivor, name))

    def row(self, name: str) -> Row:
        is_chosen = name in self.fields
        return Row(
            name=name,
            label=str(field_of(name).verbose_name).replace("_", " ").capitalize(),
            own=shown_value(self.survivor, name),
            others=shown_value(self.other, name),
            choice=self[name].value() or "" if is_chosen else "",
            offers_both=self.may_keep_both(name),
            errors=self.errors.get(name, []),
        )


def field_of(name: str) -> Field:
    return next(field for field in Patient._meta.fields if field.name == name)


def shown_value(patient: Patient, name: str) -> str:
    """The value as people read it; empty where there is none."""
    value: Any = getattr(patient, name)
    if not value:
        return ""
    if name in ("date_of_birth", "deceased_on"):
        return date_format(value, "j F Y")
    if name == "gender":
        return patient.get_gender_display()
    if name == "country":
        return value.name
    return getattr(value, "as_international", None) or str(value)
