"""Free times and their days, as they are shown."""

from datetime import date, datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from appointments.scheduling.availability import Slot
from doctors.models import Doctor, Location


class Time(NamedTuple):
    """A free time on a button."""

    slot: Slot
    doctor: Doctor
    address: str
    local: datetime
    place: Location | None = None  # Where it differs from one time to another.
    places_left: int | None = None  # In a group session.

    @property
    def part_of_day(self) -> str:
        hour = self.local.hour
        return _("Morning") if hour < 12 else _("Afternoon") if hour < 17 else _("Evening")

    @property
    def iso(self) -> str:
        return self.local.isoformat()

    @property
    def clock(self) -> str:
        """With the zone's letters, where the clocks show this time twice that day."""
        is_twice = self.local.replace(fold=0).utcoffset() != self.local.replace(fold=1).utcoffset()
        return f"{self.local:%H:%M %Z}" if is_twice else f"{self.local:%H:%M}"


class Day(NamedTuple):
    """A day of the week that is shown, and how many times are free on it."""

    date: date
    free: int
    address: str
