"""Forms of group sessions: making and moving one, and who takes part."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from accounts.models import User
from appointments.forms.visits import BookingForm
from appointments.models import FEWEST_PLACES, MOST_PLACES, Appointment, GroupSession
from clinic.forms import FaultsForm
from patients.models import Patient


class SessionForm(BookingForm):
    """Makes a session, or changes and moves one with all who take part in it."""

    capacity = forms.IntegerField(
        label="Places",
        min_value=FEWEST_PLACES,
        max_value=MOST_PLACES,
        initial=8,
        help_text=f"How many can take part, {FEWEST_PLACES} to {MOST_PLACES}.",
    )

    class Meta:
        model = GroupSession
        fields = ("title", "doctor", "starts_at", "capacity")
        labels = {"title": "Name"}
        help_texts = {"title": "As patients read it, e.g. Back school."}


class ParticipantForm(FaultsForm):
    """Gives a patient a place in a session."""

    patient = forms.ModelChoiceField(
        Patient.objects.none(),
        widget=AutocompleteSelect(Appointment._meta.get_field("patient"), admin.site),
    )
    reason = forms.CharField(
        label="Reason for the visit",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"size": 40}),
    )
    stands_for = {"starts_at": "patient"}

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["patient"].queryset = Patient.objects.visible_to(user)
