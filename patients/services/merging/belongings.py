"""What refers to a patient, whichever app it is in: moved from one record to another.

The models above this app are not known here by name. Every foreign key to a patient counts, so
that a new kind of record moves, too.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Exists, ForeignKey, Model, OuterRef, Q, QuerySet, UniqueConstraint
from django.utils import timezone
from pghistory.models import Event

from clinic.copies import stamps_of
from clinic.errors import WRONG_STATE, constraint_errors
from patients.models import MergeRecord, Patient

Moved = dict[str, Any]  # Of "app.Model.field": the keys of the rows, as texts.


def relations() -> Iterator[tuple[type[Model], ForeignKey]]:
    """The models whose rows belong to a patient, with the field that says to whom."""
    for relation in Patient._meta.related_objects:
        model: Any = relation.related_model
        if model not in (Patient, MergeRecord) and not issubclass(model, Event):
            yield model, relation.field  # type: ignore[misc]


def check_clashes(survivor: Patient, other: Patient) -> None:
    """Raise ValidationError where rows of the two can't belong to one patient.

    A model that knows such rows says so: its manager has `merge_clashes(survivor, other)`, which
    returns sentences.
    """
    sentences: list[str] = []
    for model in dict.fromkeys(model for model, _ in relations()):
        if clashes := getattr(model._default_manager, "merge_clashes", None):
            sentences += clashes(survivor, other)
    if sentences:
        raise ValidationError([ValidationError(one, code=WRONG_STATE) for one in sentences])


def move_all(giver: Patient, taker: Patient) -> Moved:
    """Make all that is the giver's the taker's, but for what the taker has already: the second
    ID photo, the assignment to the same doctor, the relation to the same person."""
    moved: Moved = {}
    for model, field in relations():
        keys = list(movable(model, field, giver, taker).values_list("pk", flat=True))
        if keys:
            update(model, field, keys, giver, taker)
            moved[f"{model._meta.label}.{field.name}"] = [str(key) for key in keys]
    return moved


def movable(model: type[Model], field: ForeignKey, giver: Patient, taker: Patient) -> QuerySet:
    manager = model._base_manager
    rows = manager.filter(**{field.name: giver}).order_by("pk")
    keys: list[tuple[set[str], Q]] = [(set(), Q())] if field.unique else []
    keys += [
        ({*constraint.fields} - {field.name}, constraint.condition or Q())
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint) and field.name in constraint.fields
    ]
    for names, condition in keys:
        same: dict[str, Any] = {name: OuterRef(name) for name in names}
        taken = Exists(manager.filter(condition, **{field.name: taker}, **same))
        rows = rows.exclude(condition & Q(taken))
    return rows


def move_back(giver: Patient, taker: Patient, moved: Moved) -> None:
    """Give back what was moved and still is the taker's.

    Raises ValidationError where the one row that a patient has of a kind is gone: the photo.
    """
    for path, keys in moved.items():
        label, _, name = path.rpartition(".")
        if not label:
            continue
        model: Any = apps.get_model(label)
        field = model._meta.get_field(name)
        count = update(model, field, keys, taker, giver)
        if field.unique and count < len(keys):
            kind = model._meta.verbose_name
            sentence = f"The {kind} that came with the merge was replaced since."
            raise ValidationError(sentence, code=WRONG_STATE)


def update(
    model: type[Model], field: ForeignKey, keys: list, giver: Patient, taker: Patient
) -> int:
    rows = model._base_manager.filter(pk__in=keys, **{field.name: giver})
    stamps = {name: timezone.now() for name in stamps_of(model)}
    with constraint_errors(model()):
        return rows.update(**{field.name: taker}, **stamps)
