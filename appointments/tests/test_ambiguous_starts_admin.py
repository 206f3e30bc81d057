"""A start typed by hand in the night in which the clocks are put back."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.roles import Role
from accounts.tests.console import faults, opened, signed_in
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from appointments.tests.test_booking_admin import ADD, booking, page
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

# On 31 October 2032, the clocks of Berlin show 02:30 twice: at 00:30 and at 01:30 in UTC.
NIGHT = {"starts_at_0": "2032-10-31", "starts_at_1": "02:30"}
SUMMER, WINTER = (datetime(2032, 10, 31, hour, 30, tzinfo=UTC) for hour in (0, 1))
TWICE = "The clocks are put back that night and show 02:30 twice. Choose which of the two is meant."


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def options(response) -> list[tuple[str, str, bool]]:
    """Value, label and whether it is chosen of what the page offers to choose from."""
    start = response.context["adminform"].form["starts_at"]
    which = start.field.widget.get_context("starts_at", start.value(), {})["widget"]
    found = [option for _, group, _ in which["subwidgets"][2]["optgroups"] for option in group]
    content = response.content.decode()
    assert all(f"{one['label']}</label>" in content for one in found)
    return [(one["value"], one["label"], one["selected"]) for one in found]


def test_which_of_the_two_is_asked_for_and_what_was_typed_stays(desk):
    response = desk.post(ADD, booking(DoctorFactory(), PatientFactory(), minutes="45") | NIGHT)

    assert faults(response) == {"starts_at": [TWICE]}
    assert options(response) == [
        ("0", "02:30 summer time (UTC+2)", False),
        ("1", "02:30 winter time (UTC+1)", False),
    ]
    content = response.content.decode()
    for typed in ('value="2032-10-31"', 'value="02:30"', 'value="45"', "Cough since Monday"):
        assert typed in content
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(("which", "starts_at"), [("0", SUMMER), ("1", WINTER)])
def test_the_one_that_is_chosen_is_booked(desk, which, starts_at):
    typed = booking(DoctorFactory(), PatientFactory()) | NIGHT | {"starts_at_2": which}

    assert desk.post(ADD, typed).status_code == 302

    visit = Appointment.objects.get()
    assert (visit.starts_at, visit.duration) == (starts_at, timedelta(minutes=30))


@pytest.mark.parametrize("which", ["2", "summer", "\u0661"])
def test_what_is_none_of_the_two_is_asked_for_again(desk, which):
    typed = booking(DoctorFactory(), PatientFactory()) | NIGHT | {"starts_at_2": which}

    assert faults(desk.post(ADD, typed))["starts_at"]
    assert not Appointment.objects.exists()


def test_a_refused_booking_keeps_the_choice(desk):
    taken = AppointmentFactory(starts_at=WINTER)

    typed = booking(taken.doctor, PatientFactory()) | NIGHT | {"starts_at_2": "1"}
    response = desk.post(ADD, typed)

    assert faults(response) == {"starts_at": ["This doctor is already booked then."]}
    assert [is_chosen for _, _, is_chosen in options(response)] == [False, True]


def test_an_ordinary_time_asks_for_nothing(desk):
    assert options(desk.get(page(AppointmentFactory()))) == []
    stray = booking(DoctorFactory(), PatientFactory()) | {"starts_at_2": "1"}
    assert desk.post(ADD, stray).status_code == 302


def test_a_move_asks_as_well_and_knows_the_time_that_the_visit_has(desk):
    visit = AppointmentFactory(starts_at=WINTER)
    shown = options(desk.get(page(visit)))
    typed = booking(visit.doctor, visit.patient) | NIGHT | opened(desk, page(visit))

    assert [is_chosen for _, _, is_chosen in shown] == [False, True]
    assert faults(desk.post(page(visit), typed)) == {"starts_at": [TWICE]}
    desk.post(page(visit), typed | {"starts_at_2": "1", "reason": ""})
    visit.refresh_from_db()
    assert (visit.starts_at, visit.sequence) == (WINTER, 0)  # Nothing was changed.
    assert desk.post(page(visit), typed | {"starts_at_2": "0"}).status_code == 302
    visit.refresh_from_db()
    assert (visit.starts_at, visit.sequence) == (SUMMER, 1)


def test_a_visit_over_the_change_is_as_long_as_was_asked_for(desk):
    typed = booking(DoctorFactory(), PatientFactory(), minutes="90")
    desk.post(ADD, typed | {"starts_at_0": "2032-10-31", "starts_at_1": "01:45"})

    assert Appointment.objects.get().duration == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("zone", "day", "time", "labels"),
    [
        (
            "Australia/Lord_Howe",
            "2032-04-04",
            "01:45",
            ["01:45 summer time (UTC+11)", "01:45 winter time (UTC+10:30)"],
        ),
        (
            "Europe/Lisbon",
            "2032-10-31",
            "01:30",
            ["01:30 summer time (UTC+1)", "01:30 winter time (UTC)"],
        ),
        (
            "America/St_Johns",
            "2032-11-07",
            "01:30",
            ["01:30 summer time (UTC-2:30)", "01:30 winter time (UTC-3:30)"],
        ),
    ],
)
def test_as_the_clinics_zone_has_it(desk, settings, zone, day, time, labels):
    settings.TIME_ZONE = settings.CLINIC_TIME_ZONE = zone

    typed = booking(DoctorFactory(), PatientFactory())
    response = desk.post(ADD, typed | {"starts_at_0": day, "starts_at_1": time})

    assert [label for _, label, _ in options(response)] == labels
