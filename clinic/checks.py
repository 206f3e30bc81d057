"""Check constraints, asked about before a record is written."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import CheckConstraint, Q
from django.db.models.functions import Coalesce


class CheckedAtOnce(models.Model):
    """A record of which the database is asked once whether all its check constraints hold.

    Django asks for each of them, which takes several times as long: here it does so only where
    one is violated, to say which.
    """

    _checks_hold = False

    class Meta:
        abstract = True

    def validate_constraints(self, exclude=None):
        """What is violated is keyed to the field that `constraint_fields` names for its code."""
        self._checks_hold = checks_hold(self, set(exclude or ()))
        try:
            super().validate_constraints(exclude)
        except ValidationError as error:
            raise keyed_to_fields(error, getattr(self, "constraint_fields", {})) from error
        finally:
            del self._checks_hold

    def get_constraints(self):
        """Those that are to be asked about: no checks while all of them are known to hold."""
        constraints = super().get_constraints()
        if not self._checks_hold:
            return constraints
        return [
            (model, [one for one in of_model if not isinstance(one, CheckConstraint)])
            for model, of_model in constraints
        ]


def keyed_to_fields(error: ValidationError, fields: dict[str, str]) -> ValidationError:
    """The same faults, each keyed to the field that stands for its code."""
    faults = error.error_dict
    for fault in faults.pop(NON_FIELD_ERRORS, []):
        faults.setdefault(fields.get(fault.code or "", NON_FIELD_ERRORS), []).append(fault)
    return ValidationError(faults)


def checks_hold(record: Any, exclude: set[str]) -> bool:
    """Do all check constraints hold of which no field is left out?"""
    values = record._get_field_expression_map(record._meta, exclude)
    checks = [one for one in record._meta.constraints if isinstance(one, CheckConstraint)]
    conditions = [
        condition
        for condition in (Q(check.condition) for check in checks)
        if condition.referenced_base_fields <= values.keys()
    ]
    if len(conditions) < 2:
        return False
    # What is unknown violates no constraint.
    whole = Q(*(Coalesce(one, True, output_field=models.BooleanField()) for one in conditions))
    named = set().union(*(one.referenced_base_fields for one in conditions))
    return whole.check({name: values[name] for name in named})
