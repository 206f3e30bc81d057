"""A record's page that is read first: each section shows its values, and opens to be edited.

The form is one, as Django's admin made it: a section that stays closed sends its fields as they
were. It opens by itself where something in it is refused or was not saved yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.helpers import AdminForm

from clinic.opened import words_for


@dataclass(frozen=True)
class Section:
    fieldset: Any
    facts: list[tuple[str, str]]  # Labels and values; those left empty are not among them.
    is_editable: bool
    is_open: bool

    @property
    def name(self) -> str:
        return self.fieldset.name


def sections_of(adminform: AdminForm, stands_for: dict[str, str]) -> list[Section]:
    """The fieldsets of a form. `stands_for`: words for fields whose value can't be shown."""
    return [section_of(adminform.form, fieldset, stands_for) for fieldset in adminform]


def section_of(form: Any, fieldset: Any, stands_for: dict[str, str]) -> Section:
    fields = [field for line in fieldset for field in line]
    editable = [one.field for one in fields if not one.is_readonly]
    touched = {*form.errors, *(form.changed_data if form.is_bound else ())}
    return Section(
        fieldset=fieldset,
        facts=list(facts_of(form, fields, stands_for)),
        is_editable=bool(editable),
        is_open=any(field.name in touched for field in editable),
    )


def facts_of(form: Any, fields: list[Any], stands_for: dict[str, str]) -> Iterator[tuple[str, str]]:
    for one in fields:
        if one.is_readonly:
            label, text = str(one.field["label"]), str(one.contents())
            words = "" if text == one.empty_value_display else text
        else:
            label = str(one.field.label)
            name = one.field.name
            words = stands_for[name] if name in stands_for else stored_words(form, one.field)
        if words:
            yield label[:1].upper() + label[1:], words


def stored_words(form: Any, bound: Any) -> str:
    """The field's value as it is stored, in words; empty where there is none."""
    value = form.get_initial_for_field(bound.field, bound.name)
    if value in (None, "") or isinstance(bound.field, forms.FileField):
        return ""
    return words_for(bound.field, value)
