"""The values of two records that are merged: which are kept, and how they are put back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Field, Model

from clinic.copies import stamps_of
from clinic.errors import constraint_errors
from clinic.opened import mark_of
from patients.duplicates.comparing import NEARLY, folded, likeness
from patients.models import MergeRecord, Patient

SURVIVOR, OTHER, BOTH = "survivor", "other", "both"
Choices = Mapping[str, str]  # Of the names of fields: SURVIVOR, OTHER or BOTH.
Changes = dict[str, list[str | None]]  # Of names of fields: the texts of before and after.

# The fields whose value is chosen, in the order in which people compare them.
CHOSEN = (
    *("first_name", "last_name", "preferred_name", "former_names"),
    *("date_of_birth", "deceased_on", "gender", "email", "phone"),
    *("street", "zip", "city", "state", "country"),
    *("emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship"),
    *("insurance_provider", "insurance_policy_number", "medical_history"),
)
# Those of both can be kept: what stands between their entries.
LISTS = {"medical_history": "\n", "former_names": ", "}
# The choice about the last name that isn't kept: whether it is one of the former names then.
FORMER, KEEP, DROP = "former", "keep", "drop"
CONSENT = ("consented_at", "consent_version", "consent_withdrawn_at")
RESTRICTION = ("restricted_at", "restriction_reason")
# What goes with a value from one record to the other.
MARKS = {"email": "email_verified_at", "phone": "phone_verified_at"}


def version_of_pair(survivor: Patient, other: Patient) -> str:
    """Changes whenever a value does that there is a choice of: what a page that shows the two
    sends back."""
    return mark_of([text_of(one, name) for one in (survivor, other) for name in CHOSEN])


def default_choice(survivor: Patient, other: Patient, name: str) -> str:
    """The survivor's value unless it is empty; of lists, both."""
    own, others = getattr(survivor, name), getattr(other, name)
    if name in LISTS and own and others and own != others:
        return BOTH
    return OTHER if others and not own else SURVIVOR


def chosen_values(survivor: Patient, other: Patient, choices: Choices) -> dict[str, Any]:
    """What the survivor's fields shall hold after the merge."""
    values: dict[str, Any] = {}
    for name in CHOSEN:
        choice = choices.get(name) or default_choice(survivor, other, name)
        if choice == BOTH and name in LISTS:
            values[name] = joined(getattr(survivor, name), getattr(other, name), LISTS[name])
        elif choice == OTHER:
            values[name] = getattr(other, name)
            if name in MARKS:
                values[MARKS[name]] = getattr(other, MARKS[name])
    values |= former_names(survivor, other, values, choices)
    # Who comes again is active again.
    values["is_active"] = survivor.is_active or other.is_active
    # Who has died in one of the records has died.
    for name in ("is_deceased", "mark_shut_account"):
        values[name] = getattr(survivor, name) or getattr(other, name)
    if survivor.consented_at is None:
        values |= {name: getattr(other, name) for name in CONSENT}
    if survivor.restricted_at is None and other.restricted_at is not None:
        values |= {name: getattr(other, name) for name in RESTRICTION}
    return values


def former_names(
    survivor: Patient, other: Patient, values: Mapping[str, Any], choices: Choices
) -> dict[str, str]:
    """The former names, and the last name that is not kept where it is to be one of them. The one
    that is kept is no former one."""
    kept = values.get("last_name", survivor.last_name)
    names = values.get("former_names", survivor.former_names)
    left = other.last_name if kept == survivor.last_name else survivor.last_name
    keeps = are_two_names(survivor, other) if FORMER not in choices else choices[FORMER] == KEEP
    if keeps and left != kept:
        names = joined(names, left, LISTS["former_names"])
    parts = [one.strip() for one in names.split(",")]
    return {"former_names": ", ".join(one for one in parts if one and one != kept)}


def are_two_names(survivor: Patient, other: Patient) -> bool:
    """Do the last names differ by more than a slip? Then one is that of before a wedding."""
    names = folded(survivor.last_name), folded(other.last_name)
    is_swapped = names[0] == folded(other.first_name) or names[1] == folded(survivor.first_name)
    return not is_swapped and likeness(*names) < NEARLY


def joined(one: str, other: str, between: str) -> str:
    """The entries of both, each of them once."""
    entries = [entry.strip() for text in (one, other) for entry in text.split(between.strip(" "))]
    return between.join(dict.fromkeys(entry for entry in entries if entry))


def write_values(instance: Model, values: Mapping[str, Any]) -> Changes:
    """Save these values where they are others than before. Returns what was changed.

    Raises ValidationError keyed to fields.
    """
    changes: Changes = {}
    for name, value in values.items():
        before = text_of(instance, name)
        setattr(instance, name, value)
        after = text_of(instance, name)
        if before != after:
            changes[name] = [before, after]
    if changes:
        unchanged = {field.name for field in instance._meta.fields} - changes.keys()
        instance.full_clean(exclude=unchanged)
        save_merged(instance, changes)
    return changes


def put_back(instance: Model, changes: Changes) -> list[str]:
    """Give the instance, unsaved, the values of before where nobody has changed them since."""
    names = []
    for name, (before, after) in changes.items():
        if text_of(instance, name) == after:
            setattr(
                instance,
                name,
                None if before is None else field_of(instance, name).to_python(before),
            )
            names.append(name)
    return names


def save_merged(instance: Model, names: Iterable[str]) -> None:
    with constraint_errors(instance):
        instance.save(update_fields={*names, *stamps_of(instance)})


def text_of(instance: Model, name: str) -> str | None:
    """The field's value as text, from which `to_python()` makes it again."""
    field = field_of(instance, name)
    value = field.value_from_object(instance)
    return None if value is None else field.value_to_string(instance)


def field_of(instance: Model, name: str) -> Field:
    return next(field for field in instance._meta.fields if field.name == name)


def kept(changes: Mapping[str, Changes]) -> str:
    return json.dumps(changes)


def changes_of(record: MergeRecord) -> dict[str, Changes]:
    return json.loads(record.values) if record.values else {}
