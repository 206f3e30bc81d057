from django import forms

from clinic.forms import ShownAgainMixin
from patients.models import Note


class NoteForm(ShownAgainMixin, forms.ModelForm):
    """A new note on a patient."""

    class Meta:
        model = Note
        fields = ("text", "on_board")
        labels = {"text": "New note", "on_board": "Show it on the board, as a warning"}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}
