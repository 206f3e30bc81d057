"""What became of a visit, line by line: its steps and moves, and the changes of its reason and
its rooms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from accounts.models import User
from appointments.models import Appointment, AppointmentResource
from doctors.models import Location, Resource

# What was replaced, the event that says so, and what there was before it and since.
Change = tuple[str, Any, str, str]


@dataclass(frozen=True)
class Replaced:
    """That another reason was written, or another room given, as a line of the visit's history."""

    what: str  # `reason` or `room`.
    at: datetime
    by: User | None
    before: str
    after: str


def history_of(visit: Appointment) -> list[Any]:
    """The visit's steps and moves, and the changes of its reason and rooms, in the order of time.

    The record's events know reasons and places, whichever door they came through.
    """
    steps = list(visit.history.select_related("by", "from_doctor", "to_doctor"))
    model: Any = Appointment
    events = model.pgh_event_model.objects.filter(pgh_obj=visit.pk).order_by("pgh_id")
    names = ("reason", "location", "sequence", "pgh_created_at", "pgh_context")
    events = list(events.only(*names))
    note_places(visit, steps, events)
    changes = [*reasons_changed(events), *rooms_changed(visit)]
    return sorted([*steps, *replaced(changes)], key=lambda one: one.at)


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


def reasons_changed(events: Sequence[Any]) -> list[Change]:
    return [
        ("reason", one, last.reason, one.reason)
        for last, one in pairwise(events)
        if last.reason != one.reason
    ]


def rooms_changed(visit: Appointment) -> list[Change]:
    """The rooms and devices that a visit of a type was given in the place of others."""
    if visit.service_id is None:
        return []
    model: Any = AppointmentResource
    events = model.pgh_event_model.objects.filter(appointment=visit.pk)
    names = ("pgh_obj_id", "resource_id", "pgh_created_at", "pgh_context")
    given = list(events.order_by("pgh_obj_id", "pgh_id").only(*names))
    found = [
        (one, last.resource_id, one.resource_id)
        for last, one in pairwise(given)
        if last.pgh_obj_id == one.pgh_obj_id and last.resource_id != one.resource_id
    ]
    keys = {key for _, *both in found for key in both}
    known = Resource.objects.in_bulk(keys) if keys else {}
    return [("room", one, str(known[last]), str(known[now])) for one, last, now in found]


def replaced(changes: Sequence[Change]) -> list[Replaced]:
    """These changes, with who made them."""
    keys = {(event.pgh_context or {}).get("user") for _, event, _, _ in changes} - {None}
    people = {str(user.pk): user for user in User.objects.filter(pk__in=keys)} if keys else {}
    return [
        Replaced(
            what=what,
            at=event.pgh_created_at,
            by=people.get((event.pgh_context or {}).get("user") or ""),
            before=before,
            after=after,
        )
        for what, event, before, after in changes
    ]
