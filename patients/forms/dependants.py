"""What a patient tells of a child, or of somebody cared for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import FaultsMixin
from patients.forms.fields import BirthDateField, text_input
from patients.models import Patient, RelatedPerson


class DependantForm(FaultsMixin, forms.ModelForm):
    """It yields an unsaved Patient, and what whoever fills it in is to that person."""

    date_of_birth = BirthDateField(
        label=_("Date of birth"),
        error_messages={"required": _("Enter the date of birth: day, month and year.")},
    )
    relationship = forms.ChoiceField(
        label=_("What are you to this person?"),
        choices=RelatedPerson.Relationship.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    consent = forms.BooleanField(
        error_messages={"required": _("Please agree to the privacy notice to register somebody.")}
    )

    class Meta:
        model = Patient
        fields = ("first_name", "last_name", "date_of_birth")
        labels = {"first_name": _("First name(s)"), "last_name": _("Last name")}
        widgets = {"first_name": text_input("off"), "last_name": text_input("off")}
        error_messages = {"last_name": {"required": _("Enter the last name.")}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.required:
                field.widget.attrs["data-required"] = field.error_messages["required"]
