"""Two people at one form: what somebody else saved meanwhile is neither taken back nor hidden."""

import hashlib
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.history import last_change_of


class OpenedMixin:
    """A form of a stored record that knows which values it showed when it was opened.

    A field that somebody else has changed meanwhile, and that was left alone here, keeps what the
    other wrote. One that both have changed is refused once, with the other's value beside it and
    what was typed kept; sent again, it is saved over that.
    """

    MISSING = gettext_lazy(
        "This page was opened a while ago. Please look at it once more, and save again."
    )
    # Fails where the record has moved on in any way: for what only makes sense as a whole.
    is_whole = False

    fields: dict[str, forms.Field]
    errors: Any
    add_error: Any
    instance: Any
    data: Any
    is_bound: bool
    files: Any
    add_prefix: Any
    get_initial_for_field: Any

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.overtaken: dict[str, str] = {}  # What now stands in fields that both have changed.
        self.is_new_to_us = False
        if self.instance._state.adding or not self.opened_fields():
            return
        self.fields["opened"] = OpenedField(initial=self.digests())
        if self.is_bound:
            self.compare_with_now()

    def opened_fields(self) -> dict[str, forms.Field]:
        kinds = (forms.FileField, OpenedField)
        return {
            name: field
            for name, field in self.fields.items()
            if not isinstance(field, kinds) and not field.disabled and not field.widget.is_hidden
        }

    def digests(self) -> str:
        return " ".join(
            f"{name}={digest_of(field, self.get_initial_for_field(field, name))}"
            for name, field in self.opened_fields().items()
        )

    def compare_with_now(self) -> None:
        """Take over what only others have changed, and note what both have."""
        sent = str(self.data.get(self.add_prefix("opened"), ""))
        shown = dict(part.split("=", 1) for part in sent.split() if "=" in part)
        self.is_new_to_us = self.is_whole and not shown
        self.data = self.data.copy()
        self.data[self.add_prefix("opened")] = self.digests()
        for name, field in self.opened_fields().items():
            now = self.get_initial_for_field(field, name)
            if shown.get(name, digest_of(field, now)) == digest_of(field, now):
                continue
            widget, full_name = field.widget, self.add_prefix(name)
            typed = widget.value_from_datadict(self.data, self.files, full_name)
            if mark_of(typed) == shown[name] and not self.is_whole:
                put(self.data, full_name, widget, now, field)
            elif self.is_whole or mark_of(typed) != digest_of(field, now):
                self.overtaken[name] = words_for(field, now)

    def clean(self):
        cleaned = super().clean()  # type: ignore[misc]  # Of the form that it is mixed into.
        if self.is_new_to_us:
            self.add_error(None, self.MISSING)
        if not self.overtaken:
            return cleaned
        who = last_change_of(self.instance) or _("Somebody")
        told = _("%(who)s changed this record while you had it open.") % {"who": who}
        self.add_error(None, told + " " + _("Nothing is saved yet; what you typed is kept."))
        for name, now in self.overtaken.items():
            words = _("Now it is “%(now)s”. To put yours in its place, save again.")
            self.add_error(name, words % {"now": now})
        return cleaned


class OpenedField(forms.CharField):
    """What a form showed when it was opened: a digest of each field's value, no value itself."""

    def __init__(self, **kwargs):
        super().__init__(required=False, widget=forms.HiddenInput, **kwargs)

    def has_changed(self, initial, data):
        return False


def sent_value(field: Any, value: Any) -> Any:
    """What a browser sends of the field where it is left as it is."""
    if isinstance(field, forms.BooleanField):
        return bool(value)
    if isinstance(field.widget, forms.MultiWidget):
        parts: Any = value if isinstance(value, list) else field.widget.decompress(value)
        both = zip(field.widget.widgets, parts, strict=False)
        return [widget.format_value(part) for widget, part in both]
    value = field.prepare_value(value)
    if isinstance(field.widget, forms.Select):
        return "" if value is None else str(value)
    return field.widget.format_value(value)


def digest_of(field: forms.Field, value: Any) -> str:
    return mark_of(sent_value(field, value))


def mark_of(sent: Any) -> str:
    """Of what was shown, another one whenever that is another: what a page sends back of it."""
    parts = sent if isinstance(sent, list | tuple) else [sent]
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    text = text.replace("\r\n", "\n").strip()
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def put(data: Any, name: str, widget: Any, value: Any, field: Any) -> None:
    """Put a value into what was sent, as if it had been typed."""
    sent = sent_value(field, value)
    if isinstance(field, forms.BooleanField):
        data.pop(name, None)
        if sent:
            data[name] = "on"
    elif hasattr(widget, "widgets_names"):
        for suffix, part in zip(widget.widgets_names, sent, strict=False):
            data[name + suffix] = as_text(part)
    else:
        data[name] = as_text(sent)


def as_text(sent: Any) -> str:
    if isinstance(sent, list | tuple):
        return "".join(map(str, sent))
    return "" if sent is None else str(sent)


def words_for(field: Any, value: Any) -> str:
    """A field's value as a person reads it."""
    if isinstance(field, forms.BooleanField):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    sent = sent_value(field, value)
    if hasattr(field, "queryset"):
        found = field.queryset.model._base_manager.filter(pk=value).first() if value else None
        return str(found or _("empty"))
    if hasattr(field, "choices"):
        choices = {str(key): str(words) for key, words in field.choices}
        return choices.get(str(sent), as_text(sent)) or str(_("empty"))
    return as_text(sent) or str(_("empty"))
