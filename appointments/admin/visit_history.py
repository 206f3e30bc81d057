"""What became of a visit, line by line: its steps and moves, and the changes of its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from accounts.models import User
from appointments.models import Appointment
from doctors.models import Location


@dataclass(frozen=True)
class NewReason:
    """That another reason was written, as a line of the visit's history."""

    at: datetime
    by: User | None
    before: str
    after: str


def history_of(visit: Appointment) -> list[Any]:
    """The visit's steps and moves, and the changes of its reason, in the order of time.

    The record's events know reasons and places, whichever door they came through.
    """
    steps = list(visit.history.select_related("by", "from_doctor", "to_doctor"))
    model: Any = Appointment
    events = model.pgh_event_model.objects.filter(pgh_obj=visit.pk).order_by("pgh_id")
    names = ("reason", "location", "sequence", "pgh_created_at", "pgh_context")
    events = list(events.only(*names))
    note_places(visit, steps, events)
    return sorted([*steps, *reasons_changed(events)], key=lambda one: one.at)


def note_places(visit: Appointment, steps: Sequence[Any], events: Iterable[Any]) -> None:
    """Let each step that took the visit elsewhere know from where and to where: `places`.

    Every step counts the visit's `sequence` on; the last one made it what it is.
    """
    at = {event.sequence: event.location_id for event in events}
    first = visit.sequence - len(steps) + 1
    elsewhere = [
        (step, at[version - 1], at[version])
        for version, step in enumerate(steps, first)
        if version - 1 in at and version in at and at[version - 1] != at[version]
    ]
    keys = {key for _, *both in elsewhere for key in both if key}
    known = Location.objects.in_bulk(keys) if keys else {}
    for step, *both in elsewhere:
        step.places = [str(known.get(key, "any place")) for key in both]


def reasons_changed(events: Sequence[Any]) -> list[NewReason]:
    found = [(one, last) for last, one in pairwise(events) if last.reason != one.reason]
    keys = {(one.pgh_context or {}).get("user") for one, _ in found} - {None}
    people = {str(user.pk): user for user in User.objects.filter(pk__in=keys)} if keys else {}
    return [
        NewReason(
            at=one.pgh_created_at,
            by=people.get((one.pgh_context or {}).get("user") or ""),
            before=last.reason,
            after=one.reason,
        )
        for one, last in found
    ]
