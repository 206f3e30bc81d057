from django import forms

from appointments.models import Appointment, VisitNote
from clinic.console.parts import RefusableForm
from clinic.forms import ShownAgainMixin


class VisitNoteForm(ShownAgainMixin, forms.ModelForm):
    """A new note on a visit."""

    class Meta:
        model = VisitNote
        fields = ("text",)
        labels = {"text": "New note"}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}


class VisitReasonForm(RefusableForm):
    """The reason for a visit, whatever else becomes of the visit."""

    def validate_constraints(self):
        """Nothing that a constraint is about is changed."""

    class Meta:
        model = Appointment
        fields = ("reason",)
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}
