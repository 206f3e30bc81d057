"""Calendars read back by two parsers that know nothing of each other."""

from dataclasses import dataclass
from datetime import datetime

import icalendar
from ical.calendar_stream import IcsCalendarStream


@dataclass(frozen=True)
class Read:
    """What both parsers say of an event."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    status: str
    summary: str
    description: str
    location: str
    geo: tuple[float, float] | None


def read(content: bytes | str) -> tuple[str, list[Read]]:
    """The calendar's method and events, on which both parsers agree."""
    text = content.decode() if isinstance(content, bytes) else content
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75, "RFC 5545, 3.1: lines are folded after 75 octets at the latest."
    assert "\n" not in text.replace("\r\n", "")
    first, second = by_icalendar(text), by_ical(text)
    assert first == second
    return first


def by_icalendar(text: str) -> tuple[str, list[Read]]:
    calendar = icalendar.Calendar.from_ical(text)
    return str(calendar["METHOD"]), [
        Read(
            str(event["UID"]),
            int(event["SEQUENCE"]),
            event["DTSTART"].dt,
            event["DTEND"].dt,
            str(event["STATUS"]),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
            str(event["LOCATION"]),
            event["GEO"].ical_value if "GEO" in event else None,
        )
        for event in calendar.events
    ]


def by_ical(text: str) -> tuple[str, list[Read]]:
    calendar = IcsCalendarStream.calendar_from_ics(text)
    return calendar.method, [
        Read(
            event.uid,
            event.sequence,
            event.dtstart,
            event.dtend,
            event.status.value,
            event.summary,
            event.description,
            event.location,
            (event.geo.lat, event.geo.lng) if event.geo else None,
        )
        for event in calendar.events
    ]
