"""The form that opens somebody else's record in an emergency."""

from django import forms
from django.core.exceptions import ValidationError

from clinic.forms import FaultsForm
from clinic.text import PlainText

WIDE = {"class": "vTextField", "autocomplete": "off"}


class EmergencyForm(FaultsForm):
    required_css_class = "required"
    number = forms.CharField(
        label="Record number", required=False, max_length=20, widget=forms.TextInput(attrs=WIDE)
    )
    last_name = forms.CharField(
        label="Or: last name, in full",
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs=WIDE),
    )
    date_of_birth = forms.DateField(
        label="and date of birth",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(
        label="What is the emergency?",
        max_length=500,
        validators=[PlainText(multiline=True)],
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    def clean(self):
        given = super().clean()
        if not given.get("number") and not (given.get("last_name") and given.get("date_of_birth")):
            raise ValidationError("Give the record number, or last name and date of birth.")
        return given
