"""What the forms of the clinic's own pages have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.errors import UNAVAILABLE

NOT_SAVED = _(
    "This is what you had typed. It is not saved yet: please check it, and send it once more."
)


class ShownAgain:
    """What became of a form that is only shown again with what was typed in it."""

    is_refused = False


_shown_again: ContextVar[ShownAgain | None] = ContextVar("shown_again", default=None)


@contextmanager
def shown_again(again: ShownAgain) -> Iterator[None]:
    """While this lasts, every form refuses to be saved, and says that it is only shown again."""
    token = _shown_again.set(again)
    try:
        yield
    finally:
        _shown_again.reset(token)


def only_shown() -> bool:
    """Is the form at hand only shown again? Whoever asks refuses it then."""
    again = _shown_again.get()
    if again is not None:
        again.is_refused = True
    return again is not None


class ShownAgainMixin:
    """A form that can be shown with what was typed in it, and is not saved by that."""

    is_bound: bool
    prefix: str | None
    add_error: Any

    def full_clean(self) -> None:
        super().full_clean()
        # The rows of a set of forms leave the word to the set.
        if self.is_bound and not self.prefix and only_shown():
            self.add_error(None, NOT_SAVED)


class FaultsMixin(ShownAgainMixin):
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


def is_put_off(form: forms.BaseForm) -> bool:
    """Is a fault of it none of the sender's, and gone in a moment?"""
    return any(
        fault.code == UNAVAILABLE for found in form.errors.as_data().values() for fault in found
    )


class FaultsForm(FaultsMixin, forms.Form):
    """A form of a page that ends in a service."""
