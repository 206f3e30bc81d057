"""What belongs to a patient, whichever app it is in, and what of it can be deleted.

The models above this app are not known here by name. Rows that refer to the patient and would be
deleted along with the record (CASCADE) are deleted; rows that would forbid that (PROTECT) are kept
under the patient's pseudonym, without their `personal_fields`. A manager may name by
`erasure_clashes(patients)`, in sentences, what must be done before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CASCADE, ForeignKey, Model, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel
from pghistory.models import Event

from accounts.models import User
from patients.models import Patient

# The types of fields that may tell of a person.
TELLING = {
    *("CharField", "TextField", "JSONField", "DateField", "TimeField", "FileField"),
    "GenericIPAddressField",
}
Keys = dict[type[Model], set]  # The keys of rows, by their model.


@dataclass
class Belongings:
    patients: list[Patient]
    accounts: list[User]
    deleted: Keys = field(default_factory=dict)
    kept: Keys = field(default_factory=dict)

    @property
    def ids(self) -> list:
        return [patient.pk for patient in self.patients]

    @property
    def all_keys(self) -> Keys:
        """Of all rows, the patients' own and the accounts among them."""
        own: Keys = {Patient: set(self.ids), User: {account.pk for account in self.accounts}}
        found: Keys = {}
        for keys in (own, self.deleted, self.kept):
            for model, some in keys.items():
                found.setdefault(model, set()).update(some)
        return found


def collect(patients: list[Patient]) -> Belongings:
    """What refers to these records, and what refers to that; of accounts of patients, too."""
    accounts = [one.user for one in patients if one.user is not None and not one.user.is_staff]
    found = Belongings(patients, accounts)
    for model, name, is_deleted in references(Patient):
        if model is not Patient:
            note_rows(found, model, name, found.ids, is_deleted)
    for model, name, is_deleted in references(User):
        if is_deleted and accounts:
            note_rows(found, model, name, [account.pk for account in accounts], is_deleted)
    for model, keys in found.deleted.items():
        if kept := found.kept.get(model):
            kept -= keys
    found.kept = {model: keys for model, keys in found.kept.items() if keys}
    return found


def note_rows(found: Belongings, model: Any, name: str, of: Iterable, is_deleted: bool) -> None:
    """Note these rows, and those that refer to them in turn."""
    keys = set(model._base_manager.filter(**{f"{name}__in": of}).values_list("pk", flat=True))
    if not keys:
        return
    (found.deleted if is_deleted else found.kept).setdefault(model, set()).update(keys)
    for below, field_name, goes_along in references(model):
        if below is not Patient:
            note_rows(found, below, field_name, keys, is_deleted and goes_along)


def references(model: type[Model]) -> Iterator[tuple[Any, str, bool]]:
    """The models that refer to this one, by which field, and whether their rows go with its."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or not isinstance(relation.field, ForeignKey):
            continue
        related: Any = relation.related_model
        if related._meta.managed and not issubclass(related, Event):
            yield related, relation.field.name, relation.on_delete is CASCADE


def clashes(patients: list[Patient]) -> list[str]:
    """What must be done before the patient can be erased, in sentences."""
    sentences: list[str] = []
    for model in dict.fromkeys(model for model, _, _ in references(Patient)):
        if told := getattr(model._default_manager, "erasure_clashes", None):
            sentences += told(patients)
    return sentences


def personal_fields(model: Any, is_kept: bool) -> list[str]:
    """Which fields of such a row, or of its copies in the history, tell of the person.

    Of rows that are kept those that the model names, `*` being the row itself; of others all
    texts, dates and documents, but what is one of a few words, such as a state.
    """
    if is_kept:
        return list(getattr(model, "personal_fields", ()))
    return [
        one.name
        for one in model._meta.concrete_fields
        if (one.get_internal_type() in TELLING and not one.choices and not one.primary_key)
        or one.name in ("gender", "language")
    ]


def rows_of(keys: Keys) -> Iterator[tuple[Any, QuerySet]]:
    for model, some in keys.items():
        yield model, model._base_manager.filter(pk__in=some)
