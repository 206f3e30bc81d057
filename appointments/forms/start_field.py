"""A start typed by hand: a day and a time of the clinic's clocks, which becomes an instant."""

from copy import deepcopy
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic.days import SKIPPED, clock_readings, told_apart

TWICE = (
    "The clocks are put back that night and show {time} twice. Choose which of the two is meant."
)
DAY = forms.DateField(error_messages={"invalid": "Enter a valid date."})
TIME = forms.TimeField(error_messages={"invalid": "Enter a valid time."})


class StartInput(forms.MultiWidget):
    """A day and a time, picked with what the browser has for it. Where the clocks show the time
    twice, which of the two is asked for beside them."""

    template_name = "admin/widgets/start.html"

    def __init__(self):
        day = forms.DateInput({"type": "date", "aria-label": "Day"}, format="%Y-%m-%d")
        clock = {"type": "time", "step": 300, "aria-label": "Time"}
        super().__init__([day, forms.TimeInput(clock, format="%H:%M"), forms.RadioSelect()])

    def decompress(self, value: datetime | None) -> list[Any]:
        try:
            local = timezone.localtime(value) if value and timezone.is_aware(value) else value
        except OverflowError:  # No clock of the clinic shows it.
            local = None
        if local is None:
            return [None, None, ""]
        is_twice = len(typed_readings(local.date(), local.time())) == 2
        return [local.date(), local.time(), f"{local.fold}" if is_twice else ""]

    def get_context(self, name, value, attrs):
        parts = value if isinstance(value, list) else self.decompress(value)
        found = typed_readings(*parts[:2])
        both = enumerate(found) if len(found) == 2 else ()
        which: Any = self.widgets[2]
        which.choices = [(f"{fold}", told_apart(at)) for fold, at in both]
        return super().get_context(name, value, attrs)


class StartField(forms.MultiValueField):
    """An instant in UTC. Which one is asked for where the clocks show the time twice; a time that
    they skip is refused."""

    widget = StartInput
    default_error_messages = {"incomplete": forms.Field.default_error_messages["required"]}

    def __init__(self, **kwargs):
        fields = (deepcopy(DAY), deepcopy(TIME), forms.CharField(required=False))
        super().__init__(fields, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[Any]) -> datetime | None:
        if not data_list:
            return None
        day, clock, which = data_list
        local = datetime.combine(day, clock)
        try:
            found = clock_readings(local)
        except OverflowError:  # Before the first instant of all, or after the last.
            return local.replace(tzinfo=UTC)
        if not found:
            raise ValidationError(SKIPPED.format(time=f"{clock:%H:%M}"), code="skipped")
        if len(found) == 1:
            return found[0]
        if which not in ("0", "1"):
            raise ValidationError(TWICE.format(time=f"{clock:%H:%M}"), code="twice")
        return found[int(which)]


def typed_readings(day: date | str | None, clock: time | str | None) -> list[datetime]:
    """The readings of what was typed, or of what stands there; none where it makes no sense."""
    try:
        day, clock = DAY.to_python(day), TIME.to_python(clock)
        return clock_readings(datetime.combine(day, clock)) if day and clock else []
    except (ValidationError, OverflowError):
        return []
