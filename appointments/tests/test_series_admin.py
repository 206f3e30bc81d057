"""Series of visits in the console: repeating a visit, and changing this and the later ones."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentSeries
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from appointments.tests.series import WEEK, booked_series, starts_of, visits_of, wish
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
REPEAT = "/admin/series/repeat/"
MONDAY = next_monday(9)
HOUR = timedelta(hours=1)


@pytest.fixture
def desk():
    return signed_in(UserFactory(role=Role.RECEPTIONIST))


@pytest.fixture
def doctor():
    return doctor_working("08:00-18:00")


def typed(at=MONDAY, name="starts_at") -> dict[str, str]:
    local = timezone.localtime(at)
    return {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M}"}


@pytest.fixture
def filled(doctor):
    return {
        "patient": str(PatientFactory().pk),
        "doctor": str(doctor.pk),
        **typed(),
        "duration_minutes": "30",
        "reason": "",
        "every": "1",
        "unit": "w",
        "count": "4",
        "until": "",
    }


def radios(page: str) -> dict[str, list[tuple[str, bool]]]:
    """By the name of a date: its ways, and whether each is chosen."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for name, value, rest in re.findall(
        r'<input type="radio" name="(date-[^"]+)" value="([^"]+)"([^>]*)>', page
    ):
        found.setdefault(name, []).append((value, "checked" in rest))
    return found


def chosen(page: str) -> dict[str, str]:
    return {name: value for name, ways in radios(page).items() for value, is_on in ways if is_on}


def test_a_visit_is_repeated_in_two_steps(desk, doctor, filled):
    AppointmentFactory(doctor=doctor, starts_at=MONDAY + WEEK)
    shown = desk.post(REPEAT, filled | {"look": "1"}).content.decode()

    assert "4 dates: every week, 4 times" in shown
    assert "3 are free, 1 is not." in shown
    assert "This doctor is already booked then." in shown
    ways = chosen(shown)
    assert sorted(ways.values())[1:] == ["book"] * 3
    assert not AppointmentSeries.objects.exists()

    answer = desk.post(REPEAT, filled | ways | {"book": "1"})

    series = AppointmentSeries.objects.get()
    assert answer["Location"] == reverse("series", args=[series.pk])
    assert len(starts_of(series)) == 4
    page = desk.get(answer["Location"]).content.decode()
    assert "4 visits are booked for" in page
    assert "Move this and later ones" in page


def test_every_row_is_set_at_once_and_a_row_for_itself(desk, doctor, filled):
    AppointmentFactory(doctor=doctor, starts_at=MONDAY + WEEK)
    page = desk.post(REPEAT, filled | {"all": "skip"}).content.decode()
    ways = chosen(page)
    assert sorted(ways.values()) == ["book"] * 3 + ["skip"]
    page = desk.post(REPEAT, filled | ways | {"all": "nearest"}).content.decode()
    assert "skip" not in chosen(page).values()

    last = max(ways)
    answer = desk.post(REPEAT, filled | ways | {last: "skip", "book": "1"})
    assert answer.status_code == 302
    assert starts_of(AppointmentSeries.objects.get()) == [MONDAY, MONDAY + 2 * WEEK]


def test_what_was_taken_meanwhile_books_nothing_and_is_shown(desk, doctor, filled):
    ways = chosen(desk.post(REPEAT, filled | {"look": "1"}).content.decode())
    AppointmentFactory(doctor=doctor, starts_at=MONDAY)
    answer = desk.post(REPEAT, filled | ways | {"book": "1"})

    assert answer.status_code == 200
    assert not AppointmentSeries.objects.exists()
    page = answer.content.decode()
    assert "1 of 4 dates" in page
    assert "3 are free, 1 is not." in page
    for wrong in ({"date-x": "book"}, {max(ways): "tomorrow"}):
        answer = desk.post(REPEAT, filled | ways | wrong | {"book": "1"})
        assert answer.status_code == 200
        assert "can&#x27;t be read" in answer.content.decode()


@pytest.mark.parametrize(
    ("unit", "more", "rule"),
    [
        ("d", {}, "FREQ=DAILY;COUNT=4"),
        ("w", {"every": "2", "weekdays": ["0", "3"]}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=4"),
        ("m", {"weekdays": ["3"]}, "FREQ=MONTHLY;COUNT=4"),
        ("w", {"count": "", "until": "<until>"}, "FREQ=WEEKLY;UNTIL=<until>"),
    ],
)
def test_what_is_filled_in_becomes_the_rule(desk, filled, unit, more, rule):
    until = timezone.localdate(MONDAY + WEEK)
    more = {name: f"{until}" if value == "<until>" else value for name, value in more.items()}
    form = filled | {"unit": unit} | more
    ways = chosen(desk.post(REPEAT, form | {"look": "1"}).content.decode())
    assert desk.post(REPEAT, form | ways | {"book": "1"}).status_code == 302
    assert AppointmentSeries.objects.get().rule == rule.replace("<until>", f"{until:%Y%m%d}")


def test_months_by_weekday(desk, filled):
    for unit, day in (("mw", r"\d"), ("ml", "-1")):
        form = filled | typed(next_monday(9)) | {"unit": unit}
        page = desk.post(REPEAT, form | {"look": "1"}).content.decode()
        told = "the last Monday" if unit == "ml" else r"the \w+ Monday"
        assert re.search(f"every month on {told}|begin on one of its days", page), (unit, day)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"count": "", "until": ""}, "one of the two"),
        ({"until": "2035-01-01"}, "one of the two"),
        ({"count": "53"}, "less than or equal to 52"),
        ({"every": "0"}, "greater than or equal to 1"),
        ({"patient": ""}, "This field is required"),
        ({"weekdays": ["1"]}, "begin on one of its days"),
        ({"starts_at_0": "2020-01-06"}, "must start in the future"),
        ({"doctor": f"{uuid7()}"}, "Select a valid choice"),
        ({"duration_minutes": "5"}, "15 to 180 minutes"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, filled, changes, says):
    answer = desk.post(REPEAT, filled | changes | {"look": "1"})

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not radios(answer.content.decode())


def test_it_begins_with_what_it_came_from(desk, filled):
    from_form = desk.post(REPEAT, filled | {"from_visit": "1", "reason": "Knee"}).content.decode()
    assert "Knee" in from_form
    assert filled["starts_at_0"] in from_form
    assert "errorlist" not in from_form
    visit = AppointmentFactory(reason="Shoulder")
    page = desk.get(f"{REPEAT}?visit={visit.pk}").content.decode()
    assert "Shoulder" in page
    assert f"{timezone.localdate(visit.starts_at + WEEK)}" in page
    for address in (f"{REPEAT}?patient={visit.patient_id}", f"{REPEAT}?visit=x&patient=y"):
        assert desk.get(address).status_code == 200
    page = desk.get(f"/admin/appointments/appointment/{visit.pk}/change/").content.decode()
    assert f"{REPEAT}?visit={visit.pk}" in page
    page = desk.get("/admin/appointments/appointment/add/").content.decode()
    assert f'formaction="{REPEAT}"' in page
    page = desk.get(f"/admin/patients/patient/{visit.patient_id}/change/").content.decode()
    assert f"{REPEAT}?patient={visit.patient_id}" in page


def test_this_and_later_ones_are_moved_and_cancelled(desk):
    series = booked_series(wish(starts_at=MONDAY))
    visits = visits_of(series)
    path = reverse("series", args=[series.pk])
    page = desk.get(f"/admin/appointments/appointment/{visits[1].pk}/change/").content.decode()
    assert "Visit 2 of 4 in a series" in page
    assert f"{path}?from={visits[1].pk}#move" in page
    page = desk.get(f"{path}?from={visits[1].pk}").content.decode()
    assert f'<option value="{visits[1].pk}" selected>' in page

    form = {"start": str(visits[1].pk), "sequence": "0"}
    answer = desk.post(path, form | typed(visits[1].starts_at + HOUR) | {"move": "1"})
    assert answer.status_code == 302, answer.content.decode()
    assert starts_of(series)[1] == visits[1].starts_at + HOUR

    late = desk.post(path, form | {"cancel": "1"})
    assert "changed meanwhile" in late.content.decode()
    assert len(starts_of(series)) == 4

    form["sequence"] = "1"
    answer = desk.post(path, form | {"cancel": "1", "reason_code": "pat", "reason": "Well again"})
    assert answer.status_code == 302
    assert starts_of(series) == [MONDAY]
    page = desk.get(path, follow=True).content.decode()
    assert "This visit and the later ones are cancelled." in page


def test_a_move_that_is_refused_says_why(desk):
    series = booked_series(wish(starts_at=MONDAY))
    visits = visits_of(series)
    AppointmentFactory(doctor=series.doctor, starts_at=visits[2].starts_at + HOUR)
    path = reverse("series", args=[series.pk])
    form = {"start": str(visits[0].pk), "sequence": "0", "move": "1"}
    answer = desk.post(path, form | typed(visits[0].starts_at + HOUR))

    assert "1 of 4 dates" in answer.content.decode()
    assert starts_of(series) == [one.starts_at for one in visits]


def test_doctors_repeat_in_their_own_calendar(filled):
    own, other = DoctorFactory(with_account=True), DoctorFactory()
    client = signed_in(own.user)
    answer = client.post(REPEAT, filled | {"doctor": str(other.pk), "look": "1"})
    assert "Select a valid choice" in answer.content.decode()
    patient = PatientFactory()
    AppointmentFactory(doctor=own, patient=patient)
    own.care_assignments.create(patient=patient)
    form = filled | {"doctor": str(own.pk), "patient": str(patient.pk)}
    assert "4 dates" in client.post(REPEAT, form | {"look": "1"}).content.decode()
    series = booked_series()
    assert client.get(reverse("series", args=[series.pk])).status_code == 404
    assert Appointment.objects.filter(doctor=other).count() == 0
