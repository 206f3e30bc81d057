"""The calendar file of a series, read back by parsers that know nothing of each other."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import time_machine
from ical.calendar_stream import IcsCalendarStream

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.invites import invitation
from appointments.models import AppointmentSeries, SeriesDate
from appointments.series_invites import series_part
from appointments.services.series import SKIP
from appointments.services.series_changes import cancel_series, reschedule_series
from appointments.tests.factories import AppointmentFactory
from appointments.tests.series import booked_series, starts_of, visits_of, wish
from patients.reach import reach

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def in_berlin(settings):
    """Some weeks before the clocks are put forward."""
    settings.TIME_ZONE = "Europe/Berlin"
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=True):
        yield


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def series_of(rule: str = "FREQ=WEEKLY;BYDAY=MO;COUNT=5", **more) -> AppointmentSeries:
    """On Mondays at nine, from a fortnight before the clocks change."""
    first = wish(starts_at=local("2027-03-15T09:00"))
    if more.pop("is_taken", False):
        AppointmentFactory(doctor=first.doctor, starts_at=first.starts_at + timedelta(days=7))
    return booked_series(first, rule, **more)


def file_of(series: AppointmentSeries) -> str:
    series.refresh_from_db()
    dates = list(SeriesDate.objects.filter(series=series).with_visits())
    part = series_part(series, dates, reach(series.patient)[0])
    return part.get_payload(decode=True).decode()


def read(text: str) -> list[tuple[datetime, datetime]]:
    """When both parsers say that there is something, with the exceptions put in."""
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75
    calendar = icalendar.Calendar.from_ical(text)
    found = recurring_ical_events.of(calendar).between((2027, 1, 1), (2029, 1, 1))
    first = sorted((one["DTSTART"].dt, one["DTEND"].dt) for one in found)
    events = IcsCalendarStream.calendar_from_ics(text).timeline
    second = sorted((event.start, event.end) for event in events)
    assert [tuple(at.astimezone(UTC) for at in one) for one in first] == [
        tuple(at.astimezone(UTC) for at in one) for one in second
    ]
    return first


def shown(text: str) -> list[str]:
    return [f"{start.astimezone(BERLIN):%m-%d %H:%M}" for start, _end in read(text)]


def values(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}[:;](.*)\r$", text, re.MULTILINE)


def test_a_regular_series_is_one_event_that_recurs_on_the_clinics_clocks():
    series = series_of()
    text = file_of(series)

    assert shown(text) == [
        "03-15 09:00",
        "03-22 09:00",
        "03-29 09:00",
        "04-05 09:00",
        "04-12 09:00",
    ]
    assert [start for start, _ in read(text)] == starts_of(series)
    assert {end - start for start, end in read(text)} == {timedelta(minutes=30)}
    assert text.count("BEGIN:VEVENT") == text.count("BEGIN:VTIMEZONE") == 1
    assert values(text, "METHOD") == ["REQUEST"]
    assert values(text, "SEQUENCE") == ["0"]
    assert "TZID=Europe/Berlin:20270315T090000" in values(text, "DTSTART")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;UNTIL=20270402",
        "FREQ=DAILY;BYDAY=MO,WE;UNTIL=20270402T063000Z",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU;COUNT=6",
        "FREQ=MONTHLY;BYDAY=3MO,-1FR;COUNT=4",
        "FREQ=MONTHLY;COUNT=12",
        "FREQ=WEEKLY;COUNT=1",
    ],
)
def test_both_parsers_find_the_dates_that_were_booked(rule):
    series = series_of(rule)
    assert [start for start, _ in read(file_of(series))] == starts_of(series)


def test_what_is_skipped_moved_or_cancelled_is_an_exception():
    series, desk = series_of(is_taken=True, on_conflict=SKIP), UserFactory()
    visits = visits_of(series)
    services.reschedule(visits[1], desk, visits[1].starts_at + 25 * HOUR)
    services.cancel(visits[2], desk)
    text = file_of(series)

    assert shown(text) == ["03-15 09:00", "03-30 10:00", "04-12 09:00"]
    assert [start for start, _ in read(text)] == starts_of(series)
    assert values(text, "EXDATE") == ["TZID=Europe/Berlin:20270322T090000,20270405T090000"]
    assert values(text, "RECURRENCE-ID") == ["TZID=Europe/Berlin:20270329T090000"]
    assert len(set(values(text, "UID"))) == 1


def test_a_visit_alone_is_a_date_of_the_series():
    """What one mail says of the series, and another of one visit, lands in the same place."""
    series, desk = series_of(), UserFactory()
    visit = visits_of(series)[2]
    whole = file_of(series)
    moved = services.reschedule(visit, desk, visit.starts_at + HOUR)
    alone = invitation(moved, reach(series.patient)[0]).decode()
    cancelled = invitation(services.cancel(moved, desk), reach(series.patient)[0]).decode()

    assert values(alone, "UID") == values(cancelled, "UID") == values(whole, "UID")
    assert values(alone, "RECURRENCE-ID") == ["TZID=Europe/Berlin:20270329T090000"]
    assert values(cancelled, "RECURRENCE-ID") == values(alone, "RECURRENCE-ID")
    assert [values(text, "SEQUENCE") for text in (alone, cancelled)] == [["1"], ["2"]]
    assert [values(text, "METHOD") for text in (alone, cancelled)] == [["REQUEST"], ["CANCEL"]]
    assert alone.count("BEGIN:VTIMEZONE") == 1
    put_in = icalendar.Calendar.from_ical(whole)
    put_in.add_component(icalendar.Calendar.from_ical(alone).events[0])
    assert "03-29 10:00" in shown(put_in.to_ical().decode())
    assert len(read(put_in.to_ical().decode())) == 5


def test_a_series_that_is_moved_whole_stays_regular():
    series, desk = series_of(), UserFactory()
    reschedule_series(series, desk, starts_of(series)[0], local("2027-03-16T11:00"))
    text = file_of(series)

    assert [start for start, _ in read(text)] == starts_of(series)
    assert text.count("BEGIN:VEVENT") == 1
    assert values(text, "RRULE") == ["FREQ=WEEKLY;COUNT=5;BYDAY=TU"]
    assert values(text, "SEQUENCE") == ["1"]


def test_of_later_ones_that_are_moved_each_is_an_exception():
    series, desk = series_of(), UserFactory()
    third = starts_of(series)[2]
    reschedule_series(series, desk, third, third + 25 * HOUR)
    text = file_of(series)

    assert [start for start, _ in read(text)] == starts_of(series)
    assert len(values(text, "RECURRENCE-ID")) == 3
    assert values(text, "SEQUENCE") == ["1", "2", "2", "2"]


def test_a_series_that_is_cancelled():
    series, desk = series_of(), UserFactory()
    second = starts_of(series)[1]
    cancel_series(series, desk, second)

    assert shown(file_of(series)) == ["03-15 09:00"]

    cancel_series(series, desk)
    text = file_of(series)
    assert values(text, "METHOD") == ["CANCEL"]
    assert values(text, "STATUS") == ["CANCELLED"]
    assert values(text, "SEQUENCE") == ["2"]
    assert not values(text, "EXDATE")


def test_dates_that_the_rule_does_not_have_any_more_stand_one_by_one(settings):
    series = series_of()
    settings.TIME_ZONE = "Asia/Kolkata"
    text = file_of(series)
    assert [start for start, _ in read(text)] == starts_of(series)
