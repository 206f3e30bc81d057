"""The forms of rooms and equipment."""

from django import forms

from clinic.console.parts import RefusableForm
from clinic.console.suggestions import SuggestedInput
from doctors.forms.visit_types import known_pools
from doctors.services import MOST_AT_ONCE

NAME_HELP = "Empty: called after what it is one of, with a number."


class RoomForm(RefusableForm):
    """A room or device as it is; while it is added, it may be several of a kind."""

    count = forms.IntegerField(
        label="How many", min_value=1, max_value=MOST_AT_ONCE, initial=1, help_text=NAME_HELP
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "pool" in self.fields:
            self.fields["pool"].widget = SuggestedInput(known_pools())
        if not self.instance._state.adding:
            self.fields.pop("count", None)
        elif "name" in self.fields:
            self.fields["name"].required = False

    def clean(self):
        cleaned = super().clean()
        if self.cleaned_data.get("name") and (self.cleaned_data.get("count") or 1) > 1:
            self.add_error("name", "Several can't have one name. Leave it empty: they get numbers.")
        return cleaned

    def _get_validation_exclusions(self):
        """Names that are left empty are found when they are saved."""
        excluded = super()._get_validation_exclusions()
        return excluded if self.cleaned_data.get("name") else excluded | {"name"}
