"""What the forms of the clinic's own pages have in common."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class FaultsMixin:
    """A form that shows what a service found, beside the fields it is about."""

    fields: dict[str, forms.Field]
    errors: Any
    add_error: Any
    # Names that the service uses for fields which the form calls differently.
    stands_for: dict[str, str] = {}

    def add_faults(self, error: ValidationError) -> None:
        """Show these faults beside the fields that show none of their own yet."""
        shown = set(self.errors)
        for name, faults in error.update_error_dict({}).items():
            field = self.stands_for.get(name, name)
            if field not in shown:
                self.add_error(field if field in self.fields else None, faults)


class FaultsForm(FaultsMixin, forms.Form):
    """A form of a page that ends in a service."""
