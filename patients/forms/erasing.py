"""The form that erases a patient: why, and the record number typed once more."""

from django import forms
from django.core.exceptions import ValidationError

from clinic.forms import FaultsForm
from clinic.text import PlainText


class ErasureForm(FaultsForm):
    required_css_class = "required"
    reason = forms.CharField(
        max_length=300,
        validators=[PlainText()],
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="It stays in the protocol: no name, and nothing of the person.",
    )
    number = forms.CharField(
        max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, record_number: str, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.record_number = record_number
        self.fields["number"].label = f"Type {record_number} to erase it"

    def clean_number(self) -> str:
        number = self.cleaned_data["number"].strip()
        if number.upper() != self.record_number:
            raise ValidationError(f"That isn't {self.record_number}.")
        return number
