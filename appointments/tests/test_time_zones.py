"""Clinics in other zones, and the days on which their clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from appointments import services
from appointments.models import Appointment
from appointments.tests.scheduling import (
    book_online,
    doctor_working,
    offered,
    patient_online,
    visit,
)
from doctors.models import Closure

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic_in(settings):
    """`clinic_in(zone, day)`: the clinic is there, and it is noon in UTC three days before."""
    travels = []

    def move(zone: str, day: date) -> None:
        settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = zone
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=3)
        travels.append(time_machine.travel(noon, tick=False))
        travels[-1].start()

    yield move
    for travel in travels:
        travel.stop()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


HALF_HOURS = [
    # The hour from two to three does not exist.
    (
        "Europe/Berlin", "2027-03-28", "01:00-04:00",
        "2027-03-28T00:00", 4, "01:00 01:30 03:00 03:30",
    ),
    ("Europe/Berlin", "2027-03-28", "02:00-03:00", "", 0, ""),
    ("Europe/Berlin", "2027-03-28", "02:30-04:30", "2027-03-28T01:30", 2, "03:30 04:00"),
    ("America/New_York", "2027-03-14", "01:30-03:30", "2027-03-14T06:30", 2, "01:30 03:00"),
    # It comes twice.
    (
        "Europe/Berlin", "2027-10-31", "02:00-03:00",
        "2027-10-31T00:00", 4, "02:00 02:30 02:00 02:30",
    ),
    (
        "America/New_York", "2027-11-07", "01:00-02:00",
        "2027-11-07T05:00", 4, "01:00 01:30 01:00 01:30",
    ),
    # An hour begins in the first of the two, or ends in it.
    (
        "Europe/Berlin", "2027-10-31", "02:30-03:30",
        "2027-10-31T00:30", 4, "02:30 02:00 02:30 03:00",
    ),
    ("Europe/Berlin", "2027-10-31", "01:30-02:30", "2027-10-30T23:30", 2, "01:30 02:00"),
    # Half an hour is skipped, or comes twice.
    (
        "Australia/Lord_Howe", "2027-10-03", "01:00-03:00",
        "2027-10-02T14:30", 3, "01:00 01:30 02:30",
    ),
    (
        "Australia/Lord_Howe", "2027-04-04", "01:00-03:00",
        "2027-04-03T14:00", 5, "01:00 01:30 01:30 02:00 02:30",
    ),
    # The day begins at one o'clock; the first hour of the day comes twice.
    ("America/Havana", "2027-03-14", "00:00-02:00", "2027-03-14T05:00", 2, "01:00 01:30"),
    (
        "America/Havana", "2027-11-07", "00:00-01:00",
        "2027-11-07T04:00", 4, "00:00 00:30 00:00 00:30",
    ),
    # Far from UTC, or by quarters of an hour.
    ("Asia/Kathmandu", "2027-06-16", "09:00-10:00", "2027-06-16T03:15", 2, "09:00 09:30"),
    ("Pacific/Kiritimati", "2027-06-16", "09:00-10:00", "2027-06-15T19:00", 2, "09:00 09:30"),
    ("Etc/GMT+12", "2027-06-16", "23:00-00:00", "2027-06-17T11:00", 2, "23:00 23:30"),
    ("Etc/GMT-14", "2027-06-16", "00:00-01:00", "2027-06-15T10:00", 2, "00:00 00:30"),
    # Around the day that Samoa skipped.
    ("Pacific/Apia", "2011-12-29", "23:00-00:00", "2011-12-30T09:00", 2, "23:00 23:30"),
    ("Pacific/Apia", "2011-12-30", "09:00-10:00", "", 0, ""),
    ("Pacific/Apia", "2011-12-31", "00:00-01:00", "2011-12-30T10:00", 2, "00:00 00:30"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "span", "first", "count", "clocks"), HALF_HOURS)
def test_every_half_hour_of_the_day_is_offered_and_can_be_booked(
    clinic_in, zone, day, span, first, count, clocks
):
    day = date.fromisoformat(day)
    clinic_in(zone, day)
    doctor = doctor_working(span, weekdays=[day.weekday()])

    slots = offered(doctor, day)

    wanted = [utc(first) + number * timedelta(minutes=30) for number in range(count)]
    assert [slot.starts_at for slot in slots] == wanted
    assert " ".join(f"{timezone.localtime(s.starts_at):%H:%M}" for s in slots) == clocks
    for slot in slots:
        booked = book_online(slot, patient_online())
        booked.refresh_from_db()
        assert (booked.starts_at, booked.time_zone) == (slot.starts_at, zone)
    assert offered(doctor, day) == []


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("minute", [0, 30])
@pytest.mark.parametrize("door", ["book", "reschedule"])
def test_both_autumn_hours_can_be_named_by_the_clock_of_the_zone(clinic_in, fold, minute, door):
    """Python finds a time of the zone that comes twice unequal to every instant in UTC."""
    clinic_in("Europe/Berlin", date(2027, 10, 31))
    doctor, patient = doctor_working("02:00-04:00"), patient_online()
    zone = ZoneInfo("Europe/Berlin")
    wanted = datetime(2027, 10, 31, 2, minute, tzinfo=zone, fold=fold)
    ends_at = (wanted.astimezone(UTC) + timedelta(minutes=30)).astimezone(zone)

    if door == "book":
        wish = Appointment(doctor=doctor, patient=patient, starts_at=wanted, ends_at=ends_at)
        booked = services.book(wish, by=patient.user)
    else:
        late = visit(doctor, patient, utc("2027-10-31T02:30"))
        booked = services.reschedule(services.book(late, by=patient.user), patient.user, wanted)

    booked.refresh_from_db()
    assert booked.starts_at == utc(f"2027-10-31T0{fold}:{minute:02}")
    assert booked.duration == timedelta(minutes=30)
    assert booked.local_start == f"2027-10-31T02:{minute:02}"


@pytest.mark.parametrize(
    ("day", "hours"), [("2027-03-28", 7), ("2027-10-31", 9), ("2027-06-13", 8)]
)
def test_a_shift_over_midnight_is_as_long_as_the_night(clinic_in, day, hours):
    """From ten in the evening to six in the morning, in visits of an hour."""
    day = date.fromisoformat(day)
    evening = day - timedelta(days=1)
    clinic_in("Europe/Berlin", day)
    doctor = doctor_working("22:00-00:00", weekdays=[evening.weekday()])
    morning = doctor_working("00:00-06:00", weekdays=[day.weekday()])
    morning.working_hours.update(doctor=doctor)

    slots = offered(doctor, evening, days=2, duration=timedelta(minutes=60))
    odd = offered(doctor, evening, days=2, duration=timedelta(minutes=90))

    assert len(slots) == hours
    assert timezone.localtime(slots[0].starts_at).hour == 22
    assert timezone.localtime(slots[-1].ends_at).hour == 6
    assert len(odd) == int(hours / 1.5)
    over_midnight = odd[1]
    assert timezone.localtime(over_midnight.starts_at).date() == evening
    assert timezone.localtime(over_midnight.ends_at).date() == day
    book_online(over_midnight, patient_online())
    assert offered(doctor, day, duration=timedelta(minutes=90)) == odd[2:]


def test_a_closed_day_that_the_zone_skipped_closes_nothing(clinic_in):
    clinic_in("Pacific/Apia", date(2011, 12, 29))
    doctor = doctor_working("23:00-00:00", "00:00-01:00")
    Closure.objects.create(starts_on=date(2011, 12, 30), ends_on=date(2011, 12, 30))

    found = [len(offered(doctor, date(2011, 12, day))) for day in (29, 30, 31)]

    assert found == [4, 0, 4]


def test_what_is_offered_while_clocks_go_back_over_midnight_can_be_booked_and_is_in_one_day(
    clinic_in,
):
    """At 00:01 it is 23:01 again: the day that has begun goes on."""
    eve, day = date(2010, 11, 6), date(2010, 11, 7)
    clinic_in("America/St_Johns", day)
    doctor = doctor_working("22:00-00:00", "00:00-02:00", default_duration_minutes=30)

    slots = offered(doctor, eve, days=2)
    booked = [book_online(slot, patient_online()) for slot in slots]

    assert [timezone.localtime(one.starts_at).strftime("%d %H:%M") for one in booked][8:11] == [
        "07 00:00",
        "06 23:30",
        "07 00:00",
    ]
    on_days = [list(Appointment.objects.on_day(one).order_by("starts_at")) for one in (eve, day)]
    assert on_days[0] + on_days[1] == booked
    assert (len(on_days[0]), len(on_days[1])) == (8, 10)


@pytest.mark.parametrize("zone", ["America/Havana", "Pacific/Apia", "Etc/GMT+12"])
def test_a_closed_day_is_a_day_of_the_clinic(clinic_in, zone):
    day = date(2027, 3, 14)  # In Havana it begins at one o'clock.
    clinic_in(zone, day)
    doctor = doctor_working("00:00-00:00", default_duration_minutes=60)
    Closure.objects.create(starts_on=day, ends_on=day)

    found = offered(doctor, day - timedelta(days=1), days=3)

    days = {timezone.localtime(slot.starts_at).date() for slot in found}
    assert days == {day - timedelta(days=1), day + timedelta(days=1)}
    assert len(found) == 48


OFFSETS = ["-12:00", "-09:30", "-03:30", "-00:00", "+00:00", "+05:45", "+10:30", "+12:45", "+14:00"]


@pytest.mark.parametrize("offset", OFFSETS)
def test_an_instant_is_the_same_with_every_offset(clinic_in, api, offset):
    clinic_in("Asia/Kathmandu", date(2027, 6, 16))
    doctor, patient = doctor_working("09:00-10:00"), patient_online()
    sign, hours, minutes = offset[0], int(offset[1:3]), int(offset[4:])
    shift = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    local = (utc("2027-06-16T03:45") + shift).replace(tzinfo=None)
    wish = {"doctor_id": str(doctor.pk), "duration_minutes": 30}

    response = api(patient.user).post(
        "/api/v1/appointments", {**wish, "starts_at": f"{local.isoformat()}{offset}"}, "json"
    )

    assert response.status_code == 201
    assert response.json()["starts_at"] == "2027-06-16T03:45:00Z"
    assert response.json()["ends_at"] == "2027-06-16T04:15:00Z"
