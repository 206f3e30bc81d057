"""The waitlist in the console: who waits, putting on and taking off, and by whom."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import faults, said, signed_in
from appointments.models import SlotOffer, WaitlistEntry
from appointments.tests.factories import next_monday
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/waitlistentry/"
DAY = timedelta(days=1)
State = WaitlistEntry.State


def entry(**fields) -> WaitlistEntry:
    today = timezone.localdate()
    given = {"from_date": today, "to_date": today + 30 * DAY, "patient": PatientFactory()} | fields
    if "specialization" not in given:
        given.setdefault("doctor", DoctorFactory())
    return WaitlistEntry.objects.create(**given)


def wish(patient, **more) -> dict:
    today = timezone.localdate()
    return {
        "patient": str(patient.pk),
        "doctor": "",
        "specialization": "",
        "from_date": today.isoformat(),
        "to_date": (today + 14 * DAY).isoformat(),
        "earliest": "",
        "latest": "",
        "duration_minutes": "30",
        **more,
    }


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def shown(response) -> list[WaitlistEntry]:
    return list(response.context["cl"].result_list)


def test_the_desk_puts_a_patient_on_the_list(desk):
    doctor, patient = DoctorFactory(specialization="Cardiology"), PatientFactory()

    one = desk.post(f"{LIST}add/", wish(patient, doctor=doctor.pk, earliest="09:00"))
    two = desk.post(f"{LIST}add/", wish(patient, specialization="Cardiology", duration_minutes=""))

    assert (one.status_code, two.status_code) == (302, 302)
    first, second = WaitlistEntry.objects.order_by("created_at")
    assert (first.doctor, first.earliest, first.created_by.role) == (
        doctor,
        time(9),
        "receptionist",
    )
    assert (second.doctor, second.specialization) == (None, "Cardiology")
    assert (first.duration_minutes, second.duration_minutes) == (30, None)
    page = desk.get(LIST).content.decode()
    assert "Cardiology" in page
    assert "from 09:00, 30 min" in page
    assert "usual length" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "doctor"),
        ({"specialization": "Alchemy"}, "specialization"),
        ({"specialization": "Cardiology", "to_date": "2020-01-01"}, "to_date"),
        ({"specialization": "Cardiology", "earliest": "12:00", "latest": "11:00"}, "latest"),
        ({"specialization": "Cardiology", "duration_minutes": "14"}, "__all__"),
    ],
)
def test_what_is_wrong_is_said(desk, change, field):
    DoctorFactory(specialization="Cardiology")

    response = desk.post(f"{LIST}add/", wish(PatientFactory()) | change)

    assert field in faults(response)
    assert not WaitlistEntry.objects.exists()


def test_nobody_waits_twice_for_the_same(desk):
    waiting = entry()

    response = desk.post(f"{LIST}add/", wish(waiting.patient, doctor=waiting.doctor_id))

    assert faults(response) == {"__all__": ["This patient is on that waitlist already."]}


def test_the_list_shows_who_waits_with_what_is_offered(desk):
    waiting, gone = entry(), entry(state=State.LEFT)
    SlotOffer.objects.create(
        entry=waiting,
        doctor=waiting.doctor,
        starts_at=next_monday(9),
        ends_at=next_monday(10),
        expires_at=timezone.now() + timedelta(hours=1),
    )

    response = desk.get(LIST)

    assert shown(response) == [waiting]
    assert f"{timezone.localtime(next_monday(9)):%H:%M}" in response.content.decode()
    assert shown(desk.get(LIST, {"state": "left"})) == [gone]
    assert set(shown(desk.get(LIST, {"state": "all"}))) == {waiting, gone}
    assert shown(desk.get(LIST, {"q": waiting.patient.email})) == [waiting]
    assert AccessLog.objects.filter(patients__contains=[waiting.patient_id]).exists()


def test_a_patient_is_taken_off_on_a_second_look(desk):
    waiting = entry()
    url = f"{LIST}{waiting.pk}/delete/"
    assert "off the waitlist for" in desk.get(url).content.decode()

    response = desk.post(url, {"post": "yes"})

    waiting.refresh_from_db()
    assert waiting.state == State.LEFT
    assert said(response) == [f"{waiting}: off the waitlist now."]
    again = desk.post(url, {"post": "yes"})
    assert said(again)[-1] == "This patient doesn't wait any more."
    assert desk.get(url).status_code == 403


def test_only_the_front_desk_sees_it(client):
    waiting = entry()
    doctor = signed_in(waiting.doctor.user or Role.DOCTOR)

    for url in (LIST, f"{LIST}add/", f"{LIST}{waiting.pk}/delete/"):
        assert doctor.get(url).status_code == 403
        for stranger in (client, signed_in(Role.PATIENT)):
            assert stranger.get(url).headers["Location"].startswith("/admin/login/")
    assert "Waitlist" not in doctor.get("/admin/").content.decode()


@pytest.mark.parametrize("number", [1, 12])
def test_the_list_takes_a_fixed_number_of_queries(number, desk, django_assert_num_queries):
    for _ in range(number):
        entry()

    with django_assert_num_queries(7):
        assert len(shown(desk.get(LIST))) == number
