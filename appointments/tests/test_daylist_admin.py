"""The first page of the console and its list of appointments: today, and who sees what."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import opened, signed_in
from appointments.admin.day_filter import Days
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/appointment/"
BERLIN = ZoneInfo("Europe/Berlin")


def at(day: date, hour: int, minute: int = 0, **fields) -> Appointment:
    """An appointment at this time of the clinic's day, whether it has passed or not."""
    starts_at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
    return AppointmentFactory.past(starts_at=starts_at, **fields)


def shown(response) -> list[Appointment]:
    return list(response.context["cl"].result_list)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


def test_the_list_is_of_today_unless_another_day_is_asked_for(today):
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    late = at(yesterday, 23, 45)
    early, last = at(today, 0), at(today, 23, 45)
    next_day = at(tomorrow, 0)
    desk = signed_in(Role.RECEPTIONIST)

    assert shown(desk.get(LIST)) == [early, last]
    assert shown(desk.get(LIST, {"day": "tomorrow"})) == [next_day]
    assert shown(desk.get(LIST, {"day": yesterday.isoformat()})) == [late]
    assert shown(desk.get(LIST, {"day": "all"})) == [late, early, last, next_day]
    assert set(shown(desk.get(LIST, {"day": "week"}))) >= {early, last}


def test_a_day_is_the_clinics_day():
    spring = Days(date(2027, 3, 28), date(2027, 3, 28)).bounds()
    autumn = Days(date(2027, 10, 31), date(2027, 10, 31)).bounds()

    assert [ends - starts for starts, ends in (spring, autumn)] == [
        timedelta(hours=23),
        timedelta(hours=25),
    ]


@pytest.mark.parametrize(
    "day", ["nonsense", "2027-02-30", "0001-01-01", "9999-12-31", "\x00", "2027-W01-1"]
)
def test_a_day_that_is_none_leads_to_today(day):
    desk = signed_in(Role.RECEPTIONIST)

    response = desk.get(LIST, {"day": day}, follow=True)

    assert response.status_code == 200
    assert response.redirect_chain == [(f"{LIST}?e=1", 302)]


def test_a_search_looks_at_all_days(today):
    found = AppointmentFactory(patient=PatientFactory(last_name="Meitner"))
    at(today, 9)
    desk = signed_in(Role.RECEPTIONIST)

    assert shown(desk.get(LIST, {"q": "meitnr"})) == [found]
    assert shown(desk.get(LIST, {"q": "meitner", "day": "today"})) == []
    assert shown(desk.get(LIST, {"patient__id__exact": found.patient_id})) == [found]


def test_the_list_is_narrowed_by_doctor_and_status(today):
    first, second = at(today, 9), at(today, 10, status=Appointment.Status.NOSHOW)
    desk = signed_in(Role.RECEPTIONIST)

    assert shown(desk.get(LIST, {"doctor__id__exact": first.doctor_id})) == [first]
    assert shown(desk.get(LIST, {"status__exact": "noshow"})) == [second]
    assert desk.get(LIST, {"doctor__id__exact": "nonsense"}, follow=True).status_code == 200


def test_a_doctor_sees_the_own_appointments_alone(today):
    doctor = DoctorFactory(with_account=True)
    mine, other = at(today, 9, doctor=doctor), at(today, 10)
    CareAssignmentFactory(doctor=other.doctor, patient=other.patient)
    client = signed_in(doctor.user)

    assert shown(client.get(LIST)) == [mine]
    assert shown(client.get(LIST, {"day": "all"})) == [mine]
    assert shown(client.get(LIST, {"q": other.patient.email})) == []
    assert shown(client.get(LIST, {"doctor__id__exact": other.doctor_id})) == []
    assert shown(client.get(LIST, {"patient__id__exact": other.patient_id})) == []
    for url in (LIST, "/admin/", f"{LIST}{mine.pk}/change/"):
        content = client.get(url).content.decode()
        assert str(other.patient) not in content
        assert str(other.patient_id) not in content
    for view in ("change", "history"):
        assert client.get(f"{LIST}{other.pk}/{view}/").headers["Location"] == "/admin/"


def test_no_lookup_reaches_behind_the_list():
    AppointmentFactory(patient=PatientFactory(medical_history="Asthma"))
    doctor = signed_in(Role.DOCTOR)

    for lookup in ("patient__last_name__startswith", "patient__user__password__startswith"):
        assert doctor.get(LIST, {lookup: "A"}).status_code == 400


def test_patients_and_strangers_see_nothing(client):
    appointment = AppointmentFactory(patient=PatientFactory(with_account=True))

    for visitor in (client, signed_in(appointment.patient.user)):
        for url in (LIST, "/admin/", f"{LIST}{appointment.pk}/change/", "/admin/autocomplete/"):
            assert visitor.get(url).headers["Location"].startswith("/admin/login/")


def test_the_first_page_shows_the_day_with_its_counts(today):
    name = "<img src=x onerror=alert(1)>"
    at(today, 0, 30, patient=PatientFactory(last_name=name), reason=name)
    at(today, 1, status=Appointment.Status.CHECKED_IN)
    at(today, 2, status=Appointment.Status.FULFILLED)
    at(today - timedelta(days=1), 9)

    response = signed_in(Role.RECEPTIONIST).get("/admin/")

    content = response.content.decode()
    assert "<strong>3</strong> visits" in content
    assert "<img src=x" not in content
    assert "&lt;img src=x onerror" in content
    assert content.count('<article class="card') == 3


def test_the_first_page_without_appointments():
    assert "No appointments today." in signed_in(Role.DOCTOR).get("/admin/").content.decode()


def test_visits_stand_on_the_patients_page():
    doctor = DoctorFactory(with_account=True)
    ahead = AppointmentFactory(doctor=doctor)
    past = AppointmentFactory.past(patient=ahead.patient)
    CareAssignmentFactory(doctor=doctor, patient=ahead.patient)
    page = f"/admin/patients/patient/{ahead.patient_id}/change/"

    for user, visits in ((Role.RECEPTIONIST, {ahead, past}), (doctor.user, {ahead})):
        content = signed_in(user).get(page).content.decode()
        assert {v for v in (ahead, past) if f"{LIST}{v.pk}/change/" in content} == visits


def test_suggestions_tell_people_apart():
    desk = signed_in(Role.RECEPTIONIST)
    born = date(timezone.localdate().year - 36, 1, 1)
    patient = PatientFactory(last_name="<b>Noether", date_of_birth=born)
    patient.refresh_from_db()
    doctor = DoctorFactory(last_name="Curie")
    DoctorFactory(last_name="Curie", is_active=False)
    source = {"app_label": "appointments", "model_name": "appointment"}

    patients = desk.get(
        "/admin/autocomplete/", source | {"field_name": "patient", "term": "noether"}
    )
    doctors = desk.get("/admin/autocomplete/", source | {"field_name": "doctor", "term": "curie"})

    assert patients.json()["results"] == [
        {
            "id": str(patient.pk),
            "text": f"Ada <b>Noether · {patient.record_number} · born 1 Jan {born.year}, 36 years",
            "warnings": [],
        }
    ]
    assert [entry["id"] for entry in doctors.json()["results"]] == [str(doctor.pk)]


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"app_label": "x", "model_name": "y", "field_name": "z"},
        {"app_label": "appointments", "model_name": "appointment", "field_name": "created_by"},
        {"app_label": "patients", "model_name": "identitydocument", "field_name": "uploaded_by"},
        {"app_label": "patients", "model_name": "careassignment", "field_name": "nonsense"},
    ],
)
def test_suggestions_give_nothing_else_away(source):
    response = signed_in(Role.RECEPTIONIST).get("/admin/autocomplete/", source)

    assert response.status_code == 403


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("url", "queries"), [(LIST, 8), ("/admin/", 12)])
def test_the_day_takes_a_fixed_number_of_queries(
    today, number, url, queries, django_assert_num_queries
):
    for hour in range(number):
        at(today, hour)
    desk = signed_in(Role.RECEPTIONIST)
    desk.get(url)  # The menu asks once a while what is set up.

    with django_assert_num_queries(queries):
        assert desk.get(url).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_an_appointments_page_takes_a_fixed_number_of_queries(number, django_assert_num_queries):
    appointment = AppointmentFactory(starts_at=next_monday(9))
    desk = signed_in(Role.RECEPTIONIST)
    for hour in range(number):
        address = f"{LIST}{appointment.pk}/change/"
        desk.post(
            address,
            opened(desk, address)
            | {
                "doctor": appointment.doctor_id,
                "starts_at_0": f"{next_monday(9):%Y-%m-%d}",
                "starts_at_1": f"{12 + hour}:00",
            },
        )
    cache.clear()
    desk.get(LIST)  # The menu asks once a while what is set up.

    with django_assert_num_queries(13):
        content = desk.get(f"{LIST}{appointment.pk}/change/").content.decode()
    assert content.count("Moved from") == number
