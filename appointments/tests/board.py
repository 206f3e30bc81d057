"""Visits of one day on the board, and how the board is asked."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2027, 3, 2)  # A Tuesday.


def at(hour: int, minute: int = 0, day: date = DAY, **fields) -> Appointment:
    starts_at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
    return AppointmentFactory.past(starts_at=starts_at, **fields)


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def poll(client, tag: str = "", query: str = ""):
    headers = {"If-None-Match": tag, "X-Background": "1"} if tag else {}
    return client.get(f"/admin/board/{query}", headers=headers)
