"""Every form of a stored record knows which values it was opened with, whoever adds it."""

import pytest
from django import forms
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import User
from accounts.roles import Role
from appointments.forms.notes import VisitNoteForm
from appointments.forms.own_visits import CancelForm, VisitForm, WaitForm
from clinic.opened import OpenedMixin
from patients.forms.dependants import DependantForm
from patients.forms.notes import NoteForm

OURS = ("accounts", "appointments", "clinic", "doctors", "patients")
NEW_EACH_TIME = {
    **dict.fromkeys(
        (NoteForm, VisitNoteForm, CancelForm, WaitForm, DependantForm), "makes a record"
    ),
    VisitForm: "moves a visit whose `sequence` it bears",
}


def all_below(base: type) -> set[type]:
    below = set(base.__subclasses__())
    return below.union(*map(all_below, below)) if below else below


def test_every_form_of_a_record_knows_what_it_showed():
    ours = {form for form in all_below(forms.ModelForm) if form.__module__.split(".")[0] in OURS}
    unknowing = {form for form in ours if not issubclass(form, OpenedMixin)}

    assert len(ours) > 8
    assert unknowing == set(NEW_EACH_TIME)


@pytest.mark.django_db
def test_so_does_every_page_of_the_console_that_changes_a_record():
    request = RequestFactory().get("/admin/")
    request.user = User(role=Role.ADMIN)
    pages = {
        model: page.get_form(request, model())
        for model, page in admin.site._registry.items()
        if model._meta.app_label in OURS
        and page.has_change_permission(request, model())
        and any(str(url.name).endswith("_change") for url in page.get_urls())
    }

    assert {"Patient", "Doctor", "Appointment", "User"} <= {each.__name__ for each in pages}
    assert [model for model, form in pages.items() if not issubclass(form, OpenedMixin)] == []
