"""The patients' way to a visit: whom, when, yes."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AccessLog
from accounts.tests.console import said, signed_in
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import (
    confirm_path,
    free_times,
    starts,
    text_of,
    times_on,
    verified_patient,
    working_doctor,
)
from clinic.models import Notification
from doctors.models import Closure
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return verified_patient(first_name="Ada")


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


def test_choosing_a_doctor_or_a_field(client, patient):
    own = DoctorFactory(last_name="Núñez", specialization="Cardiology")
    DoctorFactory(last_name="Ekström", specialization="Cardiology")
    DoctorFactory(last_name="Gone", specialization="Surgery", is_active=False)
    CareAssignmentFactory(doctor=own, patient=patient)

    page = text_of(client.get("/me/book/"))

    assert page.count("Núñez") == 2  # Among one's own doctors, and in the field.
    assert page.count("Ekström") == 1
    assert "?specialization=Cardiology" in page
    assert "Surgery" not in page
    assert "Gone" not in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nunez", True),
        ("NÚÑEZ card", True),
        ("surgery", False),
        ("<b>", False),
        ("x\0", False),
    ],
)
def test_searching_a_doctor(client, words, found):
    DoctorFactory(last_name="Núñez", specialization="Cardiology")

    response = client.get("/me/book/", {"q": words})

    assert ("Núñez" in text_of(response)) == found
    assert ("Nobody here has this name or field" in text_of(response)) == (not found)


@pytest.mark.parametrize(
    "query",
    [
        "doctor=x",
        "doctor=00000000-0000-7000-8000-000000000000",
        "specialization=Nonsense",
        "specialization=%00",
    ],
)
def test_whoever_takes_no_appointments_leads_back_to_the_choice(client, query):
    response = client.get(f"/me/book/?{query}")

    assert response.status_code == 200
    assert "takes no appointments at present" in text_of(response)


def test_the_page_opens_at_the_first_free_time(client):
    doctor = working_doctor()
    today = timezone.localdate()
    Closure.objects.create(starts_on=today, ends_on=today + timedelta(days=20))
    first = free_times(doctor, 60)[0]

    response = client.get(f"/me/book/?doctor={doctor.pk}")

    times = times_on(response)
    assert times[0] == confirm_path(first)
    assert len(times) == 10
    day = timezone.localdate(first.starts_at)
    assert day == today + timedelta(days=21)
    assert f'aria-current="date"><time datetime="{day}"' in text_of(response)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("date", ["", "x", "2026-02-31", "0001-01-01", "9999-12-31", "\0"])
def test_days_that_dont_exist_or_are_far_away_do_no_harm(client, date):
    doctor = working_doctor()

    response = client.get("/me/book/", {"doctor": doctor.pk, "date": date})

    assert response.status_code == 200
    assert times_on(response)


def test_a_day_without_free_times_leads_to_the_next(client):
    doctor = working_doctor()
    day = timezone.localdate() + timedelta(days=8)
    Closure.objects.create(starts_on=day, ends_on=day)

    response = client.get(f"/me/book/?doctor={doctor.pk}&date={day}")

    assert "Nothing is free on this day." in text_of(response)
    assert times_on(response) == []
    assert f"date={day + timedelta(days=1)}" in text_of(response)


def test_nothing_free_at_all(client):
    doctor = DoctorFactory()

    response = client.get(f"/me/book/?doctor={doctor.pk}")

    assert "Nothing is free up to" in text_of(response)
    assert f"/me/waitlist/?doctor={doctor.pk}" in text_of(response)


def test_times_of_any_doctor_name_theirs(client):
    one = working_doctor(specialization="Cardiology", last_name="Adler")
    other = working_doctor(specialization="Cardiology", last_name="Zorn")
    working_doctor(specialization="Surgery", last_name="Messer")
    first = free_times(one)[0]
    AppointmentFactory(doctor=one, starts_at=first.starts_at, ends_at=first.ends_at)
    day = timezone.localdate(first.starts_at)

    response = client.get(f"/me/book/?specialization=cardiology&date={day}")

    times = times_on(response)
    assert len(times) == 19
    assert times[0] == confirm_path(first._replace(doctor_id=other.pk)) + "&of=Cardiology"
    assert text_of(response).count("<bdi>Dr Maria Zorn</bdi></a>") == 10
    assert "Messer" not in text_of(response)


def test_own_visits_are_not_offered(client, patient, settings):
    settings.VISITS_AHEAD_PER_DAY = 0
    doctor = working_doctor()
    slot = free_times(doctor)[0]
    AppointmentFactory(patient=patient, starts_at=slot.starts_at, ends_at=slot.ends_at)
    day = timezone.localdate(slot.starts_at)

    response = client.get(f"/me/book/?doctor={doctor.pk}&date={day}")

    assert confirm_path(slot) not in times_on(response)
    assert len(times_on(response)) == 9


def test_the_hour_that_comes_twice_names_its_zone():
    with time_machine.travel(datetime(2026, 10, 20, 8, tzinfo=UTC), tick=False):
        client = signed_in(verified_patient().user)
        doctor = working_doctor(spans=[(2, 3)])
        response = client.get(f"/me/book/?doctor={doctor.pk}&date=2026-10-25")

    page = text_of(response)
    assert [page.count(f"<strong>02:00 {zone}<") for zone in ("CEST", "CET")] == [1, 1]


def test_booking(client, patient):
    doctor = working_doctor(default_duration_minutes=45)
    slot = free_times(doctor)[3]

    page = text_of(client.get(confirm_path(slot)))

    local = timezone.localtime(slot.starts_at)
    for words in (f"{local:%H:%M}", f"{local:%A, %-d %B %Y}", "Europe/Berlin", "45 minutes"):
        assert words in page
    assert str(doctor) in page
    assert not Appointment.objects.exists()

    response = client.post(confirm_path(slot), {"reason": "Knee"})

    visit = Appointment.objects.get()
    assert response["Location"] == f"/me/visits/{visit.pk}/"
    assert (visit.patient, visit.doctor, visit.reason) == (patient, doctor, "Knee")
    assert (visit.starts_at, visit.ends_at) == (slot.starts_at, slot.ends_at)
    assert visit.created_by == patient.user
    assert Notification.objects.get().recipient == patient.email
    page = text_of(client.get(response["Location"]))
    assert "Your visit is booked." in page
    assert "What to bring" in page
    assert AccessLog.objects.filter(patients=[patient.pk], action="read").exists()


def test_pressing_twice_books_once_and_says_so(client):
    slot = free_times(working_doctor())[0]

    first = client.post(confirm_path(slot))
    second = client.post(confirm_path(slot))
    again = client.get(confirm_path(slot))

    visit = Appointment.objects.get()
    assert first["Location"] == second["Location"] == again["Location"] == f"/me/visits/{visit.pk}/"
    assert said(second) == ["Your visit is booked."]  # Of the first one; no page has shown it yet.


def test_somebody_was_faster(client):
    doctor = working_doctor()
    slots = free_times(doctor)
    AppointmentFactory(doctor=doctor, starts_at=slots[2].starts_at, ends_at=slots[2].ends_at)

    seen = client.get(confirm_path(slots[2]))
    pressed = client.post(confirm_path(slots[2]))

    assert (seen.status_code, pressed.status_code) == (200, 200)
    for response in (seen, pressed):
        assert "perhaps somebody was a little faster" in text_of(response)
        assert confirm_path(slots[3]) in times_on(response)
        assert len(times_on(response)) == 5
    assert Appointment.objects.count() == 1
    assert client.post(times_on(pressed)[0]).status_code == 302
    assert Appointment.objects.count() == 2


def test_a_time_that_is_no_free_one(client):
    doctor = working_doctor()
    slot = free_times(doctor)[0]
    odd = slot._replace(starts_at=slot.starts_at + timedelta(minutes=7))

    response = client.post(confirm_path(odd))

    assert response.status_code == 200
    assert times_on(response)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "instant", ["", "x", "2026-12-01T10:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_addresses_without_a_time_lead_back(client, instant):
    doctor = working_doctor()

    response = client.get("/me/book/confirm/", {"doctor": doctor.pk, "starts": instant})

    assert response["Location"] == "/me/book/"


def test_a_faulty_reason_is_said_beside_its_field(client):
    slot = free_times(working_doctor())[0]

    response = client.post(confirm_path(slot), {"reason": "x" * 501})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["reason"]
    assert not Appointment.objects.exists()


def test_without_a_confirmed_address_everything_is_shown_but_no_button():
    patient = PatientFactory(with_account=True)
    client = signed_in(patient.user)
    doctor = working_doctor()
    slot = free_times(doctor)[0]

    for path in (f"/me/book/?doctor={doctor.pk}", confirm_path(slot)):
        page = text_of(client.get(path))
        assert "First confirm your e-mail address" in page
        assert "Book this time</button>" not in page
    assert times_on(client.get(f"/me/book/?doctor={doctor.pk}"))
    response = client.post(confirm_path(slot))

    assert "Please confirm your e-mail address first." in text_of(response)
    assert not Appointment.objects.exists()


def test_pages_are_for_patients_who_are_signed_in(client):
    slot = free_times(working_doctor())[0]
    for path in ("/me/book/", confirm_path(slot)):
        assert signed_in("receptionist").get(path)["Location"] == "/admin/"
        client.logout()
        assert client.get(path)["Location"].startswith("/sign-in/?next=/me/book/")
    assert starts(slot.starts_at) in client.get(confirm_path(slot))["Location"].replace("%3A", ":")
