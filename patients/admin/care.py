"""On a record's page: the doctors who look after the patient."""

from django import forms
from django.contrib import admin

from clinic.console.parts import VisibleChoices
from patients.models import CareAssignment


class CareAssignmentFormSet(forms.models.BaseInlineFormSet):
    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Looks after the patient no more"


class CareAssignmentInline(VisibleChoices, admin.TabularInline):
    model = CareAssignment
    formset = CareAssignmentFormSet
    fields = ("doctor", "assigned_at", "assigned_by", "ends")
    readonly_fields = ("assigned_at", "assigned_by", "ends")
    autocomplete_fields = ("doctor",)
    extra = 0
    verbose_name = "doctor"
    verbose_name_plural = "doctors who look after this patient"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("doctor", "patient", "assigned_by")

    @admin.display(description="ends")
    def ends(self, care: CareAssignment) -> str:
        return "With the visits" if care.by_booking else "By hand"

    def has_change_permission(self, request, obj=None):
        return False  # A doctor looks after the patient or doesn't: nothing to edit.
