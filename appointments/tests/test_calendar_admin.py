"""The feed of the console's calendar: what it shows, to whom, and in whose time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from clinic.days import day_bounds
from doctors.models import Absence, Closure, ExtraHours
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

Status = Appointment.Status


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


@pytest.fixture
def new_york(settings):
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = "America/New_York"


def monday() -> date:
    return timezone.localdate(next_monday(9))


def feed(browser, doctor, first: date | None = None, days: int = 7):
    first = first or monday()
    address = f"/admin/calendar/events/?doctor={doctor.pk}&from={first}"
    return browser.get(f"{address}&to={first + timedelta(days=days)}")


def visits(response) -> list[dict]:
    return [event for event in response.json() if event.get("display") != "background"]


def behind(response, kind: str, *, all_day: bool = False) -> list[tuple[str, str]]:
    """From when to when this kind of background lasts."""
    return [
        (event["start"], event["end"])
        for event in response.json()
        if event["classNames"] == [f"behind-{kind}"] and event.get("allDay", False) == all_day
    ]


def test_a_visit_with_its_state_and_page(desk):
    patient = PatientFactory(date_of_birth=date(1962, 5, 4))
    visit = AppointmentFactory(patient=patient, overbook_reason="Urgent", reason="Knee hurts")

    [shown] = visits(feed(desk, visit.doctor))

    local = timezone.localtime(visit.starts_at)
    assert shown["title"] == str(visit.patient)
    assert shown["start"] == f"{local:%Y-%m-%dT%H:%M}:00"
    assert shown["editable"] is True
    assert {"visit-booked", "visit-overbooked"} <= set(shown["classNames"])
    assert shown["extendedProps"] == {
        "url": f"/admin/appointments/appointment/{visit.pk}/change/",
        "starts_at": f"{visit.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "minutes": 30,
        "time": f"{local:%H:%M} - {local + timedelta(minutes=30):%H:%M}",
        "name": visit.patient.name,
        "record_number": visit.patient.record_number,
        "born": "4 May 1962",
        "phone": visit.patient.phone.as_international,
        "reason": "Knee hurts",
        "warnings": [],
        "notes": [],
        "cancel": f"/admin/appointments/appointment/{visit.pk}/step/cancel/",
        "status": "Booked",
        "overbook_reason": "Urgent",
        "sequence": 0,
    }
    assert desk.get(shown["extendedProps"]["url"]).status_code == 200


@pytest.mark.parametrize(
    ("status", "is_shown"),
    [(status, status not in ("cancelled", "entered_in_error")) for status in Status],
)
def test_which_visits_are_shown_and_which_can_be_dragged(desk, status, is_shown):
    visit = AppointmentFactory(status=status)

    shown = visits(feed(desk, visit.doctor))

    assert [event["editable"] for event in shown] == [status == Status.BOOKED] * is_shown


def test_visits_of_the_days_asked_for_alone(desk):
    doctor = DoctorFactory()
    first, ends = day_bounds(monday())
    over_midnight = AppointmentFactory(doctor=doctor, starts_at=first - timedelta(minutes=15))
    last = AppointmentFactory(doctor=doctor, starts_at=ends - timedelta(minutes=15))
    AppointmentFactory(doctor=doctor, starts_at=first - timedelta(minutes=45))
    AppointmentFactory(doctor=doctor, starts_at=ends + timedelta(minutes=15))

    shown = visits(feed(desk, doctor, days=1))

    assert [event["id"] for event in shown] == [str(over_midnight.pk), str(last.pk)]


def test_hours_absences_and_closures_stand_behind(desk):
    doctor = doctor_working("09:00-12:00", "13:00-17:00", weekdays=[0, 1, 2])
    day = monday()
    starts = day_bounds(day + timedelta(days=1))[0]
    for begins, ends in ((10, 11), (24, 400 * 24)):  # An hour, and a year from the third day on.
        period = {"starts_at": starts + timedelta(hours=begins)}
        Absence.objects.create(doctor=doctor, **period, ends_at=starts + timedelta(hours=ends))
    ExtraHours.objects.create(
        doctor=doctor, starts_at=starts + timedelta(hours=18), ends_at=starts + timedelta(hours=20)
    )
    Closure.objects.create(starts_on=day, ends_on=day)

    response = feed(desk, doctor, days=3)

    one, two, three, four = (day + timedelta(days=number) for number in range(4))
    assert behind(response, "off") == [
        (f"{one}T00:00:00", f"{one}T09:00:00"),
        (f"{one}T12:00:00", f"{one}T13:00:00"),
        (f"{one}T17:00:00", f"{two}T09:00:00"),
        (f"{two}T12:00:00", f"{two}T13:00:00"),
        (f"{two}T17:00:00", f"{two}T18:00:00"),
        (f"{two}T20:00:00", f"{three}T09:00:00"),
        (f"{three}T12:00:00", f"{three}T13:00:00"),
        (f"{three}T17:00:00", f"{four}T00:00:00"),
    ]
    assert behind(response, "extra") == [(f"{two}T18:00:00", f"{two}T20:00:00")]
    assert behind(response, "away") == [
        (f"{two}T10:00:00", f"{two}T11:00:00"),
        (f"{three}T00:00:00", f"{four}T00:00:00"),
    ]
    assert behind(response, "closed") == [(f"{one}T00:00:00", f"{two}T00:00:00")]
    assert behind(response, "closed", all_day=True) == [(f"{one}", f"{two}")]
    assert behind(response, "away", all_day=True) == [(f"{three}", f"{four}")]
    assert behind(response, "off", all_day=True) == []


def test_a_day_without_hours_is_idle(desk):
    doctor = doctor_working("09:00-12:00", weekdays=[0])
    day = monday()

    response = feed(desk, doctor, days=2)

    tuesday = day + timedelta(days=1)
    assert behind(response, "off", all_day=True) == [(f"{tuesday}", f"{day + timedelta(days=2)}")]


def test_the_times_are_those_of_the_clinic(desk, new_york):
    visit = AppointmentFactory(starts_at=next_monday(14))

    [shown] = visits(feed(desk, visit.doctor))

    hour = timezone.localtime(visit.starts_at).hour
    assert hour in (9, 10)
    assert shown["start"] == f"{monday()}T{hour:02}:00:00"
    assert 'data-offset="-0' in desk.get("/admin/calendar/").content.decode()


@pytest.mark.parametrize(
    ("starts_at", "start", "end"),
    [
        # Clocks are put forward at 02:00: half an hour seems to be one and a half.
        (datetime(2032, 3, 28, 0, 45, tzinfo=UTC), "2032-03-28T01:45:00", "2032-03-28T03:15:00"),
        # Put back at 03:00: 02:45 to 02:15, drawn as the half hour that it is.
        (datetime(2032, 10, 31, 0, 45, tzinfo=UTC), "2032-10-31T02:45:00", "2032-10-31T03:15:00"),
        (datetime(2032, 10, 31, 1, 15, tzinfo=UTC), "2032-10-31T02:15:00", "2032-10-31T02:45:00"),
    ],
)
def test_on_the_day_on_which_the_clocks_change(desk, starts_at, start, end):
    visit = AppointmentFactory(starts_at=starts_at)

    [shown] = visits(feed(desk, visit.doctor, starts_at.date(), days=1))

    assert (shown["start"], shown["end"]) == (start, end)
    assert shown["extendedProps"]["starts_at"] == f"{starts_at:%Y-%m-%dT%H:%M:%SZ}"


def test_working_hours_stay_at_their_time_over_a_change_of_the_clocks(desk):
    doctor = doctor_working("09:00-12:00")

    off = behind(feed(desk, doctor, date(2032, 3, 27), days=3), "off")

    assert [(one[11:], two[11:]) for one, two in off] == [
        ("00:00:00", "09:00:00"),
        ("12:00:00", "09:00:00"),
        ("12:00:00", "09:00:00"),
        ("12:00:00", "00:00:00"),
    ]


def test_a_doctor_sees_the_own_calendar_alone():
    own = AppointmentFactory(doctor=DoctorFactory(with_account=True))
    foreign = AppointmentFactory()
    browser = signed_in(own.doctor.user)

    assert [event["id"] for event in visits(feed(browser, own.doctor))] == [str(own.pk)]
    assert feed(browser, foreign.doctor).status_code == 404
    assert browser.get(f"/admin/calendar/?doctor={foreign.doctor.pk}").status_code == 404
    page = browser.get(f"/admin/calendar/?date={monday()}").content.decode()
    assert own.patient.record_number in page
    assert foreign.patient.record_number not in page
    assert foreign.doctor.last_name not in page


def test_who_is_shown_is_noted(desk):
    visit = AppointmentFactory()
    AppointmentFactory(doctor=visit.doctor, status=Status.CANCELLED, starts_at=next_monday(12))

    feed(desk, visit.doctor)

    note = AccessLog.objects.get()
    assert (note.action, note.patients) == (AccessLog.Action.LIST, [visit.patient_id])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "doctor=x&from=2026-11-23&to=2026-11-30",
        "doctor={doctor}&from=2026-11-23&to=2026-11-23",
        "doctor={doctor}&from=2026-11-23&to=2027-11-23",
        "doctor={doctor}&from=2026-11-23T00:00:00Z&to=2026-11-30",
        "doctor={doctor}&from=2026-11-23&to=2026-02-30",
        "doctor={doctor}&from=2026-11-23&to=2026-11-30&more=1",
        "doctor={doctor}&from=2026-11-23&from=2026-11-24&to=2026-11-30",
    ],
)
def test_the_feed_takes_days_and_nothing_else(desk, query):
    query = query.format(doctor=DoctorFactory().pk)

    response = desk.get(f"/admin/calendar/events/?{query}")

    assert response.status_code == 400
    assert response.json()["message"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-01"])
def test_days_of_no_clinic_are_empty(desk, day):
    first = date.fromisoformat(day)

    assert feed(desk, DoctorFactory(), first).json() == []
    assert desk.get(f"/admin/calendar/?date={day}").status_code == 200


def book_many(doctor, count: int) -> None:
    for number in range(count):
        day, place = divmod(number, 10)
        starts_at = next_monday(8) + timedelta(days=day, minutes=30 * place)
        AppointmentFactory(doctor=doctor, starts_at=starts_at)


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_queries_is_fixed(desk, django_assert_num_queries, count):
    doctor = doctor_working("09:00-12:00")
    Absence.objects.bulk_create(
        [
            Absence(
                doctor=doctor,
                starts_at=next_monday(8) + timedelta(hours=number),
                ends_at=next_monday(9) + timedelta(hours=number),
            )
            for number in range(count)
        ]
    )
    book_many(doctor, count)
    feed(desk, doctor)

    with django_assert_num_queries(10):
        response = feed(desk, doctor)
    assert len(visits(response)) == count
    desk.get("/admin/calendar/")  # The menu asks once a while what is set up.
    with django_assert_num_queries(11):
        desk.get(f"/admin/calendar/?doctor={doctor.pk}&date={monday()}")
