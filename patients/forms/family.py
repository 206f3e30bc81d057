"""Forms of who belongs to a patient."""

from django import forms
from django.contrib import admin

from clinic.console.parts import RefusableForm, SearchSelect
from patients.models import Patient, RelatedPerson

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
PERSON = ("name", "email", "phone", "language")  # Of somebody who is no patient.
HOLDS = ("relationship", "may_act", "gets_messages", "valid_until")
LABELS = {
    "related_patient": "A patient",
    "name": "Or somebody else, by name",
    "email": "E-mail",
    "relationship": "Is the patient's",
    "may_act": "Acts for the patient",
    "gets_messages": "Gets the patient's messages",
    "valid_until": "Until",
}


class RelativeForm(RefusableForm):
    """Somebody new of a family that is on record: the rest is the family's."""

    required_css_class = "required"
    relationship = forms.ChoiceField(choices=RelatedPerson.Relationship.choices)

    class Meta:
        model = Patient
        fields = ("first_name", "last_name", "date_of_birth", "gender")
        widgets = {"date_of_birth": DATE}

    def __init__(self, *args, person: Patient, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("first_name", "date_of_birth"):
            self.fields[name].required = True
        self.fields["first_name"].widget.attrs["autofocus"] = True
        self.fields["relationship"].label = f"{person} is the patient's"


class RelationForm(RefusableForm):
    """Somebody on record, or a person who is no patient, who belongs to a patient from now on."""

    required_css_class = "required"

    class Meta:
        model = RelatedPerson
        fields = ("related_patient", *PERSON, *HOLDS)
        labels = LABELS
        widgets = {"valid_until": DATE}
        help_texts = {
            "related_patient": "Searched for by name, number, phone or date of birth.",
            "name": "",
            "language": "",
            "may_act": "Sees and books for the patient, with an account of their own.",
            "gets_messages": "",
            "valid_until": "Empty where it has no end.",
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["related_patient"]
        field.queryset = Patient.objects.visible_to(user)
        field.widget = SearchSelect(
            RelatedPerson._meta.get_field("related_patient"), admin.site, choices=field.choices
        )
        field.widget.attrs["autofocus"] = True
        self.fields["language"].required = False  # Left out, it is the clinic's own.


class RelationChangeForm(RefusableForm):
    """What holds between a patient and somebody who belongs to that patient."""

    required_css_class = "required"

    class Meta(RelationForm.Meta):
        fields = (*PERSON, *HOLDS)
        labels = LABELS | {"name": "Name"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.related_patient_id is not None:
            for name in PERSON:
                del self.fields[name]


class EndForm(forms.Form):
    """A relation comes to its end: on a day, or as if it had never been."""

    required_css_class = "required"
    last_day = forms.DateField(widget=DATE, label="Its last day")
