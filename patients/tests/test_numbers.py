"""Record numbers: one after the other."""

import pytest
from django.apps import apps
from django.db import models

from clinic.copies import Copy
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def test_numbers_go_up_by_one_however_many_are_on_record():
    first, second, third = (PatientFactory.build() for _ in range(3))
    for patient in (first, second, third):
        patient.full_clean(exclude={"user"})
        patient.save()
        patient.refresh_from_db()
    assert (second.number, third.number) == (first.number + 1, first.number + 2)


def test_what_the_database_makes_is_never_asked_whether_it_is_unique():
    made = {
        model
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if field.db_default is not models.NOT_PROVIDED and not field.has_default()
    }
    assert made
    assert all(issubclass(model, Copy) for model in made)
